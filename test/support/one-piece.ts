/**
 * Heaps whose memory is one range. Any mapping of the engine's may lie where a heap would grow next; then its memory has a gap, and
 * where an object comes to lie is another place than a test needs.
 */
import { expect } from 'vitest';

interface Made {
  ranges(): readonly unknown[];
  dispose(): void;
}

const mostHeaps = 8;

/**
 * Makes heaps until one is in one piece once it was filled. Those that are not are kept as long, so that the next one begins a TiB above.
 * @param fill allocates what is to be in one piece
 */
export function inOnePiece<T extends Made>(
  make: () => T,
  fill: (heap: T) => void,
): { readonly heap: T; readonly dispose: () => void } {
  const heaps: T[] = [];
  const dispose = (): void => {
    for (const each of heaps) each.dispose();
  };
  for (;;) {
    const heap = make();
    heaps.push(heap);
    try {
      fill(heap);
      if (heap.ranges().length === 1) return { heap, dispose };
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_OUT_OF_MEMORY') throw error;
    }
    expect(heaps.length).toBeLessThan(mostHeaps);
  }
}
