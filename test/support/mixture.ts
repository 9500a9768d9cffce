/**
 * The stress of everything at once: a heap of random parts, on which a long random program runs, with a shadow of all
 * that it wrote. Contents are held against the shadow, the heap against its own check, and what it believes of its pages
 * against what the kernel says of them.
 */
import { expect } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { pageState } from '../../lib/api/index.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import { KiB, MiB, pageSize } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { Residency } from '../../lib/os/residency.ts';
import type { Random } from './random.ts';

const reach = 1024 * MiB;

/** A heap of random parts; combinations that make no sense are drawn again. */
function drawHeap(random: Random, clock: ManualClock): { heap: Heap; options: HeapOptions } {
  for (;;) {
    const options = {
      generation: random.of(['lists', 'treap', 'radix'] as const),
      ...(random.below(3) === 0 ? { pageHeap: random.of(['lists', 'treap', 'radix'] as const) } : {}),
      ...(random.below(3) === 0 ? { objects: random.of(['freelist', 'bitmap'] as const) } : {}),
      ...(random.below(3) === 0 ? { sweep: random.of(['busy', 'sets', 'stacks'] as const) } : {}),
      ...(random.below(3) === 0
        ? { scavenger: random.of(['none', 'age', 'growth', 'background'] as const) }
        : {}),
      ...(random.below(3) === 0 ? { sizeClasses: random.of(['go1.4', 'go1.12', 'go1.21'] as const) } : {}),
      ...(random.below(3) === 0 ? { advise: random.of(['free', 'dontneed'] as const) } : {}),
      ...(random.below(4) === 0 ? { hardDecommit: true } : {}),
      ...(random.below(4) === 0 ? { memoryLimit: random.of([8, 40, 200]) * MiB } : {}),
      ...(random.below(4) === 0 ? { clobberFree: true } : {}),
      ...(random.below(4) === 0 ? { scavengeAfter: 1e9 } : {}),
      gcPercent: random.of([10, 50, 100, 400, -1]),
    } as HeapOptions;
    try {
      // Huge pages would bring released memory back.
      return {
        heap: new Heap({ environment: false, reach, disableHugePages: true, clock, ...options }),
        options,
      };
    } catch (error) {
      if (!(error instanceof PageHeapError && /ERR_IN(VALID|COMPATIBLE)_OPTIONS?$/.test(error.code)))
        throw error;
    }
  }
}

interface Shadow {
  readonly addr: number;
  readonly size: number;
  /** What it was written with: its first byte; the others follow from it and their place. */
  stamp: number;
}

/** Bytes up to which an object is written whole; of larger ones the beginning and the end. */
const whole = 2 * KiB;

const byteAt = (stamp: number, at: number): number => (stamp + at * 31) & 0xff;

class Program {
  readonly #heap: Heap;
  readonly #random: Random;
  readonly #live: Shadow[] = [];
  readonly #stacks: Shadow[] = [];
  #bytes = 0;

  constructor(heap: Heap, random: Random) {
    this.#heap = heap;
    this.#random = random;
  }

  step(clock: ManualClock): void {
    const heap = this.#heap;
    const random = this.#random;
    const what = random.below(1000);
    const tooMuch = this.#bytes > 120 * MiB || this.#live.length > 6000;
    if (what < (tooMuch ? 200 : 480)) this.#malloc();
    else if (what < 900) this.#drop();
    else if (what < 940) this.#look(random.of(this.#live.length === 0 ? [undefined] : this.#live));
    else if (what < 955) this.#copy();
    else if (what < 975) this.#stack();
    else if (what < 990) {
      clock.advance(random.below(200) * 1e6);
      heap.step();
    } else if (what < 993) heap.gc();
    else if (what < 995) heap.freeOSMemory();
    else if (what < 996) heap.setGCPercent(random.of([10, 100, 300]));
    else if (what < 997) heap.readMemStats();
    else if (what < 998) heap.sizeClasses();
    else heap.sample();
  }

