/** Questions about settings, answered by runs: mappings, a soft limit, GOGC and a ballast. */
import { metricsOf } from '../metrics/run-metrics.ts';
import type { RunData } from '../record/run-data.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import {
  atSize,
  bound,
  clocked,
  factor,
  inWords,
  type Labelled,
  rssPicture,
  runTable,
  untold,
} from './answering.ts';
import type { Asker, Question } from './question.ts';

async function runsOf(
  asker: Asker,
  workload: { readonly name: string; readonly scale: number; readonly timeScale: number },
  heaps: readonly (readonly [label: string, heap: LabHeapOptions])[],
): Promise<Labelled[]> {
  const runs: Labelled[] = [];
  for (const [label, heap] of heaps) runs.push({ label, run: await asker.run({ label, workload, heap }) });
  return runs;
}

export const mappings: Question = {
  number: 11,
  name: 'mappings',
  question: 'How many mappings does a policy make?',
  how: 'A heap in stripes is scavenged: as it is, with huge-page advice, on the design of 2019, and with hard decommit, which makes what was released inaccessible.',
  reports: [12233],
  seconds: 24,
  byHand: [
    'pageheap compare stripes --scale 0.25 --time-scale 0.15 -c radix -c hard:radix,hard-decommit=true -c treap',
  ],
  unanswerable: ({ maxMapCount }) =>
    maxMapCount === undefined ? 'the kernel does not tell of mappings here' : undefined,
  async ask(asker) {
    const scavengePercent = 50;
    const runs = await runsOf(
      asker,
      {
        name: 'stripes',
        scale: Math.max(0.08, 0.25 * asker.size),
        timeScale: 0.15 * Math.min(1, 8 * asker.size),
      },
      [
        ['as it is', { scavengePercent }],
        ['huge-page advice', { scavengePercent, hugePageAdvice: 'hugepage' }],
        ['2019, hints', { generation: 'treap' }],
        ['hard decommit', { scavengePercent, hardDecommit: true }],
      ],
    );
    const added = (i: number): number | undefined => metricsOf(runs[i].run).vmasAdded;
    const most = Math.max(...runs.map(({ run }) => metricsOf(run).vmas ?? 0));
    return {
      table: runTable(runs, ['vmasAdded', 'vmas', 'madviseCalls', 'released']),
      picture: {
        kind: 'curves',
        title: 'Mappings of the process',
        x: { label: 'time', unit: 'seconds' },
        y: { label: 'mappings', unit: 'count', log: true },
        curves: runs.map(({ label, run }) => ({
          label,
          points: run.samples.flatMap(({ t, vmas }): [number, number][] =>
            typeof vmas === 'number' && vmas > 0 ? [[t / 1000, vmas]] : [],
          ),
        })),
        marks: [{ label: "the kernel's limit", value: asker.machine.maxMapCount ?? 65530 }],
      },
      bounds: [
        bound(
          'madvise splits none: the run adds little beside what V8 maps',
          'count',
          added(0),
          'at most',
          150,
        ),
        clocked(
          factor(
            'hard decommit makes five times as many at least',
            added(3),
            Math.max(1, added(0) ?? Number.NaN),
            'at least',
            5,
          ),
        ),
        bound(
          "none comes near the kernel's limit",
          'count',
          most,
          'at most',
          (asker.machine.maxMapCount ?? 65530) / 2,
        ),
      ],
    };
  },
};

/** Milliseconds of collections. */
const collecting = ({ collections }: RunData): number => collections.reduce((sum, { ms = 0 }) => sum + ms, 0);

const roomyHeld = 'a limit above what lives is held';

