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

const fields = {
  to: 'pointer',
  n: 'f64',
  i: 'i32',
  b: 'u8',
  wide: 'u64',
  many: ['pointer', 4],
  inner: { p: 'pointer', f: 'f32' },
} as const;

function setup(options: HeapOptions) {
  const heap = new Heap({
    ...{ environment: false, reach: 256 * MiB, liveness: 'tracing', gcPercent: -1, memProfileRate: 1 },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  const type = heap.type(fields);
  const root = heap.root(heap.new(type));
  const kept = heap.new(type);
  type.to.set(root.address, kept);
  type.n.set(kept, 7);
  const stack = heap.newStack(4096);
  stack.push(4);
  const framed = heap.new(type);
  stack.set(1, framed);
  type.n.set(framed, 8);
  heap.pin(kept);
  const weak = heap.weak(kept);
  const arena = options.generation === 'radix' ? heap.newArena() : undefined;
  heap.malloc(8, true);
  return { heap, type, root, kept, stack, framed, weak, arena };
}

type World = ReturnType<typeof setup>;
type Call = (world: World, a: never, b: never) => unknown;

/** A field takes what a typed array takes: a bigint or a symbol where a number should be is the engine's error. */
function ofField(operation: () => unknown): void {
  try {
    typed('a field', operation);
  } catch (error) {
    if (!((error as Error).cause instanceof TypeError || (error as Error).cause instanceof RangeError))
      throw error;
  }
}

const inFields =
  (call: (field: { get: (at: never) => unknown; set: (at: never, value: never) => void }) => unknown): Call =>
  ({ type }) => {
    for (const field of [type.to, type.n, type.i, type.b, type.wide, type.many.at(1), type.inner.p])
      ofField(() => call(field as never));
  };

/** Calls by their names. What they store, they store where nothing else is looked for. */
const calls: Readonly<Record<string, Call>> = {
  type: ({ heap }, a) => heap.type(a),
  'type with a field': ({ heap }, a) => heap.type({ one: a }),
  'type with an array': ({ heap }, a, b) => heap.type({ one: [a, b] }),
  new: ({ heap }, a) => heap.new(a),
  newArray: ({ heap }, a, b) => heap.newArray(a, b),
  'newArray of a type': ({ heap, type }, a) => heap.newArray(type, a),
  'fields read': (world, a) => inFields((field) => field.get(a))(world, a, a),
  'fields written': (world, a, b) => inFields((field) => field.set(a, b))(world, a, b),
  'pointers written': ({ type, framed }, a) => ofField(() => type.to.set(framed, a)),
  'an element': ({ type, framed }, a, b) => {
    const field = type.many.at(a);
    ofField(() => field.set(framed, b));
  },
  root: ({ heap }, a) => heap.root(a).dispose(),
  'a root of another address': ({ heap, kept }, a) => {
    const other = heap.root(kept);
    try {
      other.address = a;
    } finally {
      other.dispose();
    }
  },
  global: ({ heap }, a) => heap.global(a),
  own: ({ heap }, a, b) => heap.own(a, b),
  // What the function itself throws comes through: a class cannot be called.
  scope: ({ heap }, a) => heap.scope(typeof a === 'function' ? () => a : a),
  'a scope and its roots': ({ heap }, a, b) =>
    heap.scope((scope) => {
      scope.root(a);
      scope.keep(b);
    }),
  newStack: ({ heap }, a) => heap.newStack(a).dispose(),
  push: ({ stack }, a) => stack.push(a),
  pop: ({ heap }, a) => {
    const other = heap.newStack(512);
    try {
      other.push(8);
      other.pop(a);
    } finally {
      other.dispose();
    }
  },
  'a slot read': ({ stack }, a) => stack.get(a),
  'a slot written': ({ heap, framed }, a, b) => {
    const other = heap.newStack(512);
    try {
      other.push(4);
      for (let slot = 0; slot < 4; slot++) other.set(slot, framed);
      const isRight = Number.isInteger(a) && (a as number) >= 0 && (a as number) < 4;
      typed('a slot', () => other.set(a, b));
      // Of a slot that is none nothing is written, also not a half of one.
      for (let slot = 0; slot < 4; slot++)
        if (!isRight) expect([slot, other.get(slot)]).toEqual([slot, framed]);
    } finally {
      other.dispose();
    }
  },
  setFinalizer: ({ heap }, a, b) => heap.setFinalizer(a, b),
  'setFinalizer of an object': ({ heap, framed }, a) => {
    typed('a finalizer', () => heap.setFinalizer(framed, a));
    heap.setFinalizer(framed, null);
  },
  addCleanup: ({ heap }, a, b) => heap.addCleanup(a, b),
  'addCleanup of an object': ({ heap, framed }, a, b) => heap.addCleanup(framed, a, b)?.stop(),
  weak: ({ heap }, a) => void heap.weak(a),
  pin: ({ heap }, a) => heap.pin(a),
  unpin: ({ heap, kept }, a) => {
    if ((a as unknown) !== kept) heap.unpin(a);
  },
  pins: ({ heap }, a) => heap.pins(a),
  willSurvive: ({ heap }, a, b) => heap.willSurvive(a, b),
  memProfile: ({ heap }, a) => heap.memProfile(a),
  setMemProfileLabel: ({ heap }, a) => heap.setMemProfileLabel(a),
  'an arena: new': ({ arena }, a) => arena?.new(a),
  'an arena: newArray': ({ arena }, a, b) => arena?.newArray(a, b),
  'an arena: newArray of a type': ({ arena, type }, a) => arena?.newArray(type, a),
  'an arena: malloc': ({ arena }, a, b) => arena?.malloc(a, b),
};

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
