import { describe, expect, onTestFinished, test } from 'vitest';
import { type Address, GiB, MiB, pageSize } from '../../lib/base/units.ts';
import { Sys } from '../../lib/os/sys.ts';
import {
  ObjectMemory,
  pageDoublesShift,
  pageWordsShift,
  windowPageMask,
  windowPagesShift,
} from '../../lib/spans/object-memory.ts';

const windowPages = (4 * GiB) / pageSize;
const reach = 4 * GiB + 64 * MiB;

/** A heap's address space with memory for the last and the first pages of two neighbouring windows. */
function make(): { sys: Sys; memory: ObjectMemory; origin: Address; addressOf: (page: number) => number } {
  const sys = new Sys();
  const origin = sys.reserve(0, reach);
  const addressOf = (page: number): number => origin + page * pageSize;
  for (const [page, n] of [
    [0, 2],
    [windowPages - 2, 4],
  ] as const) {
    sys.map(addressOf(page), n * pageSize, 'heap');
    sys.used(addressOf(page), n * pageSize);
  }
  const memory = new ObjectMemory(sys, origin, reach);
  onTestFinished(() => {
    memory.detach();
    sys.free(origin, reach, 'heap', 'reserved');
  });
  return { sys, memory, origin, addressOf };
}

const pages = [0, 1, windowPages - 2, windowPages - 1, windowPages, windowPages + 1];

describe('windows', () => {
  test('show the page’s memory, as doubles, words and bytes', () => {
    const { sys, memory, addressOf } = make();
    for (const page of pages) {
      const inWindow = page & windowPageMask;
      sys.poke(addressOf(page) + 16, new Uint8Array([0, 0, 0, 0, 0, 0, 0x04, 0x40])); // 2.5
      expect(memory.window(page)[(inWindow << pageDoublesShift) + 2]).toBe(2.5);
      expect(memory.words(page)[(inWindow << pageWordsShift) + 5]).toBe(0x40040000);
      expect(memory.bytes(page)[inWindow * pageSize + 23]).toBe(0x40);
      memory.bytes(page)[inWindow * pageSize + 8191] = page & 255;
      expect(sys.peek(addressOf(page) + 8191, 1)![0]).toBe(page & 255);
    }
  });

  test('are made once, span 4 GiB, and the last one ends with the reach', () => {
    const { memory } = make();
    // Compared here: a matcher would read the views, and there is not memory behind all of them.
    const same = [
      memory.window(0) === memory.window(windowPages - 1),
      memory.words(1) === memory.words(0),
      memory.bytes(1) === memory.bytes(0),
      memory.words(0).buffer === memory.window(0).buffer,
      memory.bytes(0).buffer === memory.window(0).buffer,
      memory.window(windowPages) !== memory.window(0),
    ];
    expect(same).toEqual(Array(6).fill(true));
    expect([memory.bytes(0).length, memory.bytes(windowPages).length]).toEqual([4 * GiB, 64 * MiB]);
    expect(2 ** windowPagesShift).toBe(windowPages);
  });

  test('are empty once detached, and made anew when asked for', () => {
    const { memory } = make();
    const views = [memory.window(0), memory.words(0), memory.bytes(0), memory.window(windowPages)];
    views[0][5] = 1;
    memory.detach();
    expect(views.map(({ length }) => length)).toEqual([0, 0, 0, 0]);
    expect([memory.window(0)[5], memory.words(0).length, memory.bytes(0).length]).toEqual([1, GiB, 4 * GiB]);
  });
});

describe.each(['zeroing', 'filling with words'] as const)('%s', (how) => {
  test.each<[string, number, number, number]>([
    ['a whole page', 0, 0, pageSize],
    ['a part of one', 1, 24, 8],
    ['pages at a window’s start', windowPages, 0, 2 * pageSize],
    ['the last bytes of a window', windowPages - 2, pageSize, pageSize],
    ['across two windows', windowPages - 1, pageSize - 16, 32],
    ['across two windows, from further below', windowPages - 2, 0, 4 * pageSize],
    ['in the next window, counted from a page of this one', windowPages - 1, pageSize + 8, 64],
  ])('%s, and nothing beside it', (_what, page, offset, size) => {
    const { sys, memory, addressOf } = make();
    const mapped: readonly [low: number, length: number][] = [
      [addressOf(0), 2 * pageSize],
      [addressOf(windowPages - 2), 4 * pageSize],
    ];
    for (const [low, length] of mapped) sys.fill(low, length, 0xa5);
    const word = how === 'zeroing' ? 0 : 0xdeadbeef;
    if (how === 'zeroing') memory.zero(page, offset, size);
    else memory.fillWords(page, offset, size, word);
    const from = addressOf(page) + offset;
    for (const [low, length] of mapped) {
      const wrong = sys.peek(low, length)!.findIndex((byte, i) => {
        const inside = low + i >= from && low + i < from + size;
        return byte !== (inside ? (word >>> ((i % 4) * 8)) & 255 : 0xa5);
      });
      expect(wrong).toBe(-1);
    }
  });
});
