/**
 * Every public call that is about the collector, with every kind of nonsense for every argument: types, fields, roots,
 * scopes, frames, finalizers, cleanups, weak handles, pins, probes, profiles, user arenas. What comes out is a result or a
 * typed error; what can be reached stays, as it was, also while a cycle marks.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FrameStack } from '../../lib/api/frame-stack.ts';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { those } from '../support/extent.ts';
import { nonsense, typed } from '../support/nonsense.ts';
import { Random, seedOf } from '../support/random.ts';
import { calls, type World, worldOf } from './collector-calls.ts';

function setup(options: HeapOptions): World {
  const heap = new Heap({
    ...{ environment: false, reach: 256 * MiB, liveness: 'tracing', gcPercent: -1, memProfileRate: 1 },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  return worldOf(heap, options.generation === 'radix');
}

const designs: readonly HeapOptions[] = (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
  (['stop-the-world', 'incremental'] as const).map((marking) => ({ generation, marking })),
);

// Where not everything is tried: each generation once, and each kind of marking.
const tried = those(designs, (_design, i) => [0, 3, 5].includes(i));

describe.each(tried)('$generation, $marking', (options) => {
  test.each(Object.keys(calls))('%s', (name) => {
    const world = setup(options);
    const { heap, type, root, kept, stack, framed, weak } = world;
    const seed = seedOf('PAGEHEAP_SEED');
    const random = new Random(seed);
    const { collector } = runtimeOf(heap).gc;
    const sound: readonly unknown[] = [kept, framed + 8, 8, type, () => {}, ...nonsense];
    for (const [i, first] of [...nonsense, kept, type].entries()) {
      if (options.marking === 'incremental' && i % 8 === 0 && !collector.isMarking) collector.start();
      for (let round = 0; round < 2; round++)
        typed(`${name} of nonsense ${i}, seed ${seed}`, () =>
          calls[name]?.(world, first as never, random.of(sound) as never),
        );
    }
    if (collector.isMarking) heap.gc();
    // What can be reached is there, as it was; fields may hold what was stored in them.
    if (!name.startsWith('fields')) {
      expect(type.to.get(root.address)).toBe(kept);
      expect([type.n.get(kept), type.n.get(framed)]).toEqual([7, 8]);
    }
    expect([stack.get(1), weak.get(), heap.pins(kept) > 0]).toEqual([framed, kept, true]);
    type.to.set(framed, 0);
    heap.setMemProfileLabel(null);
    typed('gc', () => heap.gc());
    heap.check(3);
  });
});

/** What JavaScript would make an address of, and would ask for it more than once. */
const nearlyAddresses = (one: number, other: number): readonly unknown[] => {
  let asked = 0;
  return [String(one), [one], { valueOf: () => (asked++ % 2 === 0 ? one : other) }, Symbol('a'), BigInt(one)];
};

test.each([
  ...(['lists', 'treap', 'radix'] as const).map((generation) => ({ generation })),
  ...(['lists', 'radix'] as const).map((generation) => ({ generation, sbrk: true })),
])('what is no number is no object’s address: $generation, sbrk $sbrk', (options) => {
  const heap = new Heap({ environment: false, reach: 256 * MiB, gcPercent: -1, ...options });
  onTestFinished(() => heap.dispose());
  const one = heap.malloc(64);
  const other = heap.malloc(3000);
  const special: Readonly<Record<string, (address: never) => unknown>> = {
    setFinalizer: (address) => heap.setFinalizer(address, () => {}),
    'setFinalizer, null': (address) => heap.setFinalizer(address, null),
    addCleanup: (address) => heap.addCleanup(address, () => {}, 1),
    weak: (address) => heap.weak(address),
    pin: (address) => heap.pin(address),
    unpin: (address) => heap.unpin(address),
    pins: (address) => heap.pins(address),
    willSurvive: (address) => heap.willSurvive(address),
    drop: (address) => heap.drop(address),
  };
  for (const [name, call] of Object.entries(special))
    for (const [i, address] of nearlyAddresses(one, other).entries())
      expect(() => call(address as never), `${name} ${i}`).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ADDRESS' }),
      );
  heap.drop(one);
  heap.drop(other);
  heap.gc();
  heap.check(3);
});

test('a scope of a heap that is gone does nothing', () => {
  const heap = new Heap({ environment: false, reach: 256 * MiB });
  heap.dispose();
  let isCalled = false;
  expect(() =>
    heap.scope(() => {
      isCalled = true;
    }),
  ).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  expect(isCalled).toBe(false);
});

