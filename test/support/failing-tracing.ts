/** A heap that traces, under a kernel that refuses: what can be reached stays whole, and a collection that began ends. */
import { expect } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import { MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { Sys } from '../../lib/os/sys.ts';
import { mappedIn } from './maps.ts';
import { RefusingAddon } from './refusing-addon.ts';

const reach = 256 * MiB;
const enomem = 12;

/** What a program does, a step at a time; each may be asked again. */
class Program {
  readonly heap: Heap;
  readonly #node;
  readonly #slot;
  readonly #list;
  readonly #wide;
  #stack: ReturnType<Heap['newStack']> | undefined;
  #length = 0;

  constructor(heap: Heap) {
    this.heap = heap;
    this.#node = heap.type({ next: 'pointer', other: 'pointer', n: 'f64' });
    this.#slot = heap.type({ to: 'pointer' });
    this.#list = heap.root();
    this.#wide = heap.root();
  }

  /** Prepends so many nodes, each with a large neighbour now and then. */
  grow(count: number): void {
    for (let i = 0; i < count; i++) {
      const at = this.heap.new(this.#node);
      this.#node.next.set(at, this.#list.address);
      this.#node.n.set(at, this.#length);
      this.#list.address = at;
      this.#length++;
      if (i % 50 === 0) this.#node.other.set(at, this.heap.malloc(9000, false));
    }
  }

  /** An array of so many nodes that all become gray at once. */
  widen(count: number): void {
    this.#wide.address = this.heap.newArray(this.#slot, count);
    for (let i = 0; i < count; i++) this.#slot.to.set(this.#wide.address + 8 * i, this.heap.new(this.#node));
  }

  hold(): void {
    this.#stack ??= this.heap.newStack(40_000);
    const at = this.#stack.push(2);
    this.#stack.set(at, this.heap.new(this.#node));
  }

  /** Finalizers, cleanups, weak handles and pins on the first nodes of the list, as far as there is memory for them. */
  know(): void {
    let at = this.#list.address;
    for (let i = 0; i < 40 && at !== 0; i++, at = this.#node.next.get(at)) {
      this.heap.setFinalizer(at, null);
      this.heap.setFinalizer(at, () => {});
      this.heap.addCleanup(at, () => {});
      this.heap.weak(at);
      this.heap.pin(at);
      this.heap.unpin(at);
    }
  }

  verify(): void {
    let n = this.#length;
    for (let at = this.#list.address; at !== 0; at = this.#node.next.get(at))
      n -= this.#node.n.get(at) === n - 1 ? 1 : 0;
    expect(n).toBe(0);
    this.heap.check(3);
  }
}

const steps: readonly ((program: Program) => void)[] = [
  (program) => program.grow(300),
  (program) => program.widen(1500),
  (program) => program.heap.gc(),
  (program) => program.hold(),
  (program) => program.know(),
  (program) => void program.heap.newArray(program.heap.type({ x: 'pointer' }), 4 * 2 ** 20),
  (program) => program.heap.gc(),
  (program) => void program.heap.freeOSMemory(),
  (program) => program.grow(700),
  (program) => void program.heap.step(),
  (program) => program.heap.gc(),
];

/** A heap that lives through it, of which so many calls are refused after others. @returns calls to the system in all, and operations that were refused */
export function live(options: HeapOptions, pass: number, count: number): { calls: number; refused: number } {
  const refusing = new RefusingAddon(['mmap', 'mprotect', 'madvise']);
  const sys = new Sys({ addon: refusing.addon, hardDecommit: options.hardDecommit ?? false });
  const heap = new Heap({
    environment: false,
    reach,
    clock: new ManualClock(1e9),
    liveness: 'tracing',
    ...options,
    sys,
  });
  const program = new Program(heap);
  refusing.refuse(pass, count, enomem);
  let refused = 0;
  for (const step of steps) {
    const before = refusing.refused;
    try {
      step(program);
    } catch (error) {
      if (!(error instanceof PageHeapError && error.code === 'ERR_OUT_OF_MEMORY')) throw error;
      refused++;
      program.verify();
      refusing.relent();
      step(program);
    }
    if (refusing.refused > before) program.verify();
  }
  program.verify();
  refusing.relent();
  const ranges = heap.ranges();
  heap.dispose();
  expect(mappedIn(ranges)).toBe(0);
  return { calls: refusing.calls, refused };
}

/** The designs, and the options under which other calls are made. */
export const tracingDesigns: readonly (readonly [name: string, options: HeapOptions])[] = [
  ['lists', { generation: 'lists' }],
  ['treap', { generation: 'treap' }],
  ['radix', { generation: 'radix' }],
  ['radix, hard decommit, a memory limit', { hardDecommit: true, memoryLimit: 40 * MiB }],
];

/** Refuses every call once, and every call from there on; of `stride` one. @returns operations that were refused */
export function refuseEach(options: HeapOptions, strideOf: (calls: number) => number): number {
  const { calls } = live(options, 0, 0);
  expect(calls).toBeGreaterThan(20);
  const stride = strideOf(calls);
  let refused = 0;
  for (let pass = 0; pass < calls; pass += stride) {
    refused += live(options, pass, 1).refused;
    refused += live(options, pass + 1, Number.POSITIVE_INFINITY).refused;
  }
  return refused;
}
