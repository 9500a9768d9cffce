/** GODEBUG=sbrk=1: objects from a pointer that only moves on. Nothing is freed, and the heap knows nothing of them. */
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import FirstFit from '../../examples/first-fit.mjs';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { Processors } from '../../lib/api/processors.ts';
import { generations } from '../../lib/design/design.ts';
import { type HeapOptions, resolveOptions } from '../../lib/design/options.ts';
import { Sys } from '../../lib/os/sys.ts';
import type { PageHeapClass } from '../../lib/pages/contract.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';
import { Random } from '../support/random.ts';

const KiB = 1024;
const chunk = 256 * KiB;
/** Bytes of large objects come in whole pages. */
const page = 8 * KiB;
const reach = 2 ** 28;

const heaps: Heap[] = [];
afterEach(() => {
  for (const heap of heaps.splice(0).reverse()) heap.dispose();
});

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach, sbrk: true, ...options });
  heaps.push(heap);
  return heap;
}

describe.each(generations)('sbrk, %s', (generation) => {
  test('objects of all sizes: apart, aligned, zero, and theirs alone', () => {
    const heap = heapOf({ generation, debug: true });
    const random = new Random(7);
    const objects: { at: number; size: number; fill: number }[] = [];
    for (let i = 0; i < 400; i++) {
      const size = 1 + random.below(i % 20 === 0 ? 600_000 : 3000);
      const at = heap.malloc(size, i % 2 === 0);
      expect(at % 16).toBe(0);
      if (size < 4000) expect(isAll(heap.read(at, size), 0)).toBe(true);
      heap.fill(at, size, i);
      objects.push({ at, size, fill: i & 255 });
    }
    objects.sort((a, b) => a.at - b.at);
    objects.forEach(({ at, size }, i) => {
      if (i > 0) expect(at).toBeGreaterThanOrEqual(objects[i - 1]!.at + objects[i - 1]!.size);
      expect(heap.findObject(at)).toBeUndefined();
      expect(heap.sizeOf(at + size - 1)).toBe(0);
    });
    heap.check(3);
    for (const { at, size, fill } of objects) {
      expect([heap.view(at, size)[size - 1], heap.read(at, 1)[0]]).toEqual([fill, fill]);
    }
    // None of its bytes is the heap's.
    const ranges = heap.ranges();
    for (const { at, size } of objects)
      expect(ranges.some(({ base, bytes }) => at >= base && at + size <= base + bytes)).toBe(true);
    expect(heap.sample().heapInuse).toBe(0);
  });

  test('nothing behind an object is its own: a request gets what it asks for', () => {
    const heap = heapOf({ generation });
    for (const n of [1, 8, 9, 33, 1000, 32_769]) expect(heap.roundUpSize(n)).toBe(n);
    const [first, next] = [heap.malloc(33), heap.malloc(33)];
    expect(next - first).toBe(48);
  });

  test('only OtherSys counts them, by chunks and blocks', () => {
    const heap = heapOf({ generation });
    const before = heap.readMemStats();
    heap.malloc(1);
    const one = heap.readMemStats();
    expect(one.OtherSys - before.OtherSys).toBe(chunk);
    // A chunk's first word is left out, so the first object is at 16; the rest goes to 16 bytes each.
    for (let i = 2; i < chunk / 16; i++) heap.malloc(16);
    expect(heap.readMemStats().OtherSys - before.OtherSys).toBe(chunk);
    heap.malloc(16);
    expect(heap.readMemStats().OtherSys - before.OtherSys).toBe(2 * chunk);
    heap.malloc(64 * KiB - 1);
    expect(heap.readMemStats().OtherSys - before.OtherSys).toBe(2 * chunk);
    heap.malloc(64 * KiB);
    heap.malloc(100_001);
    const after = heap.readMemStats();
    expect(after.OtherSys - before.OtherSys).toBe(2 * chunk + 64 * KiB + Math.ceil(100_001 / page) * page);
    const same = ({
      Mallocs,
      Frees,
      HeapAlloc,
      HeapInuse,
      HeapSys,
      HeapObjects,
      TotalAlloc,
    }: typeof after) => ({
      ...{ Mallocs, Frees, HeapAlloc, HeapInuse, HeapSys, HeapObjects, TotalAlloc },
    });
    expect(same(after)).toEqual(same(before));
    expect(after.Sys - before.Sys - (after.GCSys - before.GCSys)).toBe(after.OtherSys - before.OtherSys);
    heap.check(3);
  });

  test('nothing collects by itself, and a collection finds nothing', () => {
    const heap = heapOf({ generation, gcPercent: 1 });
    for (let i = 0; i < 200; i++) heap.drop(heap.malloc(100_000));
    heap.step();
    expect(heap.readMemStats().NumGC).toBe(0);
    const at = heap.malloc(100);
    heap.fill(at, 100, 9);
    heap.gc();
    heap.freeOSMemory();
    expect(heap.readMemStats().NumGC).toBe(2);
    expect(isAll(heap.read(at, 100), 9)).toBe(true);
    heap.check(3);
  });

  test('types: fields, arrays, and the alignment of their sizes', () => {
    const heap = heapOf({ generation });
    const node = heap.type({ next: 'pointer', key: 'f64', flag: 'u8' });
    let list = 0;
    for (let i = 0; i < 1000; i++) {
      const at = heap.new(node);
      expect(at % 8).toBe(0);
      node.next.set(at, list);
      node.key.set(at, i);
      list = at;
    }
    const odd = heap.type({ a: 'u8', b: 'u8', c: 'u8' });
    const [first, second] = [heap.new(odd), heap.new(odd)];
    expect(second - first).toBe(3);
    const many = heap.newArray(node, 10_000);
    node.key.set(many + 9_999 * node.layout.size, 5);
    expect(node.key.get(many + 9_999 * node.layout.size)).toBe(5);
    let n = 0;
    for (let at = list; at !== 0; at = node.next.get(at)) expect(node.key.get(at)).toBe(999 - n++);
    expect(n).toBe(1000);
    heap.check(3);
  });

  test('stacks come from the page heap as ever', () => {
    const heap = heapOf({ generation });
    const stack = heap.allocStack(32 * KiB);
    heap.fill(stack, 32 * KiB, 1);
    heap.malloc(10);
    heap.freeStack(stack);
    heap.gc();
    heap.check(3);
  });
});