test('names that are none: of a field a symbol, of a global half a surrogate pair', () => {
  const { heap } = setup({ generation: 'radix' });
  const refused = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' });
  expect(() => heap.type({ [Symbol('to')]: 'pointer' } as never)).toThrow(refused);
  for (const name of ['\ud800', 'a\udc00b']) expect(() => heap.global(name)).toThrow(refused);
  expect(heap.global('🙂').address).toBe(0);
});

test('of a heap that is gone every call is a typed error, and nothing falls over it', () => {
  for (const options of designs) {
    const world = setup(options);
    const { heap, kept, stack, root, weak, arena, type } = world;
    const cleanup = heap.addCleanup(kept, () => {});
    heap.dispose();
    for (const [name, call] of Object.entries(calls))
      for (const given of [kept, 8, type, 'x', () => {}])
        typed(`${name} when the heap is gone`, () => call(world, given as never, given as never));
    const gone: readonly [what: string, () => unknown][] = [
      ['root.address', () => root.address],
      [
        'root.address =',
        () => {
          root.address = 0;
        },
      ],
      ['stack.top', () => stack.top],
      ['stack.push', () => stack.push(1)],
      ['stack.hold', () => stack.hold(0)],
      ['stack.pop', () => stack.pop(1)],
      ['stack.get', () => stack.get(0)],
      ['stack.set', () => stack.set(0, 0)],
      ['weak.get', () => weak.get()],
      ['heap.new', () => heap.new(type)],
      ['heap.pins', () => heap.pins(kept)],
      ['heap.runFinalizers', () => heap.runFinalizers()],
      ['heap.willSurvive', () => heap.willSurvive(kept)],
      ['heap.memProfile', () => heap.memProfile()],
      ['field.get', () => type.n.get(kept)],
      ['field.set', () => type.to.set(kept, kept)],
      ['arena.new', () => arena?.new(type) ?? root.address],
      ['arena.bytes', () => arena?.bytes ?? root.address],
      ['arena.free', () => arena?.free() ?? root.address],
    ];
    for (const [what, operation] of gone)
      expect(operation, what).toThrow(
        expect.objectContaining({ name: 'PageHeapError', code: 'ERR_DISPOSED' }),
      );
    // To give up what is gone is harmless.
    for (const one of [root, stack, weak] as { dispose(): void }[]) one.dispose();
    cleanup.stop();
    arena?.[Symbol.dispose]();
  }
});

/** What another heap, of another kind, has made. */
test.each(designs)('things of another heap are refused: $generation, $marking', (options) => {
  const one = setup(options);
  const other = setup({ ...options, generation: options.generation === 'radix' ? 'treap' : 'radix' });
  const { heap } = one;
  const wrong: readonly (() => unknown)[] = [
    () => heap.new(other.type),
    () => heap.newArray(other.type, 3),
    () => heap.root(2 ** 46),
    () => heap.weak(2 ** 46),
    () => heap.pin(2 ** 46),
    () => heap.willSurvive(2 ** 46),
    () => heap.setFinalizer(2 ** 46, () => {}),
    () => heap.addCleanup(2 ** 46, () => {}),
  ];
  for (const operation of wrong)
    expect(operation, `${operation}`).toThrow(expect.objectContaining({ name: 'PageHeapError' }));
  for (const { heap: sound, kept, type } of [one, other]) {
    sound.gc();
    expect(type.n.get(kept)).toBe(7);
    sound.check(3);
  }
});

test('roots that a listener gives up are given up', () => {
  const given: { root?: { dispose(): void }; stack?: FrameStack; codes: unknown[] } = { codes: [] };
  const heap = new Heap({
    ...{ environment: false, reach: 256 * MiB, liveness: 'tracing', gcPercent: -1 },
    onEvent: (event) => {
      if (event.kind !== 'gc') return;
      for (const one of [given.root, given.stack]) typed('dispose', () => one?.dispose());
    },
  });
  onTestFinished(() => heap.dispose());
  const type = heap.type({ to: 'pointer' });
  const first = heap.new(type);
  given.root = heap.root(first);
  const second = heap.new(type);
  given.stack = heap.newStack(512);
  given.stack.push(1);
  given.stack.set(0, second);
  heap.malloc(8, true);
  heap.gc();
  heap.gc();
  heap.gc();
  expect([first, second].map((at) => heap.findObject(at))).toEqual([undefined, undefined]);
  heap.check(3);
});
