/** What a heap's own accounts show: the scavenger's goal under a memory limit, names of mappings, metadata. */
import { MiB, pageSize } from '../../../base/units.ts';
import { Heap, ManualClock } from '../../../index.ts';
import { readSystemText } from '../../../os/system-text.ts';
import type { Measurement } from './measurement.ts';

export interface LimitGoal {
  readonly label: string;
  /** Seconds by the heap's clock, and bytes that are ready. */
  readonly points: readonly (readonly [number, number])[];
  readonly limit: number;
  readonly goal: number;
}

/** A heap slightly above its limit, with free memory that the goal of GOGC would keep; a minute of idleness by its own clock. */
export const limitGoals: Measurement<{ seconds: number }, LimitGoal[]> = {
  name: 'limit-goals',
  measure: ({ seconds }) =>
    [false, true].map((historicalScavengeGoal) => {
      const clock = new ManualClock(1e9);
      using heap = new Heap({
        ...{
          clock,
          historicalScavengeGoal,
          collect: false,
          gcPercent: -1,
          environment: false,
          reach: '256MiB',
        },
      });
      const objects = Array.from({ length: 8192 }, () => heap.malloc(pageSize, true, false));
      objects.forEach((at, i) => {
        if (i % 16 === 0) heap.drop(at);
      });
      heap.gc();
      const limit = 64 * MiB;
      heap.setMemoryLimit(limit);
      heap.gc();
      const begin = clock.now();
      const points: [number, number][] = [];
      for (;;) {
        const t = (clock.now() - begin) / 1e9;
        points.push([t, heap.sample().mappedReady]);
        if (t >= seconds) break;
        const next = heap.step();
        clock.advance(Math.min(next, seconds * 1e9 - (clock.now() - begin)) || 1e6);
      }
      return {
        label: historicalScavengeGoal ? 'as in Go 1.19 to 1.21' : 'as here',
        points: thinned(points),
        limit,
        goal: 0.95 * limit,
      };
    }),
};

/** Some hundred of many points, the last among them. */
function thinned<T>(points: readonly T[]): T[] {
  const step = Math.ceil(points.length / 200);
  return points.filter((_, i) => i % step === 0 || i === points.length - 1);
}

export interface MappingNames {
  readonly heapBytes: number;
  /** Of these in mappings of the heap's name. */
  readonly named: number;
  readonly fallbacks: readonly string[];
  /** Whether the heap works afterwards. */
  readonly works: boolean;
}

/** Bytes of the mappings within ranges that have a name; undefined where maps cannot be read. */
function namedBytes(ranges: readonly { readonly base: number; readonly bytes: number }[]): number {
  let sum = 0;
  for (const line of (readSystemText('/proc/self/maps') ?? '').split('\n')) {
    const found = /^([0-9a-f]+)-([0-9a-f]+) .*\[anon: ?pageheap/.exec(line);
    if (found === null) continue;
    const [from, to] = [Number.parseInt(found[1], 16), Number.parseInt(found[2], 16)];
    for (const { base, bytes } of ranges)
      sum += Math.max(0, Math.min(to, base + bytes) - Math.max(from, base));
  }
  return sum;
}

export const mappingNames: Measurement<{ mib: number }, MappingNames> = {
  name: 'mapping-names',
  measure({ mib }) {
    using heap = new Heap({ collect: false, environment: false, reach: '256MiB', nameMappings: true });
    for (let i = 0; i < mib; i++) heap.malloc(MiB, true, false);
    const heapBytes = heap.ranges().reduce((sum, { bytes }) => sum + bytes, 0);
    const named = namedBytes(heap.ranges());
    const again = heap.malloc(8 * MiB, true, false);
    return { heapBytes, named, fallbacks: heap.fallbacks(), works: heap.sizeOf(again) === 8 * MiB };
  },
};

export interface Metadata {
  readonly label: string;
  readonly metadata: number;
  readonly heapInUse: number;
}

export const metadata: Measurement<{ objects: number; size: number }, Metadata[]> = {
  name: 'metadata',
  measure({ objects, size }) {
    using heap = new Heap({ collect: false, environment: false, reach: '1GiB' });
    const rows: Metadata[] = [];
    const row = (label: string): void => {
      const s = heap.readMemStats();
      rows.push({ label, metadata: s.MSpanSys + s.MCacheSys + s.GCSys + s.OtherSys, heapInUse: s.HeapInuse });
    };
    row('empty');
    for (let round = 1; round <= 6; round++) {
      const made = Array.from({ length: objects }, () => heap.malloc(size));
      if (round === 1) row('filled');
      for (const at of made) heap.drop(at);
      heap.freeOSMemory();
      row(round === 1 ? 'all freed' : `filled and freed ${round} times`);
    }
    return rows;
  },
};
