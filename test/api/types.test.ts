/** Types and their fields: reading, writing, and what is refused. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { StructSpec } from '../../lib/api/heap-type.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach: 2 ** 30, liveness: 'tracing', ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const fields = { left: 'pointer', right: 'pointer', key: 'f64' } as const;

describe('types', () => {
  test('read and write every kind of field', () => {
    const heap = heapOf();
    const point = heap.type({ x: 'f32', y: 'f32' });
    const all = heap.type({
      p: 'pointer',
      u8: 'u8',
      i8: 'i8',
      u16: 'u16',
      i16: 'i16',
      u32: 'u32',
      i32: 'i32',
      f32: 'f32',
      f64: 'f64',
      u64: 'u64',
      i64: 'i64',
      pair: { a: 'u32', b: 'u32' },
      items: ['pointer', 8],
      points: [point, 3],
      grid: [['i16', 4], 2],
    });
    const at = heap.root(heap.new(all)).address;
    for (const [field, value, read] of [
      [all.u8, 300, 44],
      [all.i8, 200, -56],
      [all.u16, -1, 65535],
      [all.i16, 40000, -25536],
      [all.u32, -1, 2 ** 32 - 1],
      [all.i32, 2 ** 31, -(2 ** 31)],
      [all.f32, 0.1, Math.fround(0.1)],
      [all.f64, Math.PI, Math.PI],
      [all.p, at + 5, at + 5],
      [all.pair.a, 7, 7],
      [all.pair.b, 8, 8],
      [all.items.at(3), at, at],
      [all.points.at(2).y, 1.5, 1.5],
      [all.grid.at(1).at(3), -5, -5],
    ] as const) {
      expect(field.get(at)).toBe(0);
      field.set(at, value);
      expect(field.get(at)).toBe(read);
    }
    all.u64.set(at, 2n ** 64n - 1n);
    all.i64.set(at, -5n);
    expect([all.u64.get(at), all.i64.get(at)]).toEqual([2n ** 64n - 1n, -5n]);
    expect(codeOf(() => all.u64.set(at, 5 as never))).toBe('ERR_INVALID_ARGUMENT');
    all.items.set(at, 7, at + 8);
    expect([all.items.get(at, 7), all.items.get(at, 3), all.items.length]).toEqual([at + 8, at, 8]);
    for (const i of [8, -1, 0.5, Number.NaN, undefined as never])
      for (const use of [() => all.items.get(at, i), () => all.items.set(at, i, 0), () => all.items.at(i)])
        expect([i, codeOf(use)]).toEqual([i, 'ERR_OUT_OF_RANGE']);
    expect(all.layout.size % 8).toBe(0);
    expect(all.layout.pointerWords).toEqual([
      0,
      ...Array.from({ length: 8 }, (_, i) => all.items.offset / 8 + i),
    ]);
    expect(all.layout.pointerBytes).toBe(all.items.offset + 64);
    expect([all, all.layout, all.pair, all.points].every(Object.isFrozen)).toBe(true);
  });

  test('say what is wrong with an address, a declaration or another heap’s type', () => {
    const heap = heapOf();
    const node = heap.type(fields);
    const other = heapOf();
    for (const addr of [0, -8, Number.NaN, undefined, 2 ** 60, '5', null] as number[]) {
      expect([addr, codeOf(() => node.key.get(addr))]).toEqual([addr, 'ERR_INVALID_ADDRESS']);
      expect([addr, codeOf(() => node.left.get(addr))]).toEqual([addr, 'ERR_INVALID_ADDRESS']);
      expect([addr, codeOf(() => node.key.set(addr, 1))]).toEqual([addr, 'ERR_INVALID_ADDRESS']);
      expect([addr, codeOf(() => node.left.set(addr, 0))]).toEqual([addr, 'ERR_INVALID_ADDRESS']);
    }
    const at = heap.new(node);
    for (const value of [-1, Number.NaN, undefined, Infinity, 1e300, 1.5, '8', null] as number[])
      expect([value, codeOf(() => node.left.set(at, value))]).toEqual([value, 'ERR_INVALID_ADDRESS']);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const given of [
      5,
      null,
      'u8',
      ['u8', 3],
      { x: 'u9' },
      { x: ['u8'] },
      { x: ['u8', -1] },
      { x: ['u8', 1.5] },
      { x: [['u8', 2 ** 30], 2 ** 30] },
      { x: null },
      { layout: 'u8' },
      circular,
    ])
      expect([given === circular, codeOf(() => heap.type(given as never))]).toEqual([
        given === circular,
        'ERR_INVALID_ARGUMENT',
      ]);
    for (const type of [undefined, 5, {}, other.type(fields)] as never[]) {
      expect(codeOf(() => heap.new(type))).toBe('ERR_INVALID_ARGUMENT');
      expect(codeOf(() => heap.newArray(type, 1))).toBe('ERR_INVALID_ARGUMENT');
    }
    for (const n of [-1, 0.5, Number.NaN, 2 ** 50, Number.POSITIVE_INFINITY, '3' as never])
      expect([n, codeOf(() => heap.newArray(node, n))]).toEqual([n, 'ERR_INVALID_SIZE']);
    expect(codeOf(() => heap.newArray(node, 2 ** 42))).toBe('ERR_OUT_OF_MEMORY');
    expect(heap.newArray(node, 0)).toBe(heap.malloc(0));
    expect(heap.new(heap.type({}))).toBe(heap.malloc(0));
    heap.dispose();
    for (const use of [
      () => node.key.get(at),
      () => node.left.set(at, 0),
      () => heap.new(node),
      () => heap.type({}),
    ])
      expect(codeOf(use)).toBe('ERR_DISPOSED');
  });

  test('serve where liveness is explicit, too; roots do not, and drops not where it is not', () => {
    const heap = heapOf({ liveness: 'explicit' });
    const node = heap.type(fields);
    const at = heap.new(node);
    node.left.set(at, heap.newArray(node, 3));
    heap.gc();
    expect(node.left.get(at)).toBeGreaterThan(0);
    heap.drop(node.left.get(at));
    heap.drop(at);
    for (const use of [
      () => heap.root(at),
      () => heap.global('x'),
      () => heap.own({}, at),
      () => heap.newStack(8),
      () => heap.scope((scope) => scope.keep(at)),
    ])
      expect(codeOf(use)).toBe('ERR_WRONG_LIVENESS');
    heap.gc();
    expect(heap.readMemStats().HeapObjects).toBe(0);
    expect(heap.readMemStats().StackInuse).toBe(0);
    const traced = heapOf();
    expect(codeOf(() => traced.drop(traced.malloc(8)))).toBe('ERR_WRONG_LIVENESS');
  });

  test.each<[HeapOptions, RegExp]>([
    [{ liveness: 'tracing', triggerRatio: 0.7 }, /triggerRatio/],
    [{ pointerBits: 'bits' }, /pointerBits: .* needs the liveness 'tracing'/],
    [{ markOrder: 'spans' }, /markOrder/],
    [{ liveness: 'none' as never }, /liveness: must be one of explicit, tracing/],
  ])('do not go with %j', (options, message) => {
    expect(() => new Heap({ environment: false, ...options })).toThrow(message);
  });
});

test('a type lists its first pointers, however far from its beginning they are', () => {
  const heap = new Heap({ environment: false, reach: 2 ** 28 });
  onTestFinished(() => heap.dispose());
  const wordsOf = (fields: StructSpec): readonly number[] => heap.type(fields).layout.pointerWords;
  expect(wordsOf({ page: ['u8', 40_000], next: 'pointer' })).toEqual([5000]);
  expect(wordsOf({ far: ['u8', 2 ** 45], next: 'pointer' })).toEqual([2 ** 42]);
  expect(wordsOf({ few: ['pointer', 3], gap: ['f64', 50], more: ['pointer', 2] })).toEqual([0, 1, 2, 53, 54]);
  const many = wordsOf({ gap: ['f64', 5], all: ['pointer', 100_000] });
  expect([many.length, many[0], many.at(-1)]).toEqual([4096, 5, 4100]);
  expect(
    wordsOf({ rows: [{ gap: ['u8', 2 ** 30], one: 'pointer' }, 1000] }).every(
      (word, i) => word === (i + 1) * (2 ** 27 + 1) - 1,
    ),
  ).toBe(true);
});
