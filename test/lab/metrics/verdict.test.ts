import { describe, expect, it } from 'vitest';
import type { ComparedRuns } from '../../../lib/lab/metrics/comparison.ts';
import { spreadOf } from '../../../lib/lab/metrics/spread.ts';
import { cannotBeToldApart, verdictsOf } from '../../../lib/lab/metrics/verdict.ts';
import { renderComparison } from '../../../lib/lab/report/comparison.ts';
import { differenceWords, plainWords, verdictSentences } from '../../../lib/lab/report/verdict-words.ts';
import { comparisonOf, configurationOf, runOf } from '../report/made-comparison.ts';

const of = (...values: readonly number[]) => spreadOf(values)!;

it.each<[string, readonly number[], readonly number[], boolean]>([
  ['ranges that touch', [10, 20], [20, 30], true],
  ['ranges that overlap', [10, 20], [15, 30], true],
  ['one within the other', [10, 40], [20, 30], true],
  ['ranges apart, but by less than they are wide', [10, 20], [21, 30], true],
  ['ranges farther apart than either is wide', [10, 20], [31, 40], false],
  ['three runs each of one heap, by chance', [5403, 5420, 5431], [5040, 5390, 5395], true],
  ['six rounds apart', [10, 11, 12, 13, 14, 20], [21, 22, 23, 24, 25, 30], false],
  [
    'six rounds that overlap, and differ each by as much',
    [10, 20, 30, 40, 50, 60],
    [11, 21.1, 31, 41.1, 51, 61],
    false,
  ],
  [
    'six rounds that overlap, and differ now so, now so',
    [10, 20, 30, 40, 50, 60],
    [13, 18, 33, 38, 53, 58],
    true,
  ],
  ['means within a hundredth', [1000, 1001], [1009, 1010], true],
  ['single runs apart', [10], [12], false],
  ['equal single runs', [10], [10], true],
])('%s', (_what, a, b, together) => {
  expect(cannotBeToldApart(of(...a), of(...b))).toBe(together);
  expect(cannotBeToldApart(of(...b), of(...a))).toBe(together);
});

describe('a verdict', () => {
  const made = (id: string, ...all: readonly (readonly number[])[]) =>
    verdictsOf(all.map((values) => ({ spread: { [id]: spreadOf(values) } })))[0];
  const places = (standings: readonly { readonly configuration: number }[] | undefined) =>
    standings?.map(({ configuration }) => configuration);

  it('has the best first, with those that overlap it, and the others in order', () => {
    const verdict = made('rssEnd', [50, 60], [10, 20], [30, 40], [15, 25]);
    expect(places(verdict?.leaders)).toEqual([1, 3]);
    expect(places(verdict?.others)).toEqual([2, 0]);
    expect(verdict?.isFirm).toBe(true);
  });

  it('takes more for better where more is better', () => {
    expect(places(made('opsPerSec', [50, 60], [10, 20])?.leaders)).toEqual([0]);
  });

  it('is not firm with single runs, and none where one alone has the figure, or all have nothing', () => {
    expect(made('rssEnd', [10], [20, 21])?.isFirm).toBe(false);
    expect(made('decayHalf', [1, 2], [])).toBeUndefined();
    expect(made('faults', [0, 0], [0, 0])).toBeUndefined();
  });
});

it.each<[number, number, string]>([
  [90, 100, '10 % less'],
  [97.5, 100, '2.5 % less'],
  [40, 100, '2.5 times less'],
  [1, 3100, '3,100 times less'],
  [0, 5, 'less'],
])('%d beside %d is %s', (best, other, words) => {
  expect(differenceWords('less', 'less', best, other)).toBe(words);
});

