import { expect, it } from 'vitest';
import { comparePhases, phaseMetrics } from '../../../lib/lab/metrics/phases.ts';
import { type RunData, toRunData } from '../../../lib/lab/record/run-data.ts';

const mib = 2 ** 20;

/** A run with a phase for each RSS, in MiB, a second after the other; each faults ten times as often as MiB. */
function runOf(phases: readonly (readonly [name: string, rss: number])[], extra: object = {}): RunData {
  let faults = 0;
  return toRunData([
    { k: 'run', format: 'pageheap-run/1', name: 'x' },
    ...phases.map(([name, rss], i) => {
      faults += rss * 10;
      return { k: 'phase', t: (i + 1) * 1000, name, rss: rss * mib, minflt: faults, ...extra };
    }),
  ]);
}

it('each phase has the spread of every configuration, and what happened in it alone', () => {
  const twice = [
    runOf([
      ['A', 10],
      ['B', 4],
    ]),
    runOf([
      ['A', 12],
      ['B', 4],
    ]),
  ];
  const lazy = [
    runOf(
      [
        ['A', 10],
        ['B', 10],
      ],
      { lazy: 5, released: 6, inuse: 7, sys: 8 },
    ),
  ];
  const [a, b] = comparePhases([{ runs: twice }, { runs: lazy }]);
  expect([a.name, b.name]).toEqual(['A', 'B']);
  expect(a.configurations[0].rss).toMatchObject({ n: 2, mean: 11 * mib, min: 10 * mib, max: 12 * mib });
  expect(b.configurations[0].faults).toMatchObject({ n: 2, mean: 40 });
  expect(b.configurations[1].seconds).toMatchObject({ mean: 1 });
  expect(b.configurations[0].lazyFree).toBeUndefined();
  const of = Object.entries(b.configurations[1]).map(([id, spread]) => [id, spread?.mean]);
  expect(Object.fromEntries(of)).toEqual({
    rss: 10 * mib,
    inuse: 7,
    released: 6,
    lazyFree: 5,
    sys: 8,
    seconds: 1,
    faults: 100,
  });
  expect(of.map(([id]) => id)).toEqual(phaseMetrics.map(({ id }) => id));
});

it('a run that was cut short lacks the last ones; a phase of another name is not taken for it', () => {
  const runs = [
    runOf([['A', 1]]),
    runOf([
      ['A', 3],
      ['B', 5],
    ]),
  ];
  const other = [
    runOf([
      ['A', 1],
      ['X', 9],
    ]),
  ];
  const [a, b] = comparePhases([{ runs: runs }, { runs: other }]);
  expect(a.configurations[0].rss).toMatchObject({ n: 2, mean: 2 * mib });
  expect(b.name).toBe('B');
  expect(b.configurations[0].rss).toMatchObject({ n: 1, mean: 5 * mib });
  expect(b.configurations[1].rss).toBeUndefined();
});

it('traces have none', () => {
  expect(comparePhases([{ runs: [runOf([])] }, { runs: [] }])).toEqual([]);
});