test('what is said of single objects has no effect; what is wrong is still refused', () => {
  const heap = heapOf();
  const at = heap.malloc(24);
  heap.setFinalizer(at, () => expect.fail('it never dies'));
  heap.setFinalizer(at, () => expect.fail('it never dies'));
  heap.setFinalizer(at, null);
  heap.addCleanup(at, () => expect.fail('it never dies'), 1).stop();
  const weak = heap.weak(at);
  expect(heap.weak(at)).toBe(weak);
  heap.pin(at);
  expect(heap.pins(at)).toBe(0);
  heap.unpin(at);
  heap.drop(at);
  heap.drop(at);
  heap.dropAll([at, at + 8, heap.malloc(0)]);
  expect(heap.willSurvive(at)).toEqual([true]);
  heap.gc();
  expect(heap.runFinalizers()).toBe(0);
  expect(weak.get()).toBe(at);
  weak.dispose();
  expect(weak.get()).toBe(0);
  expect(runtimeOf(heap).special.specials.live).toBe(0);
  const stack = heap.allocStack(2048);
  for (const wrong of [stack, 4096, at + chunk, Number.NaN, heap.ranges()[0]!.base])
    for (const call of [
      () => heap.drop(wrong),
      () => heap.dropAll([at, wrong]),
      () => heap.setFinalizer(wrong, () => {}),
      () => heap.weak(wrong),
      () => heap.pin(wrong),
    ])
      expect(codeOf(call)).toMatch(/^ERR_(INVALID_ADDRESS|NOT_ALLOCATED)$/);
  expect(() => heap.dropAll([at, 4096])).toThrow(/address 1 of the batch/);
  heap.check(3);
});

