import { describe, expect, it } from 'vitest';
import { changeCases } from '../../bench/baseline/cases.ts';
import { differentWork, type Judgement, judge, type Side } from '../../bench/baseline/judge.ts';
import { changeTable, exitCode, summary } from '../../bench/baseline/report.ts';
import type { Case } from '../../bench/cases.ts';
import type { Outcome } from '../../bench/participant.ts';
import { Mulberry32 } from '../../lib/lab/workloads/random.ts';
import { isWhole } from '../support/extent.ts';
import { noises, printedSeed } from './noise.ts';

const a: Case = { name: 'a', params: { size: '8' }, targets: [] };
const b: Case = { name: 'b', params: { file: '/somewhere/perl.mtrace.gz' }, targets: [] };

function told(of: Case, ns: number, check?: string): Outcome {
  return {
    measurements: [{ name: of.name, params: of.params, ns, ...(check === undefined ? {} : { check }) }],
  };
}

interface World {
  readonly cases?: readonly Case[];
  readonly rounds?: number;
  readonly answer: (side: Side, of: Case, pair: number) => Outcome | undefined;
}

/** What is judged of a made-up world, and in which order the pairs were made. */
async function judged({
  cases = [a],
  rounds = 7,
  answer,
}: World): Promise<{ result: Judgement; order: string[] }> {
  const order: string[] = [];
  const result = await judge({
    rounds,
    cases,
    measure: async (of, first) => {
      order.push(`${of.name} ${first}`);
      const pair = order.length - 1;
      return { ours: answer('ours', of, pair), baseline: answer('baseline', of, pair) };
    },
    progress: () => undefined,
  });
  return { result, order };
}

/** Ratios that scatter by about two percent about `ratio`. */
const scattered = (ratio: number, pair: number): number => 100 * ratio * (1 + ((pair * 5) % 7) / 100 - 0.03);

