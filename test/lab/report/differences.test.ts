/** Differences by round: what is shown, what too few rounds say, and what is none. */
import { expect, it } from 'vitest';
import { differenceCell, differencesOf, fewRoundsWords } from '../../../lib/lab/report/differences.ts';
import { configurationOf, runOf } from './made-comparison.ts';

const differences = (...ends: readonly (readonly number[])[]) =>
  differencesOf(
    ends.map((all, i) =>
      configurationOf(
        'ab'[i],
        all.map((end) => runOf({ rss: [10, 40, end], end: { opsPerSec: 5000 } })),
      ),
    ),
  )!;
const cellOf = (of: ReturnType<typeof differences>): string => {
  const row = of.rows.find(({ metric }) => metric.id === 'rssEnd')!;
  return differenceCell(row.metric, row.of[0]);
};

it('stand in parentheses where rounds are too few to show one, and it is said what that means', () => {
  const few = differences([10, 11, 12], [13, 15, 17]);
  expect(cellOf(few)).toBe('(+4.00 MiB [+3.00 MiB, +5.00 MiB])');
  expect(fewRoundsWords(few)).toBe(
    'In parentheses: 3 rounds show no difference, since chance alone may give all of them one sign. 6 and more do.',
  );
});

it('are shown from six rounds on', () => {
  const enough = differences([10, 11, 12, 10, 11, 12], [13, 15, 17, 13, 15, 17]);
  expect(cellOf(enough)).toMatch(/^\+4.00 MiB \[/);
  expect(fewRoundsWords(enough)).toBe('');
});

it('are none where their interval holds zero', () => {
  const none = differences([10, 11, 12], [11, 11, 11]);
  expect(cellOf(none)).toBe('no difference shown');
  expect(fewRoundsWords(none)).toBe('');
});