export const softLimit: Question = {
  number: 13,
  name: 'soft-limit',
  question: 'What does a soft limit hold, and when does it spiral?',
  how: 'A ledger whose live size does not change is churned: without a limit, under one with room, and under one below what lives.',
  reports: [48409, 58106],
  seconds: 30,
  byHand: ['pageheap run ledger-churn --scale 0.5 --time-scale 0.1 --memory-limit 56MiB'],
  async ask(asker) {
    // A ledger of scale 1 has some 68 MiB in use, and grows to twice as much.
    const scale = Math.max(0.05, 0.5 * asker.size);
    const live = 68 * 2 ** 20 * scale;
    const fixed = 4 * 2 ** 20;
    const [roomy, tight] = [Math.round(1.5 * live + fixed), Math.round(0.75 * live + fixed)];
    const runs = await runsOf(asker, { name: 'ledger-churn', scale, timeScale: 0.1 }, [
      ['no limit', {}],
      [`limit ${inWords('bytes', roomy)}`, { memoryLimit: roomy }],
      [`limit ${inWords('bytes', tight)}`, { memoryLimit: tight }],
    ]);
    const [none, above, below] = runs.map(({ run }) => ({
      peak: metricsOf(run).rssPeak,
      collections: metricsOf(run).collections,
      share: collecting(run) / 1000 / (metricsOf(run).elapsed ?? Number.NaN),
    }));
    return {
      table: {
        head: ['', 'RSS peak', 'collections', 'collecting', 'of the time'],
        rows: runs.map(({ label, run }, i) => [
          label,
          inWords('bytes', [none, above, below][i].peak),
          inWords('count', [none, above, below][i].collections),
          inWords('ns', collecting(run) * 1e6),
          inWords('share', [none, above, below][i].share),
        ]),
      },
      picture: rssPicture('A ledger under a soft limit', runs, [
        { label: 'limit with room', value: roomy },
        { label: 'limit below what lives', value: tight },
      ]),
      bounds: [
        typeof none.peak === 'number' && none.peak <= roomy
          ? untold(
              roomyHeld,
              `without a limit the heap stays below it, too (${inWords('bytes', none.peak)}), so that nothing had to be held`,
            )
          : bound(roomyHeld, 'bytes', above.peak, 'at most', roomy),
        factor(
          'and it costs at most ten times the collections',
          above.collections,
          none.collections,
          'at most',
          10,
        ),
        bound('a limit below what lives is passed: it is soft', 'bytes', below.peak, 'at least', tight),
        clocked(
          bound(
            'and the collector takes half of the time at most, by its CPU limit',
            'share',
            below.share,
            'at most',
            0.55,
          ),
        ),
        clocked(
          factor(
            'it spirals: there are ten times the collections at least',
            below.collections,
            none.collections,
            'at least',
            10,
          ),
        ),
      ],
    };
  },
};

export const gogc: Question = {
  number: 16,
  name: 'gogc',
  question: 'What does tuning GOGC, or a ballast, save?',
  how: 'A ledger whose live size does not change is churned with GOGC 50 to 400, and with a least heap of eight times its size, which does what a ballast did.',
  reports: [
    'https://blog.twitch.tv/en/2019/04/10/go-memory-ballast-how-i-learnt-to-stop-worrying-and-love-the-heap/',
    'https://www.uber.com/blog/how-we-saved-70k-cores-across-30-mission-critical-services/',
  ],
  seconds: 20,
  byHand: ['pageheap grid ledger-churn --scale 0.25 --gogc 50..400x2'],
  async ask(asker) {
    const live = 68 * 2 ** 20 * Math.max(0.04, 0.25 * asker.size);
    const percents = [50, 100, 200, 400];
    const runs = await runsOf(
      asker,
      { name: 'ledger-churn', scale: Math.max(0.04, 0.25 * asker.size), timeScale: 0.1 },
      [
        ...percents.map((gcPercent) => [`GOGC ${gcPercent}`, { gcPercent }] as const),
        ['ballast', { heapMinimum: Math.max(4 * 2 ** 20, Math.round(8 * live)) }],
      ],
    );
    const of = (i: number, id: string): number | undefined => metricsOf(runs[i].run)[id];
    const peak = (i: number): number | undefined => of(i, 'rssPeak');
    return {
      table: {
        head: ['', 'collections', 'collecting', 'RSS peak', 'RSS mean', 'CPU time'],
        rows: runs.map(({ label, run }, i) => [
          label,
          inWords('count', of(i, 'collections')),
          inWords('ns', collecting(run) * 1e6),
          inWords('bytes', peak(i)),
          inWords('bytes', of(i, 'rssMean')),
          inWords('seconds', of(i, 'cpuTime')),
        ]),
      },
      picture: rssPicture('A ledger by GOGC', runs),
      bounds: [
        ...percents
          .slice(1)
          .map((percent, i) =>
            factor(
              `GOGC ${percent} needs at most two thirds of the collections of GOGC ${percents[i]}`,
              of(i + 1, 'collections'),
              of(i, 'collections'),
              'at most',
              2 / 3,
            ),
          ),
        factor('GOGC 400 costs twice the RSS of GOGC 100 at least', peak(3), peak(1), 'at least', 2),
        atSize(
          asker.size,
          0.2,
          factor(
            'a ballast of eight times what lives saves four of five collections of GOGC 100',
            of(4, 'collections'),
            of(1, 'collections'),
            'at most',
            0.2,
          ),
        ),
      ],
    };
  },
};
