/**
 * Growth laws: what an operation costs as the heap, its holes, its live objects or the spans of a cycle grow.
 *
 *     node dist/bench/growth.js [NAME] > FILE.json    measures, in a few minutes, all of them or one picture's
 *     node scripts/draw-growth.js FILE.json       draws docs/growth-*.svg from it
 *
 * Each point is measured in a process of its own, three times; the lowest is kept, since what other
 * programs do can only add time. This project's are processor times (cpu-clock.ts). Where Go is found, it measures the
 * page allocator as well, in batches so short that few are disturbed.
 *
 * Not here: what the cases do (workload.ts), and what must be reached (cases.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Case } from './cases.ts';
import { measure, type Participant } from './participant.ts';
import { buildGo, findGo } from './rivals/go.ts';
import { ours } from './rivals/ours.ts';

/** One line of a picture: nanoseconds at each x. */
export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [x: number, ns: number])[];
}

export interface Picture {
  readonly name: string;
  readonly title: string;
  readonly xTitle: string;
  /** How x is written: bytes in MiB, or a count. */
  readonly unit: 'MiB' | 'count';
  readonly curves: readonly Curve[];
}

export interface Growth {
  readonly machine: string;
  readonly pictures: readonly Picture[];
}

interface Wanted extends Omit<Picture, 'curves'> {
  readonly curves: readonly {
    readonly label: string;
    readonly who: 'ours' | 'go';
    readonly what?: string;
    readonly xs: readonly number[];
    readonly of: (x: number) => Pick<Case, 'name' | 'params'>;
  }[];
}

const rounds = 3;

const holeCounts = [1000, 3000, 10_000, 30_000, 100_000, 300_000];
const amongHoles = { pairs: '2000', rounds: '100' };
const heapSizes = [64, 256, 1024, 4096, 16384];
const pageCurves = (pages: number): Wanted['curves'] =>
  (['ours', 'go'] as const).map((who) => ({
    label: `${pages} ${pages === 1 ? 'page' : 'pages'}, ${who === 'ours' ? 'pageheap' : 'Go'}`,
    who,
    what: 'alloc',
    xs: pages >= 64 ? heapSizes.slice(pages === 64 ? 1 : 2) : heapSizes,
    of: (mib) => ({ name: 'pages', params: { pages: `${pages}`, mib: `${mib}`, ops: '100000' } }),
  }));

const wanted: readonly Wanted[] = [
  {
    name: 'heap-size',
    title: 'Allocating pages, by the size of the heap',
    xTitle: 'heap, 65 % full',
    unit: 'MiB',
    curves: [1, 4, 64, 512].flatMap(pageCurves),
  },
  {
    name: 'holes',
    title: 'Freeing and allocating 1 to 16 pages, by the number of holes',
    xTitle: 'holes',
    unit: 'count',
    curves: [
      ...['lists', 'treap', 'radix'].map((heap) => ({
        label: `${heap}, pageheap`,
        who: 'ours' as const,
        xs: holeCounts,
        of: (holes: number) => ({ name: 'holes', params: { heap, holes: `${holes}`, ...amongHoles } }),
      })),
      {
        label: 'radix, Go',
        who: 'go',
        xs: holeCounts,
        of: (holes) => ({
          name: 'holes',
          params: { holes: `${holes}`, least: '1', most: '16', ...amongHoles },
        }),
      },
    ],
  },
  {
    name: 'live-objects',
    title: 'Replacing an object of 64 bytes, by the number of live ones',
    xTitle: 'live objects',
    unit: 'count',
    curves: (['ring', 'random'] as const).map((order) => ({
      label: order === 'ring' ? 'the oldest is dropped' : 'any one is dropped',
      who: 'ours',
      xs: [4096, 16_384, 65_536, 262_144, 1_048_576],
      of: (live) => ({
        name: 'malloc',
        // Several collections each time.
        params: { size: '64', live: `${live}`, order, ops: `${Math.max(500_000, 3 * live)}`, repeats: '3' },
      }),
    })),
  },
  {
    name: 'spans-in-a-cycle',
    title: 'Marking and sweeping a span, by the spans in a collection',
    xTitle: 'spans',
    unit: 'count',
    curves: [
      {
        label: 'a span',
        who: 'ours',
        xs: [1000, 4000, 16_000, 64_000, 128_000],
        of: (spans) => ({
          name: 'cycle',
          params: { spans: `${spans}`, repeats: `${Math.max(5, Math.ceil(200_000 / spans))}` },
        }),
      },
    ],
  },
];

/** A participant in Node whose processes are measured in processor time. */
function onCpuClock(participant: Participant): Participant {
  const clock = pathToFileURL(join(folder, 'cpu-clock.js')).href;
  return {
    ...participant,
    command(of) {
      const command = participant.command(of);
      return command && { ...command, args: ['--import', clock, ...command.args] };
    },
  };
}

const folder = dirname(fileURLToPath(import.meta.url));
const only = process.argv[2];
if (only !== undefined && !wanted.some(({ name }) => name === only)) {
  process.stderr.write(
    `there is no picture ${only}; it is one of ${wanted.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
const built = mkdtempSync(join(tmpdir(), 'pageheap-growth-'));
const note = (text: string): void => void process.stderr.write(`${text}\n`);
try {
  const go = findGo();
  const participants: Record<'ours' | 'go', Participant | undefined> = {
    ours: onCpuClock(ours(join(folder, 'ours'))),
    go: go && buildGo(go, join(folder, '..', '..', 'bench', 'go'), built, note),
  };
  const lowest = (who: 'ours' | 'go', what: string | undefined, of: Case): number | undefined => {
    const participant = participants[who];
    const found: number[] = [];
    for (let i = 0; participant !== undefined && i < rounds; i++) {
      const outcome = measure(participant, of);
      if (outcome === undefined || 'error' in outcome) {
        note(`${who}, ${of.name}: ${outcome?.error ?? 'not known'}`);
        return undefined;
      }
      for (const { params, ns, quartile = ns } of outcome.measurements)
        if (params.what === what && quartile !== undefined) found.push(quartile);
    }
    return found.length === 0 ? undefined : Math.min(...found);
  };
  const pictures = wanted
    .filter(({ name }) => only === undefined || name === only)
    .map(({ curves, ...picture }): Picture => {
      note(picture.title);
      return {
        ...picture,
        curves: curves
          .map(({ label, who, what, xs, of }): Curve => {
            const points: [number, number][] = [];
            for (const x of xs) {
              const ns = lowest(who, what, { ...of(x), targets: [] });
              if (ns !== undefined) points.push([x, Math.round(ns * 10) / 10]);
            }
            return { label, points };
          })
          .filter(({ points }) => points.length > 0),
      };
    });
  const machine = `Node ${process.versions.node}${go ? `, Go ${go.version.replace(/^go/, '')}` : ''}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  process.stdout.write(`${JSON.stringify({ machine, pictures } satisfies Growth, null, 1)}\n`);
} finally {
  rmSync(built, { recursive: true, force: true });
}