describe('the verdict', () => {
  it('turns who begins, and leaves it at one stage where nothing is slower', async () => {
    const { result, order } = await judged({ answer: (_, of) => told(of, 100) });
    expect(order).toEqual(['a ours', 'a baseline', 'a ours', 'a baseline', 'a ours', 'a baseline', 'a ours']);
    expect(result.rows[0]).toMatchObject({ verdict: 'not slower', ours: 100, baseline: 100 });
    expect(exitCode(result)).toBe(0);
  });

  it('is none where a round took no time that can be told, and the others have theirs', async () => {
    const { result } = await judged({
      cases: [a, { ...a, name: 'b' }],
      answer: (side, of, pair) => told(of, of.name === 'a' && side === 'ours' && pair === 4 ? 0 : 100),
    });
    expect(result.rows.map(({ name }) => name)).toEqual(['b']);
    expect(result.failures).toEqual([
      expect.objectContaining({ name: 'a', error: expect.stringContaining('no time that can be told') }),
    ]);
    expect(exitCode(result)).toBe(2);
  });

  it('measures twice more before a row counts as slower', async () => {
    const { result, order } = await judged({
      answer: (side, of, pair) => told(of, side === 'ours' ? scattered(1.05, pair) : 100),
    });
    expect(order.length).toBeGreaterThanOrEqual(7 + 14 + 14);
    expect(result.rows[0]).toMatchObject({ verdict: 'slower' });
    expect(result.rows[0].stages.map(({ pairs }) => pairs.length)[0]).toBe(7);
    expect(result.rows[0].stages).toHaveLength(3);
    expect(exitCode(result)).toBe(1);
    expect(changeTable(result)).toMatch(/^a size=8 .* 7 \+ \d+ \+ \d+ {2}SLOWER$/m);
  });

  it.each([
    [1, 7],
    [2, 21],
  ])('takes back what only the first %i stages found', async (stages, until) => {
    const { result } = await judged({
      answer: (side, of, pair) => told(of, side === 'ours' && pair < until ? scattered(1.1, pair) : 100),
    });
    expect(result.rows[0].stages).toHaveLength(stages + 1);
    expect(result.rows[0].verdict).toBe('not slower');
  });

  it('measures again the more, the wider the first interval was, up to four times as many', async () => {
    const again = async (spread: number): Promise<number> => {
      const { result } = await judged({
        answer: (side, of, pair) => told(of, side === 'ours' ? 104 + spread * (((pair * 5) % 7) - 3) : 100),
      });
      return result.rows[0].stages[1].pairs.length;
    };
    expect(await again(0.1)).toBe(14);
    expect(await again(8)).toBe(28);
    const between = await again(0.85);
    expect(between).toBeGreaterThan(14);
    expect(between).toBeLessThan(28);
  });

  it('is not disturbed by one round', async () => {
    const slow = await judged({
      answer: (side, of, pair) => told(of, side === 'ours' ? (pair % 7 === 3 ? 40 : 106) : 100),
    });
    expect(slow.result.rows[0].verdict).toBe('slower');
    const same = await judged({
      answer: (side, of, pair) => told(of, side === 'ours' && pair % 7 === 3 ? 900 : 100),
    });
    expect(same.result.rows[0].verdict).toBe('not slower');
  });

  it('says unclear where the interval reaches above the limit, and faster below its inverse', async () => {
    const wide = await judged({
      answer: (side, of, pair) => told(of, side === 'ours' ? 100 + 10 * (((pair * 5) % 7) - 3) : 100),
    });
    expect(wide.result.rows[0].verdict).toBe('unclear');
    expect(summary(wide.result)).toBe('0 of 1 rows are slower by more than 2 %, 0 faster, 1 unclear');
    expect(exitCode(wide.result)).toBe(3);
    expect(changeTable(wide.result)).toMatch(/^An unclear row does not show .*\(exit code 3\)/m);
    const fast = await judged({ answer: (side, of) => told(of, side === 'ours' ? 90 : 100) });
    expect(fast.result.rows[0].verdict).toBe('faster');
  });

  it.each([
    // What is noisy at first only, throughout, or slower after all; how it came out, after which stages.
    [
      'no slower',
      (pair: number) => (pair < 7 ? 97 + 8 * (((pair * 5) % 7) - 3) : 100),
      [7, 14],
      'not slower',
      0,
    ],
    ['noisy', (pair: number) => 95 + 8 * (((pair * 5) % 7) - 3), [7, 14], 'unclear', 3],
    [
      'slower',
      (pair: number) => (pair < 7 ? 99 + 2 * (((pair * 5) % 7) - 3) : 106),
      [7, 14, 28],
      'slower',
      1,
    ],
    [
      'slower in one stage',
      (pair: number) => (pair < 7 || pair >= 21 ? 99 + 2 * (((pair * 5) % 7) - 3) : 106),
      [7, 14, 28],
      'not slower',
      0,
    ],
  ] as const)('measures again what is unclear, up to a bound: %s', async (_, ours, rounds, verdict, code) => {
    const { result, order } = await judged({
      cases: [a, b],
      // The other case is clear from the start, and is not measured again.
      answer: (side, of, pair) =>
        told(of, side === 'ours' && of === a ? ours(pair < 14 ? pair >> 1 : pair - 7) : 100),
    });
    expect(result.rows.map((row) => row.stages.map(({ pairs }) => pairs.length))).toEqual([[...rounds], [7]]);
    expect(result.rows.map((row) => row.verdict)).toEqual([verdict, 'not slower']);
    expect(order).toHaveLength(rounds.reduce<number>((sum, n) => sum + n, 7));
    expect(exitCode(result)).toBe(code);
  });

  it('tells by its exit code what weighs most: slower, failed, unclear', async () => {
    const wide = (pair: number): number => 100 + 10 * (((pair * 5) % 7) - 3);
    const world = (slow: number, fails: boolean) =>
      judged({
        cases: [a, b],
        answer: (side, of, pair) => {
          if (side === 'baseline') return told(of, 100);
          if (of === b) return fails ? { error: 'no memory' } : told(of, slow);
          return told(of, wide(pair));
        },
      });
    expect(exitCode((await world(120, false)).result)).toBe(1);
    expect(exitCode((await world(100, true)).result)).toBe(2);
    expect(exitCode((await world(100, false)).result)).toBe(3);
  });

  it('compares by lower quartiles where both sides tell them, else by medians', async () => {
    const one = (ns: number, quartile?: number): Outcome => ({
      measurements: [{ name: 'a', params: a.params, ns, ...(quartile === undefined ? {} : { quartile }) }],
    });
    const both = await judged({ answer: (side) => (side === 'ours' ? one(150, 99) : one(100, 100)) });
    expect(both.result.rows[0]).toMatchObject({ ours: 99, baseline: 100, verdict: 'not slower' });
    const older = await judged({ answer: (side) => (side === 'ours' ? one(150, 99) : one(100)) });
    expect(older.result.rows[0]).toMatchObject({ ours: 150, baseline: 100, verdict: 'slower' });
  });

  it('judges the parts of a case one by one', async () => {
    const { result } = await judged({
      answer: (side, of) => ({
        measurements: [
          { name: of.name, params: { ...of.params, what: 'alloc' }, ns: side === 'ours' ? 110 : 100 },
          { name: of.name, params: { ...of.params, what: 'size' }, bytes: 4096 },
        ],
      }),
    });
    expect(
      result.rows.map(({ params, unit, verdict, stages }) => [params.what, unit, verdict, stages.length]),
    ).toEqual([
      ['alloc', 'ns', 'slower', 3],
      ['size', 'bytes', 'not slower', 1],
    ]);
  });

  it('does not judge a difference, which may be below 0', async () => {
    const { result } = await judged({
      answer: (_, of) => ({
        measurements: [
          { name: of.name, params: of.params, ns: 100 },
          { name: of.name, params: { ...of.params, what: 'above' }, ns: -3 },
        ],
      }),
    });
    expect(result.rows.map(({ params, verdict }) => [params.what, verdict])).toEqual([
      [undefined, 'not slower'],
    ]);
    expect(exitCode(result)).toBe(0);
  });

  it('calls new what the baseline does not know', async () => {
    const { result } = await judged({
      cases: [a, b],
      answer: (side, of) => (side === 'baseline' && of === b ? undefined : told(of, 100)),
    });
    expect(result.failures).toEqual([]);
    expect(result.rows[1]).toMatchObject({ verdict: 'new', params: { program: 'perl' }, ours: 100 });
    expect(exitCode(result)).toBe(0);
    const alone = await judged({ answer: (side, of) => (side === 'baseline' ? undefined : told(of, 100)) });
    expect(exitCode(alone.result)).toBe(2);
  });

  it('names a side that fails, and goes on with the other cases', async () => {
    const { result } = await judged({
      cases: [a, b],
      answer: (side, of, pair) =>
        side === 'ours' && of === a && pair > 2 ? { error: 'no memory' } : told(of, 100),
    });
    expect(result.failures).toEqual([{ side: 'ours', name: 'a', params: { size: '8' }, error: 'no memory' }]);
    expect(result.rows.map(({ name, verdict }) => [name, verdict])).toEqual([['b', 'not slower']]);
    expect(exitCode(result)).toBe(2);
    expect(changeTable(result)).toContain('ours failed in a size=8: no memory');
  });

  it('does not compare different work', async () => {
    const { result } = await judged({ answer: (side, of) => told(of, 100, side) });
    expect(result.failures[0].error).toBe('it did other work: check baseline, ours ours');
    const one = { name: 'a', params: { size: '8' }, ns: 1 };
    expect(differentWork([one], [{ ...one, params: { size: '16' } }])).toContain('another case');
    // An older commit reports fewer checks and parts.
    expect(differentWork([{ ...one, check: 'x' }], [one])).toBeUndefined();
    expect(differentWork([{ ...one, params: { size: '8', what: 'new' } }], [one])).toBeUndefined();
    expect(differentWork([{ ...one, outcome: '7 objects' }], [{ ...one, outcome: '8 objects' }])).toBe(
      'other work came of it: 8 objects, ours 7 objects',
    );
    expect(differentWork([{ ...one, outcome: '7 objects' }], [one])).toBeUndefined();
  });

  it('refuses fewer than seven rounds', async () => {
    await expect(judged({ rounds: 6, answer: () => undefined })).rejects.toThrow('at least 7 rounds');
  });
});

