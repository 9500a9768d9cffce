/**
 * Run files made up by a small model of a heap, for tests of the report and for looking at it.
 *
 * The model holds one byte of belief and one of residency for every page: it allocates runs of pages
 * at the lowest address, collects when the heap reaches its goal, and scavenges from the top at a
 * fixed speed. So belief, residency, samples and page maps of a run agree with each other as those of
 * a real run do. The same seed gives the same lines.
 */

export interface SyntheticOptions {
  readonly seed?: number;
  /** Seconds of replay and of idleness. */
  readonly replay?: number;
  readonly idle?: number;
  readonly beatMs?: number;
  /** The largest live heap, in MiB. */
  readonly peakMiB?: number;
  /** MADV_FREE: what is released stays resident until late. */
  readonly lazy?: boolean;
  readonly name?: string;
  /** Leave the end line away, as after a crash. */
  readonly cut?: boolean;
}

const pageBytes = 8192;
const arenaPages = 8192;
const mib = 1024 * 1024;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The share of the peak that is live at a share of the replay: two climbs and two falls. */
function liveShare(x: number): number {
  const knots = [
    [0, 0.01],
    [0.38, 0.82],
    [0.42, 0.8],
    [0.5, 0.1],
    [0.54, 0.1],
    [0.86, 1],
    [0.9, 0.97],
    [1, 0.035],
  ];
  for (let i = 1; i < knots.length; i++) {
    if (x <= knots[i][0]) {
      const [[x0, y0], [x1, y1]] = [knots[i - 1], knots[i]];
      return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
    }
  }
  return 0.035;
}

class Model {
  /** 0 unmapped, 1 free, 2 released, 3 in use, 4 manual. */
  readonly state: Uint8Array;
  readonly resident: Uint8Array;
  readonly lazyPages: Uint8Array;
  private readonly random: () => number;
  private readonly lazy: boolean;
  mapped = 0;
  counts = [0, 0, 0, 0, 0];
  faults = 0;

  constructor(pages: number, random: () => number, lazy: boolean) {
    this.state = new Uint8Array(pages);
    this.resident = new Uint8Array(pages);
    this.lazyPages = new Uint8Array(pages);
    this.random = random;
    this.lazy = lazy;
    this.counts[0] = pages;
  }

  private set(page: number, state: number): void {
    this.counts[this.state[page]]--;
    this.counts[state]++;
    this.state[page] = state;
  }

  /** Takes n pages into use, from the lowest free ones, growing when there are none. */
  allocate(n: number): void {
    let left = n;
    for (let page = 0; page < this.mapped && left > 0; page++) {
      if (this.state[page] === 1 || this.state[page] === 2) {
        this.take(page);
        left--;
      }
    }
    while (left > 0 && this.mapped < this.state.length) {
      const grown = Math.min(512, this.state.length - this.mapped);
      for (let i = 0; i < grown; i++) {
        this.set(this.mapped++, 2);
      }
      for (let page = this.mapped - grown; page < this.mapped && left > 0; page++) {
        this.take(page);
        left--;
      }
    }
  }

  private take(page: number): void {
    const touched = this.random();
    const physical = touched < 0.985 ? 2 : touched < 0.993 ? 1 : 0;
    this.faults += Math.max(0, physical - this.resident[page]);
    this.resident[page] = Math.max(this.resident[page], physical);
    this.lazyPages[page] = 0;
    this.set(page, this.random() < 0.0015 ? 4 : 3);
  }

  /** Frees pages in use, in clusters, until n remain. */
  keep(n: number): void {
    while (this.counts[3] > n) {
      const start = Math.floor(this.random() * this.mapped);
      const length = 1 + Math.floor(this.random() ** 3 * 400);
      for (let page = start; page < Math.min(start + length, this.mapped) && this.counts[3] > n; page++) {
        if (this.state[page] === 3) {
          this.set(page, 1);
        }
      }
    }
  }

  /** Releases up to n free pages from the top; returns how many. */
  scavenge(n: number): number {
    let done = 0;
    for (let page = this.mapped - 1; page >= 0 && done < n; page--) {
      if (this.state[page] === 1) {
        this.set(page, 2);
        done++;
        if (this.lazy) {
          this.lazyPages[page] = this.resident[page];
        } else if (this.random() > 0.002) {
          this.resident[page] = 0;
        }
      }
    }
    return done;
  }

  /** The kernel takes lazily freed pages at last. */
  reclaim(share: number): void {
    for (let page = 0; page < this.mapped; page++) {
      if (this.lazyPages[page] > 0 && this.random() < share) {
        this.resident[page] = 0;
        this.lazyPages[page] = 0;
      }
    }
  }

