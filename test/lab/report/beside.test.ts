import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tableOf } from '../../../lib/lab/export/tables.ts';
import { factsOf } from '../../../lib/lab/metrics/facts.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import { readBeside, valuesAt } from '../../../lib/lab/report/beside.ts';
import { runCharts } from '../../../lib/lab/report/charts.ts';
import { layersOf } from '../../../lib/lab/report/client/run-layers.ts';
import { payloadOf } from '../../../lib/lab/report/payload.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-beside-'));
afterAll(() => rmSync(folder, { recursive: true }));
const mib = 2 ** 20;
let files = 0;

function curvesOf(text: string) {
  const file = join(folder, `${++files}.txt`);
  writeFileSync(file, text);
  return readBeside(file).map(({ label, points }) => [
    label.replace(/^\d+\.txt: /, ''),
    points.map(({ t, bytes }) => [t, bytes]),
  ]);
}

it('a log of gctrace and scavtrace: heap, goal and released, at the times of the collections', () => {
  const curves = readBeside('test/fixtures/beside/server.log');
  expect(curves.map(({ label }) => label)).toEqual([
    'server.log: heap, gctrace',
    'server.log: goal, gctrace',
    'server.log: released, scavtrace',
  ]);
  const [heap, goal, released] = curves.map(({ points }) => points.map(({ t, bytes }) => [t, bytes / mib]));
  expect(heap[0]).toEqual([12, 4]);
  expect(heap[1][0]).toBeCloseTo(12.516, 6);
  expect(heap.map(([, size]) => size)).toEqual([4, 1, 40, 20]);
  expect(goal.map(([, size]) => size)).toEqual([4, 41]);
  expect(released).toEqual([
    [12, 0.5],
    [1500, 2],
  ]);
});

describe('a CSV of time and RSS', () => {
  it.each<[string, string, unknown]>([
    [
      'seconds and bytes',
      'seconds,rss\n0,10\n1.5,20\n',
      [
        [
          'rss',
          [
            [0, 10],
            [1500, 20],
          ],
        ],
      ],
    ],
    ['milliseconds by name, KiB', 't_ms,RSS_kB\n100,2\n', [['RSS_kB', [[100, 2048]]]]],
    ['semicolons, MiB', 'time;resident (MiB)\n2;3\n', [['resident (MiB)', [[2000, 3 * mib]]]]],
    [
      'dates',
      'timestamp,rss\n2024-05-01T10:00:00Z,1\n2024-05-01T10:00:02Z,2\n',
      [
        [
          'rss',
          [
            [0, 1],
            [2000, 2],
          ],
        ],
      ],
    ],
    [
      'seconds since 1970, out of order',
      'time,rss\n1714557602,2\n1714557600,1\n',
      [
        [
          'rss',
          [
            [0, 1],
            [2000, 2],
          ],
        ],
      ],
    ],
    ['rows without a number', 't,rss\n0,\n1,x\n2,5\n', [['rss', [[2, 5]]]]],
    [
      'two columns of memory',
      't,rss,prss\n1,2,3\n',
      [
        ['rss', [[1, 2]]],
        ['prss', [[1, 3]]],
      ],
    ],
  ])('%s', (_what, text, wanted) => expect(curvesOf(text)).toEqual(wanted));

  it('what pageheap export writes: a curve a configuration, of its first round', () => {
    const data = toRunData([
      { k: 'run', format: 'pageheap-run/2' },
      { k: 's', t: 5, inuse: 0, free: 0, released: 0, rss: 7 },
    ]);
    const runs = ['a', 'b'].flatMap((configuration) =>
      [1, 2].map((round) => ({ configuration, round, data })),
    );
    expect(curvesOf(tableOf('samples', runs))).toEqual([
      ['a: rss', [[5, 7]]],
      ['b: rss', [[5, 7]]],
    ]);
  });

  it.each<[string, RegExp]>([
    ['a,b\n1,2\n', /neither lines of gctrace nor a CSV .* there are a, b/],
    ['', /neither lines of gctrace nor a CSV/],
    ['t,rss\n', /no row with a time and a number$/],
    [
      't;rss\n0,5;1024,5\n1,5;2048\n',
      /its numbers have decimal commas \(0,5\), and points are read \(0\.5\)/,
    ],
    ['t,rss\n"0,5","1024,5"\n', /decimal commas/],
    ['gc1(1): 0+1+2+3 us, 0 -> 1 MB, 10 (20-10) objects, 1 goroutines\n', /have no times/],
    ['scav 8 KiB work (bg), 0 KiB work (eager), 512 KiB now, 90% util\n', /have no times/],
  ])('%j is refused', (text, message) => {
    expect(() => curvesOf(text)).toThrow(
      expect.objectContaining({ code: 'ERR_FILE', message: expect.stringMatching(message) }),
    );
  });

  it('a file that is not there is', () => {
    expect(() => readBeside('/nowhere.csv')).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  });
});

it('a curve holds until its next point, and is nothing before the first and behind the last', () => {
  const curve = {
    label: 'x',
    points: [
      { t: 10, bytes: 1 },
      { t: 20, bytes: 2 },
    ],
  };
  expect(valuesAt(curve, [0, 10, 15, 20, 21])).toEqual([null, 1, 1, 2, null]);
  expect(valuesAt({ label: 'x', points: [] }, [0, 1])).toEqual([null, null]);
});

it('is a layer of the timeline, and told in words', () => {
  const run = toRunData([
    { k: 'run', format: 'pageheap-run/2' },
    ...[0, 1000, 2000].map((t) => ({ k: 's', t, inuse: 1, free: 0, released: 0, rss: mib })),
  ]);
  const curves = readBeside('test/fixtures/beside/server.log');
  const payload = payloadOf(run, factsOf(run), curves);
  expect(payload.beside[0].values).toEqual([null, mib, null]);
  expect(
    layersOf(runCharts[0], payload, payload.beside)
      .map(({ label }) => label)
      .slice(-3),
  ).toEqual(curves.map(({ label }) => label));
  expect(renderReport(run, curves)).toContain('by their own clocks: server.log: heap, gctrace');
});
