import { expect, it } from 'vitest';
import { roundUpSizeBy, sizeClassTablesByName } from '../../../lib/alloc/size-classes.ts';
import { alignedSize } from '../../../lib/lab/run/aligned-size.ts';

const heap = { roundUpSize: (size: number) => roundUpSizeBy(sizeClassTablesByName['go1.21'], size) };

it.each([
  [600, 4096, 4096],
  [5000, 4096, 8192],
  [200, 64, 256],
  [0, 64, 64],
  [40_000, 8192, 40_960],
  [600, 16_384, 600],
])('%d bytes at multiples of %d are %d', (size, alignment, asked) => {
  expect(alignedSize(size, alignment, heap)).toBe(asked);
});

it('has a size class that is a multiple of the alignment, whatever the size', () => {
  for (let alignment = 16; alignment <= 8192; alignment *= 2) {
    for (let size = 0; size < 70_000; size += 1 + (size >> 4)) {
      const asked = alignedSize(size, alignment, heap);
      expect(heap.roundUpSize(asked) % alignment).toBe(0);
      expect(asked).toBeGreaterThanOrEqual(size);
      expect(asked).toBeLessThanOrEqual(4 * Math.max(size, alignment));
    }
  }
});