test('reading and writing end where what was handed out ends', () => {
  const heap = heapOf();
  const at = heap.malloc(100);
  const large = heap.malloc(70_000);
  for (const [from, length] of [
    [at, 101],
    [large, 70_001],
    [large + 69_999, 2],
  ] as const)
    for (const call of [
      () => heap.read(from, length),
      () => heap.view(from, length),
      () => heap.fill(from, length, 1),
      () => heap.write(from, new Uint8Array(length)),
      () => heap.copy(from, at, length),
    ])
      expect(codeOf(call)).toBe('ERR_OUT_OF_RANGE');
  expect(codeOf(() => heap.read(at + 128, 1))).toBe('ERR_INVALID_ADDRESS');
  heap.write(large + 69_990, new Uint8Array(10).fill(3));
  heap.copy(at, large + 69_990, 10);
  expect(isAll(heap.read(at, 10), 3)).toBe(true);
  const view = heap.view(at, 100);
  heap.malloc(50);
  view[0] = 8;
  expect(heap.view(at, 1)[0]).toBe(8);
  heap.dispose();
  expect(view.length).toBe(0);
});

test.each([2 ** 26, 2 ** 27, reach])(
  'a reach of %i bytes is used up, and then there is no memory',
  (small) => {
    const heap = heapOf({ reach: small });
    const objects: number[] = [];
    const take = (size: number): void => {
      for (;;) {
        try {
          objects.push(heap.malloc(size));
        } catch (error) {
          expect((error as { code: string }).code).toBe('ERR_OUT_OF_MEMORY');
          return;
        }
      }
    };
    take(2 ** 25);
    take(300 * KiB);
    take(30 * KiB);
    expect(() => heap.malloc(2 ** 40)).toThrow(
      expect.objectContaining({
        code: 'ERR_OUT_OF_MEMORY',
        message: `no memory for an object of ${2 ** 40} bytes: the heap's reach of ${small / 2 ** 20} MiB has no room for it`,
      }),
    );
    const bytes = heap.readMemStats().OtherSys;
    // Nearly all of it; some of the page heap's first arena may be in its hands.
    expect(bytes).toBeGreaterThan(small * 0.9);
    expect(new Set(objects).size).toBe(objects.length);
    for (const at of objects) heap.fill(at, 8, 1);
    heap.gc();
    heap.check(3);
  },
);

test('user arenas and objects of bump memory do not meet, whatever the reach', () => {
  for (const small of [2 ** 26, 2 ** 27]) {
    const heap = heapOf({ reach: small });
    const taken: [number, number][] = [];
    const arena = heap.newArena();
    for (let i = 0; i < 8; i++) {
      const size = 200 * KiB;
      taken.push([heap.malloc(size), size], [arena.malloc(size), size]);
      const stack = heap.allocStack(size);
      taken.push([stack, size]);
    }
    taken.forEach(([at, size], i) => {
      heap.fill(at, size, i);
    });
    taken.forEach(([at, size], i) => {
      expect(isAll(heap.read(at, size), i)).toBe(true);
    });
    heap.check(3);
    arena.free();
    heap.gc();
    heap.check(3);
  }
});

test('when the system has no more memory the call says so, and the heap goes on', () => {
  let refuses = false;
  class Refusing extends Sys {
    override commit(...given: Parameters<Sys['commit']>): boolean {
      return !refuses && super.commit(...given);
    }
  }
  const heap = heapOf({ sys: new Refusing() });
  const at = heap.malloc(100);
  refuses = true;
  expect(codeOf(() => heap.malloc(70_000))).toBe('ERR_OUT_OF_MEMORY');
  expect(heap.malloc(100)).toBeGreaterThan(at);
  heap.check(3);
  refuses = false;
  heap.fill(heap.malloc(70_000), 70_000, 1);
  heap.check(3);
});