describe('the sentences of a comparison', () => {
  const wordsOf = (...ends: readonly (readonly number[])[]): string =>
    verdictSentences(
      ends.map((all, i) =>
        configurationOf(
          'abc'[i],
          all.map((end) => runOf({ rss: [10, 40, end], end: { opsPerSec: 5000 } })),
        ),
      ),
    )
      .map(plainWords)
      .join(' ');

  it('claim nothing of one heap beside the program as it ran, and are there all the same', () => {
    const ran = configurationOf('as-it-ran', [
      runOf({ header: { contender: { name: 'as-it-ran', file: '/bin/x', version: '', rss: 'process' } } }),
    ]);
    const radix = configurationOf('radix', [runOf()]);
    const nothing = { ...configurationOf('b', [runOf()]), spread: {} };
    const sentences = (...of: ComparedRuns[]): string => verdictSentences(of).map(plainWords).join(' ');
    expect(sentences(ran, radix)).toMatch(/^Nothing is claimed of radix beside the program as it ran/);
    expect(sentences(nothing, nothing)).toMatch(/^No figure .* is known of two/);
    // The page has it, too.
    expect(renderComparison(comparisonOf([ran, radix]))).toContain('Nothing is claimed of');
  });

  it('say which is better in what, by how much', () => {
    const words = wordsOf([10, 11], [30, 31]);
    expect(words).toContain(
      'a ends with the least RSS: 10.5 MiB [10.0, 11.0] MiB, 2.9 times less than b (30.5 MiB).',
    );
    expect(words).toContain('No difference shown in');
    expect(words).toContain('RSS peak');
  });

  it('claim nothing of those whose runs overlap', () => {
    const words = wordsOf([10, 30], [20, 31]);
    expect(words).not.toContain('the least RSS:');
    expect(words).toMatch(/No difference shown in .*RSS end/);
  });

  it('claim nothing of one that leads with the best against one that it cannot be told apart from', () => {
    // b is as good as a, by its wide range; of b and c nothing can be said.
    const words = wordsOf([10, 11], [10, 30], [24, 25]);
    expect(words).toContain(
      'a ends with the least RSS: 10.5 MiB [10.0, 11.0] MiB, 2.3 times less than c (24.5 MiB).',
    );
    expect(words).toContain('b cannot be told apart from a in that.');
    expect(words).not.toMatch(/b (and|ends)/);
  });

  it('name several that lead, the next and the last', () => {
    expect(wordsOf([10, 12], [11, 13], [30, 31])).toContain(
      'a ends with the least RSS: 11.0 MiB [10.0, 12.0] MiB, 2.8 times less than c (30.5 MiB). b cannot be told apart from a in that.',
    );
  });

  it('say of single runs that they show no spread', () => {
    const words = wordsOf([10], [30]);
    expect(words).toContain('In these single runs a ends with the least RSS: 10.0 MiB');
    expect(words).toContain('A single run shows no spread, so these differences may be chance');
  });

  it('say of what figure a single run tells, and nothing of the others', () => {
    const twice = (label: string, ...ends: readonly number[]) =>
      configurationOf(
        label,
        ends.map((end) => runOf({ rss: [10, 40, end], end: { opsPerSec: 5000 } })),
      );
    const [a, b] = [twice('a', 10, 11), twice('b', 30, 31)];
    const known = (value: ComparedRuns, id: string, ...values: readonly (number | undefined)[]) => ({
      ...value,
      spread: { ...value.spread, [id]: spreadOf(values) },
    });
    const sentences = (...of: ComparedRuns[]): string => verdictSentences(of).map(plainWords).join(' ');
    const once = sentences(known(a, 'decayHalf', 5, undefined), known(b, 'decayHalf', 9, 9.1));
    expect(once).toMatch(/^a ends with the least RSS: /);
    expect(once).toContain(
      'Of a one run alone tells time to half decay, which shows no spread: this difference may be chance; six runs',
    );
    expect(once).not.toMatch(/single run|differ by less/);
    // Where nothing is claimed of that figure, nothing is said of it.
    const even = sentences(known(a, 'decayHalf', 9.05, undefined), known(b, 'decayHalf', 9, 9.1));
    expect(even).not.toMatch(/chance|single run|differ by less/);
    expect(even).toMatch(/No difference shown in .*time to half decay.*: the runs lie too close together/);
  });

  it('say that there is nothing to compare', () => {
    expect(wordsOf([10, 12], [])).toBe(
      'Only a has a finished run, so nothing can be compared. Its RSS ended at 11.0 MiB.',
    );
    expect(wordsOf([10, 12])).toBe('a alone was run, so nothing can be compared. Its RSS ended at 11.0 MiB.');
    expect(wordsOf([], [])).toBe('No configuration has a finished run: there is nothing to compare.');
  });
});
