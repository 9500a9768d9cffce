/**
 * Every public method with every kind of nonsense for every argument: what comes out is a result or a typed error, and
 * the heap is sound and as it was.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { HeapHandle } from '../../lib/api/index.ts';
import { GiB, MiB } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { isAll } from '../support/is-all.ts';
import { nonsense, typed } from '../support/nonsense.ts';
import { Random, seedOf } from '../support/random.ts';

/** Methods by their names, and how many arguments of each are tried. The rest of an operation is well-meant. */
const methods: Record<string, (heap: Heap, a: never, b: never, c: never) => unknown> = {
  malloc: (heap, a, b, c) => heap.malloc(a, b, c),
  drop: (heap, a) => heap.drop(a),
  dropAll: (heap, a) => heap.dropAll(a),
  findObject: (heap, a) => heap.findObject(a),
  sizeOf: (heap, a) => heap.sizeOf(a),
  roundUpSize: (heap, a) => heap.roundUpSize(a),
  allocStack: (heap, a) => heap.allocStack(a),
  freeStack: (heap, a) => heap.freeStack(a),
  view: (heap, a, b) => heap.view(a, b),
  read: (heap, a, b) => heap.read(a, b),
  write: (heap, a, b) => heap.write(a, b),
  fill: (heap, a, b, c) => heap.fill(a, b, c),
  copy: (heap, a, b, c) => heap.copy(a, b, c),
  setGCPercent: (heap, a) => heap.setGCPercent(a),
  setMemoryLimit: (heap, a) => heap.setMemoryLimit(a),
  check: (heap, a) => heap.check(a),
};

function make(options: object = {}): Heap {
  const heap = new Heap({ environment: false, reach: 256 * MiB, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

describe.each(generations)('%s', (generation) => {
  test.each(Object.keys(methods))('%s', (name) => {
    const heap = make({ generation });
    const call = methods[name] as (typeof methods)[string];
    const addr = heap.malloc(1000);
    heap.fill(addr, 1000, 7);
    const seed = seedOf('PAGEHEAP_SEED');
    const random = new Random(seed);
    // Sound arguments stand among the nonsense, so that each comes to be looked at.
    const sound = [addr, 8, 100, ...nonsense];
    for (const [i, first] of [...nonsense, addr].entries()) {
      for (let round = 0; round < 8; round++) {
        const [second, third] = [random.of(sound), random.of(sound)];
        // What was really allocated, or said to be dropped, is.
        const kept = name === 'drop' && first === addr;
        if (!kept)
          typed(`${name} of nonsense ${i}, seed ${seed}`, () =>
            call(heap, first as never, second as never, third as never),
          );
      }
    }
    heap.setGCPercent(100);
    heap.check(3);
    if (!['write', 'fill', 'copy'].includes(name)) expect(isAll(heap.view(addr, 1000), 7)).toBe(true);
  });
});

test.each([...nonsense.entries()])('options, each of them, and attaching: nonsense %i', (_i, value) => {
  const names = [
    'reach',
    'gcPercent',
    'memoryLimit',
    'pageHeap',
    'onEvent',
    'debug',
    'scavenger',
    'advise',
    'ps',
  ];
  for (const name of [...names, 'clock'])
    typed(`option ${name}`, () => new Heap({ environment: false, [name]: value, ...small(name) }).dispose());
  typed('options', () => new Heap(value as never).dispose());
});

/** A heap that is made after all shall be a small one. */
const small = (name: string): object => (name === 'reach' ? {} : { reach: 64 * MiB });

test('attaching with nonsense', () => {
  const heap = make();
  const handle = heap.share();
  for (const value of nonsense) {
    typed('attach(nonsense)', () => Heap.attach(value as never).dispose());
    typed('attach(h, nonsense)', () => Heap.attach(handle, value as never).dispose());
    for (const member of Object.keys(handle) as (keyof HeapHandle)[]) {
      // A handle that says to be of another place in memory is looked at before it is believed.
      typed(`attach({ ${member} })`, () => Heap.attach({ ...handle, [member]: value } as never).dispose());
    }
  }
  heap.check(3);
});

test('what was wrong is told', () => {
  const heap = make({ reach: 16 * GiB });
  const addr = heap.malloc(100);
  const wrong: readonly [operation: () => unknown, code: string][] = [
    [() => heap.malloc(5n as never), 'ERR_INVALID_SIZE'],
    [() => heap.malloc(Symbol() as never), 'ERR_INVALID_SIZE'],
    [() => heap.malloc(Object.create(null)), 'ERR_INVALID_SIZE'],
    [() => heap.malloc({ valueOf: () => 8 } as never), 'ERR_INVALID_SIZE'],
    [() => heap.drop(5n as never), 'ERR_INVALID_ADDRESS'],
    [() => heap.drop(Object.create(null)), 'ERR_INVALID_ADDRESS'],
    [() => heap.allocStack('8' as never), 'ERR_INVALID_SIZE'],
    [() => heap.view(addr, 8n as never), 'ERR_INVALID_SIZE'],
    [() => heap.fill(addr, 8, Symbol() as never), 'ERR_INVALID_ARGUMENT'],
    [() => heap.fill(addr, 8, 1n as never), 'ERR_INVALID_ARGUMENT'],
    [() => heap.setMemoryLimit(Symbol() as never), 'ERR_INVALID_ARGUMENT'],
    [() => heap.setMemoryLimit(5n as never), 'ERR_INVALID_ARGUMENT'],
    [() => heap.setGCPercent(Object.create(null)), 'ERR_INVALID_ARGUMENT'],
    [() => heap.check('deep' as never), 'ERR_INVALID_ARGUMENT'],
    [() => heap.check(0 as never), 'ERR_INVALID_ARGUMENT'],
    [() => heap.check(1.5 as never), 'ERR_INVALID_ARGUMENT'],
    [() => new Heap(null as never), 'ERR_INVALID_OPTION'],
    [() => new Heap({ reach: Symbol() as never }), 'ERR_INVALID_OPTION'],
    [() => new Heap({ gcPercent: Object.create(null) }), 'ERR_INVALID_OPTION'],
    [() => Heap.attach(null as never), 'ERR_INVALID_ARGUMENT'],
    [() => Heap.attach(heap.share(), null as never), 'ERR_INVALID_OPTION'],
    [() => Heap.attach({ ...heap.share(), pid: Symbol() as never }), 'ERR_INCOMPATIBLE_HEAP'],
  ];
  for (const [operation, code] of wrong)
    expect(operation, `${operation}`).toThrow(expect.objectContaining({ name: 'PageHeapError', code }));
});