test('threads share it, each with a chunk of its own', () => {
  const heap = heapOf();
  const before = heap.readMemStats().OtherSys;
  const other = Heap.attach(heap.share());
  heaps.push(other);
  const mine = heap.malloc(64);
  const theirs = other.malloc(64);
  expect(Math.floor(mine / chunk)).not.toBe(Math.floor(theirs / chunk));
  expect(heap.readMemStats().OtherSys - before).toBe(2 * chunk);
  other.fill(mine, 64, 4);
  expect(heap.view(mine, 64)[63]).toBe(4);
  heap.drop(theirs);
  other.check(3);
  heaps.pop();
  other.dispose();
  expect(isAll(heap.read(theirs, 64), 0)).toBe(true);
  // Whoever has the P next goes on in its chunk.
  const third = Heap.attach(heap.share());
  heaps.push(third);
  expect(third.malloc(64)).toBe(theirs + 64);
});

test('several Ps of one thread, and a custom page heap', () => {
  const heap = heapOf({ pageHeap: FirstFit as PageHeapClass, scavenger: 'none' });
  const processors = new Processors(heap, 2);
  const [a, b] = [processors.malloc(0, 40, true), processors.malloc(1, 40, true)];
  heap.fill(a, 40, 1);
  heap.fill(b, 40, 2);
  expect(isAll(heap.read(a, 40), 1)).toBe(true);
  processors.release();
  heap.check(3);
});

test('dispose gives all of it back', () => {
  const sys = new Sys();
  const heap = new Heap({ environment: false, reach, sbrk: true, sys });
  const at = heap.malloc(1_000_000);
  heap.dispose();
  expect(sys.peek(at, 16)).toBeUndefined();
});

describe('what it does not go with', () => {
  test.each<[HeapOptions, RegExp]>([
    [{ liveness: 'tracing' }, /sbrk.*'explicit'/],
    [{ efence: true }, /efence/],
    [{ memProfileRate: 1 }, /memProfileRate/],
    [{ allocFreeTrace: '/nowhere/at/all' }, /allocFreeTrace/],
  ])('%j', (options, message) => {
    const make = () => new Heap({ environment: false, sbrk: true, ...options });
    expect(codeOf(make)).toBe('ERR_INVALID_OPTION');
    expect(make).toThrow(message);
  });

  test.each<[string, HeapOptions, object, RegExp | undefined]>([
    ['sbrk=1', {}, { sbrk: true }, undefined],
    ['sbrk=0', {}, { sbrk: false }, undefined],
    ['sbrk=1', { sbrk: false }, { sbrk: false }, undefined],
    ['sbrk=1,efence=1', {}, { sbrk: true, efence: false }, /efence has no effect with sbrk/],
    ['sbrk=1,memprofilerate=1', {}, { sbrk: true, memProfileRate: 0 }, /memprofilerate has no effect/],
    [
      'sbrk=1,allocfreetrace=1',
      { generation: 'lists' },
      { sbrk: true, allocFreeTrace: undefined },
      /allocfreetrace has no effect/,
    ],
    ['sbrk=1', { efence: true }, { sbrk: false, efence: true }, /sbrk has no effect beside efence/],
    ['sbrk=1', { memProfileRate: 9 }, { sbrk: false }, /sbrk has no effect beside memProfileRate/],
    ['sbrk=1', { liveness: 'tracing' }, { sbrk: false }, /sbrk has no effect with the liveness 'tracing'/],
  ])('GODEBUG=%s and %j', (text, options, wanted, warning) => {
    const before = process.env.GODEBUG;
    process.env.GODEBUG = text;
    onTestFinished(() => {
      if (before === undefined) delete process.env.GODEBUG;
      else process.env.GODEBUG = before;
    });
    const warnings: string[] = [];
    expect(resolveOptions({ ...options, warn: (line) => warnings.push(line) })).toMatchObject(wanted);
    expect(warnings.length).toBe(warning === undefined ? 0 : 1);
    if (warning !== undefined) expect(warnings[0]).toMatch(warning);
  });
});