describe('simulated runs', () => {
  const seed = printedSeed('simulated runs');
  const cases = Array.from({ length: 40 }, (_, i): Case => ({ name: `${i}`, params: {}, targets: [] }));

  /** In how many of `runs` something was slower, and whether case 0 was. */
  async function simulate(noise: string, spread: number, slowDown: number, runs: number, of = cases) {
    const random = new Mulberry32(seed);
    let alarms = 0;
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const { result } = await judged({
        cases: of,
        answer: (side, one) =>
          told(
            one,
            100 * (side === 'ours' && one.name === '0' ? slowDown : 1) * noises[noise](random, spread),
          ),
      });
      if (result.rows.some((row) => row.verdict === 'slower' && row.name !== '0')) alarms++;
      if (result.rows[0].verdict === 'slower') found++;
    }
    return { alarms: alarms / runs, found: found / runs };
  }

  const alike: readonly (readonly [noise: string, spread: number])[] = [
    ['normal', 0.015],
    ['normal', 0.07],
    ['two-humped', 0.05],
    ['disturbed', 0.03],
  ];
  it.runIf(isWhole).each(alike)('two builds of one commit pass: %s of %d', async (noise, spread) => {
    // Ten runs in a row must pass.
    const { alarms } = await simulate(noise, spread, 1, 200);
    console.log(`false alarms in ${(alarms * 100).toFixed(1)} % of runs`);
    expect(alarms).toBeLessThanOrEqual(0.01);
  });

  // The least are far below what is expected, so that chance fails none of them.
  it.each([
    ['normal', 0.01, 0.95],
    ['normal', 0.025, 0.8],
    ['two-humped', 0.02, 0.8],
    ['disturbed', 0.01, 0.6],
  ])('a slow-down of 5 %% in one case is found: %s of %d', async (noise, spread, least) => {
    const { found } = await simulate(noise, spread, 1.05, 200, cases.slice(0, 1));
    console.log(`found in ${(found * 100).toFixed(0)} % of runs`);
    expect(found).toBeGreaterThanOrEqual(least);
  });
});