  /** All contents, the heap's own check, and every page against the kernel. */
  verify(kernel: Residency, mayStay: boolean): void {
    for (const shadow of [...this.#live, ...this.#stacks]) this.#look(shadow);
    this.#heap.check(3);
    believed(this.#heap, kernel, mayStay);
  }

  #malloc(): void {
    const random = this.#random;
    const kind = random.below(100);
    const size =
      kind < 25
        ? random.below(16)
        : kind < 80
          ? random.below(1024)
          : kind < 97
            ? random.below(33 * KiB)
            : kind < 99
              ? random.below(300 * KiB)
              : random.below(8 * MiB);
    const zero = random.below(2) === 0;
    const addr = this.#heap.malloc(size, random.below(3) !== 0, zero);
    if (size === 0) return;
    if (zero) this.#isZero(addr, size);
    this.#live.push(this.#write({ addr, size, stamp: random.below(256) }));
    this.#bytes += size;
  }

  #drop(): void {
    const live = this.#live;
    if (live.length === 0) return;
    const at = this.#random.below(live.length);
    const shadow = live[at] as Shadow;
    live[at] = live.at(-1) as Shadow;
    live.pop();
    this.#look(shadow);
    this.#heap.drop(shadow.addr);
    this.#bytes -= shadow.size;
  }

  #stack(): void {
    const stacks = this.#stacks;
    if (stacks.length < 20 && this.#random.below(2) === 0) {
      const size = 1 + this.#random.below(100 * KiB);
      const addr = this.#heap.allocStack(size);
      stacks.push(this.#write({ addr, size, stamp: this.#random.below(256) }));
      return;
    }
    const [stack] = stacks.splice(this.#random.below(Math.max(1, stacks.length)), 1);
    if (stack === undefined) return;
    this.#look(stack);
    this.#heap.freeStack(stack.addr);
  }

  /** Copies the beginning of one object over that of another, by the heap or by a copy of the engine's. */
  #copy(): void {
    if (this.#live.length < 2) return;
    const from = this.#random.of(this.#live);
    const to = this.#random.of(this.#live);
    const n = Math.min(from.size, to.size, whole);
    if (from === to || n < to.size || from.size > whole) return;
    if (this.#random.below(2) === 0) this.#heap.copy(to.addr, from.addr, n);
    else this.#heap.write(to.addr, this.#heap.read(from.addr, n));
    to.stamp = from.stamp;
  }

  #write(shadow: Shadow): Shadow {
    const { addr, size, stamp } = shadow;
    for (const [from, end] of parts(size)) {
      const view = this.#heap.view(addr + from, end - from);
      for (let at = from; at < end; at++) view[at - from] = byteAt(stamp, at);
    }
    return shadow;
  }

  #look(shadow: Shadow | undefined): void {
    if (shadow === undefined) return;
    const { addr, size, stamp } = shadow;
    for (const [from, end] of parts(size)) {
      const view = this.#heap.view(addr + from, end - from);
      for (let at = from; at < end; at++)
        if (view[at - from] !== byteAt(stamp, at))
          expect.fail(`byte ${at} of the ${size} at ${addr} is ${view[at - from]}, not ${byteAt(stamp, at)}`);
    }
  }

  #isZero(addr: number, size: number): void {
    for (const [from, end] of parts(size))
      if (this.#heap.view(addr + from, end - from).some((byte) => byte !== 0))
        expect.fail(`${size} bytes at ${addr} are not zero`);
  }
}

/** The parts of an object that are written and looked at. */
function parts(size: number): readonly (readonly [from: number, end: number])[] {
  return size <= whole
    ? [[0, size]]
    : [
        [0, 64],
        [size - 64, size],
      ];
}

/**
 * What is released is not resident, unless the kernel may keep it; what was never used is not either. What is in use is
 * not looked at: nobody says that it was touched.
 */
function believed(heap: Heap, kernel: Residency, mayStay: boolean): void {
  if (mayStay) return;
  const { origin, ranges, states } = heap.pageStates();
  let at = 0;
  for (const [first, pages] of ranges) {
    const resident = kernel.residentPages(origin + first * pageSize, pages * pageSize);
    const perPage = resident.length / pages;
    for (let i = 0; i < pages; i++) {
      if (states[at + i] !== pageState.released) continue;
      for (let j = 0; j < perPage; j++)
        if (resident[i * perPage + j] !== 0) expect.fail(`page ${first + i} was released and is resident`);
    }
    at += pages;
  }
}

/** Runs a random program of so many operations on heaps of random parts, `perHeap` on each. */
export function runMixture(random: Random, operations: number, perHeap: number): void {
  const kernel = new Residency();
  for (let done = 0; done < operations; ) {
    const clock = new ManualClock(1e9);
    const { heap, options } = drawHeap(random, clock);
    const mayStay =
      options.advise === 'free' || (options.generation === 'treap' && options.advise === undefined);
    const program = new Program(heap, random);
    try {
      for (let i = 0; i < perHeap && done < operations; i++, done++) {
        program.step(clock);
        if (i % 5000 === 4999) program.verify(kernel, mayStay);
      }
      program.verify(kernel, mayStay);
    } catch (error) {
      throw new Error(`operation ${done} with ${JSON.stringify(options)}`, { cause: error });
    }
    heap.dispose();
  }
}
