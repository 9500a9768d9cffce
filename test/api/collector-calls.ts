/**
 * Every public call that is about the collector, by a name: types, fields, roots, scopes, frames, finalizers, cleanups, weak
 * handles, pins, probes, profiles, user arenas. For tests that give them nonsense, in this thread or in another.
 */
import type { Heap } from '../../lib/api/index.ts';
import { typed } from '../support/nonsense.ts';

/** Two pointers, one of them within, and a field of each kind. */
export const fields = {
  to: 'pointer',
  n: 'f64',
  i: 'i32',
  b: 'u8',
  wide: 'u64',
  many: ['pointer', 4],
  inner: { p: 'pointer', f: 'f32' },
} as const;

/** Things of each kind in a heap that traces. */
export function worldOf(heap: Heap, hasArenas: boolean) {
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
  const arena = hasArenas ? heap.newArena() : undefined;
  heap.malloc(8, true);
  return { heap, type, root, kept, stack, framed, weak, arena };
}

export type World = ReturnType<typeof worldOf>;
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
export const calls: Readonly<Record<string, Call>> = {
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
  hold: ({ heap }, a) => {
    const other = heap.newStack(512);
    try {
      other.hold(a);
    } finally {
      other.dispose();
    }
  },
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
        if (!isRight && other.get(slot) !== framed) throw new Error(`slot ${slot} holds ${other.get(slot)}`);
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