describe('the cases of a change', () => {
  const all = changeCases({ quick: false, trace: '/t.jsonl.gz', program: '/p.mtrace.gz' });
  const quick = changeCases({ quick: true, trace: '/t.jsonl.gz', program: '/p.mtrace.gz' });

  it('are of every kind, and all different', () => {
    for (const list of [all, quick]) {
      expect(new Set(list.map((of) => of.name))).toEqual(
        new Set([
          'pages',
          'page-cache',
          'radix-trace',
          'span',
          'malloc',
          'drops',
          'scavenge',
          'metadata',
          'trace-replay',
          'start',
          'traced',
          'mark',
          'command',
        ]),
      );
      // Spans of both kinds, since each has a way of its own.
      expect(new Set(list.filter((of) => of.name === 'span').map((of) => of.params.kind))).toEqual(
        new Set(['heap', 'manual']),
      );
      const texts = list.map((of) => JSON.stringify([of.name, of.params]));
      expect(new Set(texts).size).toBe(texts.length);
    }
    const sizes = all
      .filter((of) => of.name === 'malloc')
      .map((of) => `${of.params.size} ${of.params.order}`);
    expect(sizes).toHaveLength(10);
  });

  it('are fewer with --quick, and leave out what has no file', () => {
    expect(quick.length).toBeLessThan(all.length / 2);
    const names = changeCases({ quick: false, trace: undefined, program: undefined }).map((of) => of.name);
    expect(names).not.toContain('radix-trace');
    expect(names.filter((name) => name === 'trace-replay')).toHaveLength(1);
  });
});
