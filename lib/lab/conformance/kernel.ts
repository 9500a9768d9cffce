/**
 * The conformance suite's second half: a page heap at work in a whole heap, held against the kernel.
 *
 * A heap with this page heap allocates, writes, drops, collects and gives back. What it then says it gave back
 * must not be resident, and must read as zeros when it is next touched, under DONTNEED; under FREE it may still be
 * resident, but then as LazyFree. The heap checks itself at every step. Where the kernel shows no residency, the rest of
 * a check is made all the same, and the check is then skipped: what cannot be looked at is no fault of the page heap.
 */
import { Heap } from '../../api/heap.ts';
import { FatalError, PageHeapError } from '../../base/errors.ts';
import type { Generation } from '../../design/design.ts';
import { pageState } from '../../inspect/page-states.ts';
import { cpuCount } from '../../os/machine.ts';
import { Residency } from '../../os/residency.ts';
import type { PageHeapClass } from '../../pages/contract.ts';
import { type ConformanceCheck, makeCheck, skip } from './check.ts';
import { ConformanceError } from './steps.ts';

const mib = 2 ** 20;
const require = (holds: boolean, message: string): void => {
  if (!holds) throw new ConformanceError(message, []);
};

/** By how much LazyFree may be short: the kernel marks pages in batches of up to 31 a CPU. */
const lateBytes = (): number => 31 * 4096 * cpuCount();

/** Whether memory is one byte all over. */
const holds = (heap: Heap, at: number, size: number, byte: number): boolean =>
  Buffer.compare(heap.read(at, size), new Uint8Array(size).fill(byte)) === 0;

/** Fills a heap with runs of pages and frees most of them; the addresses that are kept, with their sizes. */
function churn(heap: Heap): [number, number][] {
  const held: [number, number][] = [];
  for (let i = 0; i < 240; i++) {
    const size = [8192, 40_960, 131_072, 262_144][i % 4] ?? 8192;
    const at = heap.malloc(size);
    heap.fill(at, size, 0xa5);
    held.push([at, size]);
  }
  const kept = held.filter((_, i) => i % 5 === 0);
  held.forEach(([at], i) => {
    if (i % 5 !== 0) heap.drop(at);
  });
  heap.gc();
  heap.check(3);
  return kept;
}

/** Bytes resident in pages that the heap says it gave back. */
function residentReleased(heap: Heap): number {
  const { origin, ranges, states } = heap.pageStates();
  const released: { base: number; bytes: number }[] = [];
  let at = 0;
  for (const [first, n] of ranges)
    for (let i = 0; i < n; i++, at++) {
      if (states[at] !== pageState.released) continue;
      const base = origin + (first + i) * 8192;
      const last = released.at(-1);
      if (last !== undefined && last.base + last.bytes === base) last.bytes += 8192;
      else released.push({ base, bytes: 8192 });
    }
  return new Residency().residentBytes(released);
}

/** Looks at memory, and judges it; answers why it cannot be looked at, where it cannot. */
function judged(look: () => void): string | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (!(error instanceof PageHeapError && error.code === 'ERR_SYSTEM')) throw error;
    return `the rest is kept; what is resident cannot be looked at here: ${error.message}`;
  }
}

function withHeap(
  pageHeap: Generation | PageHeapClass,
  advise: 'dontneed' | 'free',
  run: (heap: Heap) => void,
): void {
  const heap = new Heap({
    generation: 'radix',
    pageHeap,
    scavenger: 'none',
    advise,
    reach: 256 * mib,
    environment: false,
    disableHugePages: true,
    growthUnit: 4 * mib,
  });
  try {
    run(heap);
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    throw new ConformanceError(
      `the heap's own check does not agree with the page heap: ${error.message}`,
      [],
      {
        cause: error,
      },
    );
  } finally {
    heap.dispose();
  }
}

/** The checks against the kernel. */
export function kernelChecks(pageHeap: Generation | PageHeapClass): readonly ConformanceCheck[] {
  return [
    makeCheck('in a heap: what was given back is not resident, and is zero when it is touched again', () =>
      withHeap(pageHeap, 'dontneed', (heap) => {
        const kept = churn(heap);
        const released = heap.freeOSMemory();
        heap.check(3);
        require(released > 0, 'freeOSMemory released nothing although most of the heap is free');
        const unseen = judged(() => {
          const resident = residentReleased(heap);
          require(resident === 0, `${resident} bytes that were given back are resident`);
        });
        for (const [at, size] of kept) {
          require(holds(heap, at, size, 0xa5), 'an object that is alive was given back');
        }
        for (let i = 0; i < 100; i++) {
          const at = heap.malloc(65_536, true, true);
          require(holds(heap, at, 65_536, 0), 'memory that was asked to be zero is not');
          heap.fill(at, 65_536, 0x77);
        }
        heap.check(3);
        if (unseen !== undefined) skip(unseen);
      }),
    ),
    makeCheck(
      'in a heap: under MADV_FREE what was given back counts as LazyFree or is gone, and comes zeroed if asked for',
      () =>
        withHeap(pageHeap, 'free', (heap) => {
          churn(heap);
          const released = heap.freeOSMemory();
          heap.check(3);
          require(released > 0, 'freeOSMemory released nothing although most of the heap is free');
          const unseen = judged(() => {
            const resident = residentReleased(heap);
            const { lazyFree } = new Residency().mappedUse(heap.ranges());
            // A kernel without MADV_FREE: the heap gave back with DONTNEED, as the other check asks.
            const refused = heap.fallbacks().some((what) => what.startsWith('MADV_FREE'));
            require(refused
              ? resident === 0
              : lazyFree + lateBytes() >=
                  resident, `${resident} bytes that were given back are resident, and only ${lazyFree} of the heap are LazyFree`);
          });
          for (let i = 0; i < 100; i++) {
            const at = heap.malloc(65_536, true, true);
            require(holds(heap, at, 65_536, 0), 'memory that was asked to be zero is not');
            heap.fill(at, 65_536, 0x77);
          }
          heap.check(3);
          if (unseen !== undefined) skip(unseen);
        }),
    ),
  ];
}
