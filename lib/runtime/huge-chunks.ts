/**
 * What the heap asks of the kernel for its chunks as huge pages, as Go 1.21 did before it left all of it to the kernel.
 *
 *                fresh memory   first page taken   dense again      as in
 *     none       –              –                  –                Go 1.21.4 and later
 *     hugepage   HUGEPAGE       NOHUGEPAGE         HUGEPAGE         Go 1.21.0
 *     collapse   –              –                  COLLAPSE         Go 1.21.1 to 1.21.3
 *
 * A chunk is 4 MiB, two huge pages of x86-64. One that is allocated whole is not collapsed: it is likely to be part of a
 * larger allocation, all of which would be faulted in at once.
 *
 * Advice is given while the heap's lock is held, if there is one: that is the stall that people met.
 *
 * Not here: when a chunk is broken or dense (pages/radix/huge-chunks.ts), the hints of 2019 (os/huge-page-hints.ts).
 */
import { chunkBytes, chunkPages, pageIndex } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { HugeChunks } from '../pages/radix/huge-chunks.ts';
import type { HeapMemory } from './heap-memory.ts';

/** Undefined where nothing is asked for. */
export function hugeChunksOf({ options, sys }: HeapMemory, { arenas }: HeapState): HugeChunks | undefined {
  const { hugePageAdvice } = options;
  if (hugePageAdvice === 'none') return undefined;
  const addressOf = (chunk: number): number => arenas.addressOf(pageIndex(chunk * chunkPages));
  if (hugePageAdvice === 'hugepage')
    return {
      broken: (chunk) => void sys.noHugePage(addressOf(chunk), chunkBytes),
      dense: (chunk) => void sys.hugePage(addressOf(chunk), chunkBytes),
    };
  return {
    broken: () => undefined,
    dense: (chunk, whole) => {
      if (!whole) sys.hugePageCollapse(addressOf(chunk), chunkBytes);
    },
  };
}
