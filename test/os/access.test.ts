import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PageHeapError } from '../../lib/base/errors.ts';
import { GiB, KiB, MiB } from '../../lib/base/units.ts';
import { EFAULT, EPERM } from '../../lib/os/errno.ts';
import { maxViewBytes, Sys } from '../../lib/os/sys.ts';

const sys = new Sys();
const page = sys.physPageSize;
const length = 16 * page;
let at = 0;
beforeEach(() => {
  at = sys.alloc(length, 'heap');
});
afterEach(() => {
  sys.free(at, length, 'heap', 'ready');
});

describe('views', () => {
  test('two views of one address are one memory', () => {
    const a = new Uint8Array(sys.view(at, length));
    const b = new Float64Array(sys.view(at, length));
    b[3] = 1;
    expect(a.subarray(24, 32)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf0, 0x3f));
    a.fill(0);
    expect(b[3]).toBe(0);
  });

  test('a detached view has no bytes, the memory stays', () => {
    const buffer = sys.view(at, length);
    const bytes = new Uint8Array(buffer);
    bytes[0] = 9;
    expect(sys.detach(buffer)).toBe(true);
    expect([buffer.byteLength, bytes.length, bytes[0]]).toEqual([0, 0, undefined]);
    expect(sys.peek(at, 1)).toEqual(Uint8Array.of(9));
  });

  test('a view of 4 GiB over a reservation, of which a part is committed', () => {
    const big = sys.reserve(0, maxViewBytes);
    const words = new Uint32Array(sys.view(big, maxViewBytes));
    expect(words.length).toBe(GiB);
    sys.commit(big + maxViewBytes - MiB, MiB, 'other');
    words[GiB - 1] = 0xffffffff;
    expect(words[GiB - 1]).toBe(0xffffffff);
    sys.detach(words.buffer as ArrayBuffer);
    sys.free(big, maxViewBytes, 'other', 'reserved');
  });

  test('an engine that refuses is a typed error', () => {
    const refusing = new Sys({ addon: { ...sys.addon, view: () => null } });
    expect(() => refusing.view(at, length)).toThrow(PageHeapError);
  });
});

describe('zero, fill and copy', () => {
  test('touch their range and nothing beside it', () => {
    const bytes = new Uint8Array(sys.view(at, length));
    sys.fill(at, length, 0x1ab);
    expect(bytes.every((byte) => byte === 0xab)).toBe(true);
    sys.zero(at + 5, 7);
    expect([...bytes.subarray(4, 13)]).toEqual([0xab, 0, 0, 0, 0, 0, 0, 0, 0xab]);
  });

  test('copy lets ranges overlap, in both directions', () => {
    const bytes = new Uint8Array(sys.view(at, length));
    for (let i = 0; i < 10; i++) bytes[i] = i;
    sys.copy(at + 2, at, 6);
    expect([...bytes.subarray(0, 10)]).toEqual([0, 1, 0, 1, 2, 3, 4, 5, 8, 9]);
    sys.copy(at, at + 2, 6);
    expect([...bytes.subarray(0, 6)]).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('looks at memory that may be gone', () => {
  test('peek and poke of memory that is there', () => {
    expect(sys.poke(at + page - 2, Uint8Array.of(1, 2, 3, 4))).toBe(true);
    expect(sys.peek(at + page - 3, 6)).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 0));
    const out = new Uint8Array(2);
    expect(sys.peekInto(at + page, out)).toBe(true);
    expect(out).toEqual(Uint8Array.of(3, 4));
  });

  test('nothing where the range runs out of what is mapped', () => {
    const gone = sys.alloc(2 * page, 'heap');
    sys.free(gone + page, page, 'heap', 'ready');
    expect(sys.peek(gone, page)).toHaveLength(page);
    expect(sys.peek(gone, page + 1)).toBeUndefined();
    expect(sys.peek(gone + page, 1)).toBeUndefined();
    expect(sys.poke(gone + page - 1, Uint8Array.of(1, 1))).toBe(false);
    expect(sys.addon.peek(gone + page, new Uint8Array(8))).toBe(EFAULT);
    sys.free(gone, page, 'heap', 'ready');
    expect(sys.peekInto(gone, new Uint8Array(1))).toBe(false);
  });

  test('the way through a pipe answers the same', () => {
    const { addon } = sys;
    const text = Uint8Array.from({ length: 3 * page + 5 }, (_, i) => i % 251);
    expect(addon.pokeByPipe(at + 3, text)).toBe(0);
    const [byPipe, byKernel] = [new Uint8Array(text.length), new Uint8Array(text.length)];
    expect(addon.peekByPipe(at + 3, byPipe)).toBe(0);
    expect(byPipe).toEqual(text);
    const way = addon.peekByKernel(at + 3, byKernel);
    if (way === 0) expect(byKernel).toEqual(text);
    else expect(way).toBe(EPERM);

    sys.fault(at + page, page, 'heap');
    expect(addon.peekByPipe(at + page - 8, new Uint8Array(16))).toBe(EFAULT);
    expect(addon.pokeByPipe(at + page, Uint8Array.of(1))).toBe(EFAULT);
    expect(addon.peekByPipe(at + page - 8, new Uint8Array(8))).toBe(0);
    sys.map(at + page, page, 'heap');
    sys.used(at + page, page);
  });

  test('a whole large range', () => {
    const big = sys.alloc(8 * MiB, 'heap');
    sys.fill(big, 8 * MiB, 3);
    const out = sys.peek(big, 8 * MiB)!;
    expect(out.length).toBe(8192 * KiB);
    expect(out.every((byte) => byte === 3)).toBe(true);
    sys.free(big, 8 * MiB, 'heap', 'ready');
  });
});