  physical(pages: Uint8Array): number {
    let sum = 0;
    for (let page = 0; page < this.mapped; page++) {
      sum += pages[page];
    }
    return sum * 4096;
  }
}

const classSizes = [
  8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 256, 320, 384, 448, 512,
]
  .concat([
    576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096,
  ])
  .concat([4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 10240, 10880, 12288, 16384, 24576, 32768]);

function classRows(bytes: number, random: () => number): object[] {
  const weights = classSizes.map((size) => random() ** 2 * (size > 1000 && size < 5000 ? 6 : 1));
  const sum = weights.reduce((a, b) => a + b);
  return classSizes.map((size, i) => {
    const spanBytes = Math.max(pageBytes, Math.ceil((size * 8) / pageBytes) * pageBytes);
    const spans = random() < 0.2 ? 0 : Math.round((bytes * weights[i]) / sum / spanBytes);
    const inuseBytes = spans * spanBytes;
    const objects = Math.floor(spans * Math.floor(spanBytes / size) * (0.5 + random() / 2));
    return { class: i + 1, size, spans, objects, inuseBytes, tailWaste: spans * (spanBytes % size) };
  });
}

/** The lines of a run file, parsed. */
export function syntheticRun(options: SyntheticOptions = {}): Record<string, unknown>[] {
  const { seed = 1, replay = 20, idle = 20, beatMs = 50, peakMiB = 290, lazy = false } = options;
  const random = randomNumbers(seed);
  const peakPages = (peakMiB * mib) / pageBytes;
  const arenas = Math.ceil((peakPages * 1.15) / arenaPages);
  const model = new Model(arenas * arenaPages, random, lazy);
  // The last arena does not touch the others, as when something else took the address.
  const ranges =
    arenas < 3
      ? [[0, arenas * arenaPages]]
      : [
          [0, (arenas - 1) * arenaPages],
          [(arenas + 2) * arenaPages, arenaPages],
        ];
  const lines: Record<string, unknown>[] = [
    {
      k: 'run',
      format: 'pageheap-run/1',
      name: options.name ?? 'sqlite-ramp',
      started: '2024-05-04T10:20:30.000Z',
      command: [
        'pageheap',
        'run',
        'traces/sqlite-ramp.mtrace.gz',
        '--over',
        `${replay}s`,
        '--idle',
        `${idle}s`,
      ],
      trace: { name: 'sqlite-ramp.mtrace.gz', ops: 1920406 },
      options: {
        gcPercent: 100,
        memoryLimit: 2 ** 63,
        advise: lazy ? 'free' : 'dontneed',
        reach: 64 * 1024 * mib,
        background: true,
        hardDecommit: false,
      },
      pace: { seconds: replay, idle, beatMs },
      env: {
        kernel: '6.18.0',
        node: 'v20.20.2',
        cpu: 'Intel Xeon Platinum',
        thp: 'madvise',
        thpDefrag: 'madvise',
        pageSize: 4096,
        hugePageSize: 2 * mib,
        overcommit: 0,
        pageheap: '0.1.0',
        fallbacks: ['naming mappings: EINVAL, mappings stay unnamed'],
      },
    },
  ];
  const beats = Math.round(((replay + idle) * 1000) / beatMs);
  const replayBeats = Math.round((replay * 1000) / beatMs);
  let live = 0;
  let goal = 4 * mib;
  let gcs = 0;
  let madv = 0;
  let madvB = 0;
  let pending = 0;
  let missed = 0;
  const page64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const takeMap = (t: number, label: string): void => {
    lines.push({
      k: 'map',
      t,
      label,
      origin: 0xc000000000,
      pages: model.state.length,
      ranges,
      bits: { state: page64(model.state), resident: page64(model.resident) },
    });
    lines.push({ k: 'classes', t, rows: classRows(model.counts[3] * pageBytes, random) });
  };
  const collect = (t: number, forced: boolean): void => {
    const before = model.counts[3] * pageBytes;
    model.keep(live);
    const after = model.counts[3] * pageBytes;
    goal = Math.max(4 * mib, after * 2);
    gcs++;
    const ms = 0.4 + before / mib / 90;
    const sizes = [before, before, after].map((n) => Math.round(n / mib)).join('->');
    const line = `gc ${gcs} @${(t / 1000).toFixed(3)}s 1%: 0+${ms.toFixed(2)}+0 ms clock, 0+0/${ms.toFixed(2)}/0+0 ms cpu, ${sizes} MB, ${Math.round(goal / mib)} MB goal, 0 MB stacks, 0 MB globals, 1 P${forced ? ' (forced)' : ''}`;
    lines.push({ k: 'gc', t, n: gcs, forced, line, heap0: before, heap1: before, live: after, goal, ms });
  };
  let used = 0;
  const moments = new Map([
    [Math.round(replayBeats * 0.38), 'first peak'],
    [Math.round(replayBeats * 0.53), 'first valley'],
    [Math.round(replayBeats * 0.88), 'second peak'],
    [replayBeats, 'replay ended'],
    [Math.round(replayBeats + 2500 / beatMs), 'after two collections'],
    [beats, 'end'],
  ]);
  for (let beat = 0; beat <= beats; beat++) {
    const t = beat * beatMs + Math.round(random() * 20) / 10;
    const idling = beat >= replayBeats;
    const next = Math.round(liveShare(Math.min(1, beat / replayBeats)) * peakPages);
    if (!idling) {
      const churn = Math.round((peakPages * 0.012 * beatMs) / 50);
      model.allocate(Math.max(0, next - live) + churn);
      used += churn;
      live = next;
      if (model.counts[3] * pageBytes >= goal * 0.98 || beat % Math.round(1900 / beatMs) === 0) {
        collect(t, false);
      }
    } else if (
      beat === replayBeats + Math.round(200 / beatMs) ||
      beat === replayBeats + Math.round(1200 / beatMs)
    ) {
      collect(t, true);
    }
    const retained = (goal * 1.1) / pageBytes;
    const excess = model.counts[1] + model.counts[3] - retained;
    if (excess > 0 && random() < 0.7) {
      const released = model.scavenge(
        Math.min(excess, Math.round((random() * 9 * mib * beatMs) / 50 / pageBytes)),
      );
      madv += Math.ceil(released / 8);
      madvB += released * pageBytes;
      pending += released * pageBytes;
      if (pending > 2 * mib) {
        const util = Math.round((100 * model.counts[3]) / (model.counts[3] + model.counts[1]));
        const now = Math.round((model.counts[2] * pageBytes) / 1024);
        const line = `scav ${Math.round(pending / 1024)} KiB work (bg), 0 KiB work (eager), ${now} KiB now, ${util}% util`;
        lines.push({ k: 'scav', t, kind: random() < 0.08 ? 'eager' : 'bg', bytes: pending, line });
        pending = 0;
      }
    }
    if (lazy && beat > beats * 0.9) {
      model.reclaim(0.02);
    }
    missed += random() < 0.003 ? 1 : 0;
    const rss = model.physical(model.resident);
    lines.push({
      k: 's',
      t,
      phase: idling ? 'idle' : 'replay',
      ops: Math.min(1920406, Math.round((1920406 * beat) / replayBeats)),
      inuse: model.counts[3] * pageBytes,
      free: model.counts[1] * pageBytes,
      released: model.counts[2] * pageBytes,
      sys: (model.counts[3] + model.counts[1] + model.counts[2] + model.counts[4]) * pageBytes + 3.2 * mib,
      alloc: Math.round(model.counts[3] * pageBytes * 0.93),
      goal,
      limit: 2 ** 63,
      rss,
      prss: rss + 58 * mib,
      ...(beat % 20 === 0 ? { lazy: model.physical(model.lazyPages), huge: 0 } : {}),
      minflt: 11000 + model.faults,
      majflt: 0,
      madv,
      madvB,
      madvNs: madv * 9400,
      gcs,
      vmas: 210 + (gcs % 7),
      cost: 300000 + Math.round(random() * 250000),
      missed,
    });
    const label = moments.get(beat);
    if (label !== undefined) {
      takeMap(t, label);
    }
  }
  if (options.cut !== true) {
    const last = lines.findLast((line) => line.k === 's') as Record<string, number>;
    lines.push({
      k: 'end',
      t: beats * beatMs,
      reason: 'done',
      ops: 1920406,
      seconds: replay,
      opsPerSec: Math.round(1920406 / replay),
      summary: {
        HeapSys: last.sys,
        HeapInuse: last.inuse,
        HeapIdle: last.free + last.released,
        HeapReleased: last.released,
        NumGC: gcs,
        NumForcedGC: 2,
        endRss: last.rss,
        churned: used,
      },
      trace: {
        lines: 1920409,
        allocs: 980001,
        frees: 930201,
        reallocs: 10204,
        unknownFrees: 0,
        liveReuse: 0,
        failedReallocs: 0,
        nilAllocs: 3,
      },
    });
  }
  return lines;
}
