/** Memory of user arenas: which of its words are pointers, and that it is zero where the system has not taken it back. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { Sys } from '../../lib/os/sys.ts';

const MiB = 2 ** 20;

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({
    ...{ environment: false, reach: 64 * MiB, liveness: 'tracing', gcPercent: -1 },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  return heap;
}

/** A system that takes no memory back while it is told to. */
class GreedySys extends Sys {
  keeps = false;

  override faultIfRoom(...given: Parameters<Sys['faultIfRoom']>): boolean {
    return !this.keeps && super.faultIfRoom(...given);
  }

  override unused(addr: number, length: number): boolean {
    return !this.keeps && super.unused(addr, length);
  }
}

// Guards that a chunk which the system did not take back is zeroed when it is used again, all of it.
test.each(['tracing', 'explicit'] as const)(
  'a chunk that stayed is zero when it is used again, %s',
  (liveness) => {
    const sys = new GreedySys();
    const heap = heapOf({ liveness, sys } as HeapOptions);
    const { state, chunkBytes } = runtimeOf(heap).alloc.userArenas!.chunks.space;
    const piece = chunkBytes / 4;
    const fill = (): number[] => {
      const arena = heap.newArena();
      onTestFinished(() => void arena[Symbol.dispose]());
      const taken = Array.from({ length: 4 }, () => arena.malloc(piece));
      for (const at of taken) {
        const bytes = heap.view(at, piece);
        expect(bytes.indexOf(1)).toBe(-1);
        expect(new Float64Array(bytes.buffer, bytes.byteOffset, piece / 8).every((word) => word === 0)).toBe(
          true,
        );
        bytes.fill(1);
      }
      sys.keeps = true;
      arena.free();
      sys.keeps = false;
      return taken;
    };
    const first = fill();
    expect(state.dirty[0]).toBe(chunkBytes);
    heap.gc();
    heap.check(3);
    expect(fill()).toEqual(first);
    heap.gc();
    heap.check(3);
  },
);

describe('the last word of an object of an arena', () => {
  // Guards the border between a single write of pointer bits, of up to 32 words, and writes of 32 at a time.
  test.each([1, 2, 31, 32, 33, 34, 63, 64, 65, 97])('is a pointer, of %d words', (words) => {
    const heap = heapOf();
    const type = heap.type({ gap: ['f64', words - 1], to: 'pointer' });
    const wide = heap.type({ all: ['pointer', words] });
    const arena = heap.newArena();
    onTestFinished(() => arena.free());
    const targets = Array.from({ length: 5 }, () => heap.malloc(48, true));
    const [a, b, c] = [arena.new(type), arena.new(wide), arena.malloc(words * 8, false)];
    type.to.set(a, targets[0]!);
    wide.all.set(b, 0, targets[1]!);
    wide.all.set(b, words - 1, targets[2]!);
    const word = new Uint8Array(new BigUint64Array([BigInt(targets[3]!)]).buffer);
    heap.write(c + words * 8 - 8, word);
    // A number is not one.
    if (words > 1)
      heap.write(a + words * 8 - 16, new Uint8Array(new BigUint64Array([BigInt(targets[4]!)]).buffer));
    heap.malloc(0);
    heap.gc();
    heap.check(3);
    const expected = [0, words > 1 ? 1 : 2, 2, 3];
    for (const i of expected) expect(heap.findObject(targets[i]!)?.base).toBe(targets[i]);
    expect(heap.findObject(targets[4]!)).toBeUndefined();
  });
});
