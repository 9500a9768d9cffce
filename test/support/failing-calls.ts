/**
 * A heap's life under a kernel that refuses: one workload, in which chosen system calls fail. Whatever the heap was
 * doing must end in success or in a typed error that tells the errno, leave it sound and its contents whole, and go
 * through when asked again; disposing gives everything back, or says what it could not.
 */
import { expect } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import { MiB } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { Sys } from '../../lib/os/sys.ts';
import { mappedIn } from './maps.ts';
import { RefusingAddon, type SystemCall, systemCalls } from './refusing-addon.ts';

export const reach = 256 * MiB;

interface Held {
  readonly addr: number;
  readonly size: number;
  readonly stamp: number;
}

/** What a step does, on a heap and what lives in it. */
type Step = (heap: Heap, life: Life) => void;

/** Bytes up to which an object is written and looked at whole; of larger ones both ends and the middle. */
const whole = 4096;

const placesIn = (size: number): readonly number[] => [0, size >> 1, size - 1];

class Life {
  readonly held: Held[] = [];
  readonly stacks: number[] = [];
  #stamps = 0;

  malloc(heap: Heap, size: number, noscan: boolean, zero: boolean): void {
    const addr = heap.malloc(size, noscan, zero);
    const view = heap.view(addr, size);
    const isZero =
      size <= whole ? view.every((byte) => byte === 0) : placesIn(size).every((at) => view[at] === 0);
    if (zero && !isZero) expect.fail(`${size} bytes are not zero`);
    this.#stamps = (this.#stamps % 255) + 1;
    if (size <= whole) view.fill(this.#stamps);
    else for (const at of placesIn(size)) view[at] = this.#stamps;
    this.held.push({ addr, size, stamp: this.#stamps });
  }

  /** Holds contents against what was written. */
  verify(heap: Heap): void {
    for (const { addr, size, stamp } of this.held) {
      const view = heap.view(addr, size);
      for (const at of placesIn(size))
        if (view[at] !== stamp)
          expect.fail(`byte ${at} of the ${size} at ${addr} is ${view[at]}, not ${stamp}`);
    }
  }
}

/** Small objects of many classes, large ones, stacks, cycles, releases, reuse of what was released. */
export const workloads: Readonly<Record<string, readonly Step[]>> = {
  mixed: mixed(2),
  fragments: fragments(120),
};

/** The same with so many calls that the first 2,000 are not all. */
export const longWorkloads: Readonly<Record<string, readonly Step[]>> = {
  mixed: mixed(4),
  fragments: fragments(2400),
};

function mixed(rounds: number): Step[] {
  const steps: Step[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 24; i++) {
      const size = [1, 16, 24, 200, 3000, 9000, 40_000, 300_000][i % 8]! + round;
      steps.push((heap, life) => life.malloc(heap, size, i % 5 !== 0, i % 3 === 0));
    }
    for (const size of [5, 20, 50]) steps.push((heap, life) => life.malloc(heap, size * MiB, true, false));
    steps.push((heap, life) => void life.stacks.push(heap.allocStack(3 * MiB)));
    for (let i = 0; i < 18; i++)
      steps.push((heap, life) => {
        const [object] = life.held.splice((i * 7) % life.held.length, 1);
        heap.drop(object!.addr);
      });
    steps.push((heap) => heap.gc());
    steps.push((heap) => void heap.freeOSMemory());
    steps.push((heap) => void heap.readMemStats());
    steps.push((heap) => void heap.step());
    steps.push((heap, life) => {
      const [{ addr, size, stamp }] = life.held as [Held];
      const copy = heap.read(addr, size);
      expect(copy[size - 1]).toBe(stamp);
      heap.write(addr, copy);
    });
    steps.push((heap, life) => {
      for (const stack of life.stacks.splice(0)) heap.freeStack(stack);
    });
  }
  return steps;
}

/** Pages released one by one between those that live, and taken again. */
function fragments(pages: number): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < pages; i++) steps.push((heap, life) => life.malloc(heap, 8192, true, false));
  for (let i = 0; i < pages / 2; i++)
    steps.push((heap, life) => {
      const [object] = life.held.splice(i, 1);
      heap.drop(object!.addr);
    });
  steps.push((heap) => void heap.freeOSMemory());
  for (let i = 0; i < pages / 2; i++)
    steps.push((heap, life) => life.malloc(heap, [8192, 40, 8192, 700][i % 4]!, true, true));
  steps.push((heap) => void heap.freeOSMemory());
  return steps;
}

/** The designs, and the options under which other calls are made. */
export const failingDesigns: Readonly<Record<string, HeapOptions>> = {
  lists: { generation: 'lists' },
  treap: { generation: 'treap' },
  radix: { generation: 'radix' },
  'radix, hard decommit, a memory limit': { hardDecommit: true, memoryLimit: 40 * MiB },
  'radix, FREE, no huge pages, names': { advise: 'free', disableHugePages: true, nameMappings: true },
};

export interface Refusals {
  /** The first call that is refused, and how many; all kinds unless told. */
  readonly pass: number;
  readonly count: number;
  readonly errno: number;
  readonly kinds?: readonly SystemCall[];
}

/** What may be answered where something was refused. */
const refusals: ReadonlySet<string> = new Set(['ERR_OUT_OF_MEMORY', 'ERR_FAULT', 'ERR_SYSTEM']);

/** Does something; what it throws must be a refusal, and the errno in it one that was asked for. @returns whether it threw */
function refusedBy(refusing: RefusingAddon, errno: number, operation: () => void): boolean {
  const before = refusing.refused;
  try {
    operation();
    return false;
  } catch (error) {
    if (!(error instanceof PageHeapError && refusals.has(error.code))) throw error;
    expect(refusing.refused, `${error.message}: though nothing was refused`).toBeGreaterThan(before);
    // By the kind of call: EFAULT is an answer, not a refusal, where memory is looked at.
    expect([errno, undefined]).toContain(error.errno);
    return true;
  }
}

/** A madvise and a mincore that both say ENOMEM say that the memory is not mapped, which would be fatal, and rightly. */
const kindsFor = (errno: number): readonly SystemCall[] =>
  (Object.keys(systemCalls) as SystemCall[]).filter((call) => call !== 'mincore' || errno !== 12);

/** A heap that lives through the workload. @returns how many calls there were, and how many operations were refused */
export function liveThrough(
  steps: readonly Step[],
  options: HeapOptions,
  { pass, count, errno, kinds }: Refusals,
): { calls: number; refused: number } {
  const refusing = new RefusingAddon(kinds ?? kindsFor(errno));
  refusing.refuse(pass, count, errno);
  return live(steps, options, { refusing, errno, isLooked: (failed) => failed || count === 1 });
}

/** A call of an undisturbed life: in which part of it, and the how many-th there. */
interface Place {
  readonly part: number;
  readonly nth: number;
}

/** Where each call is in a life of which none is refused; of the kinds that may answer the errno. */
export function placesOf(steps: readonly Step[], options: HeapOptions, errno: number): readonly Place[] {
  const refusing = new RefusingAddon(kindsFor(errno));
  const places: Place[] = [];
  let part = 0;
  const fill = (): void => {
    for (let nth = 0; places.length < refusing.calls; nth++) places.push({ part, nth });
  };
  const begins = (next: number): void => {
    fill();
    part = next;
  };
  live(steps, options, { refusing, errno, isLooked: () => true, begins });
  return places;
}

/**
 * A life in which each of several calls is refused once, by its place. What was refused is done again, and the heap looked
 * at, before the next one: so each finds a sound heap, as the first does.
 * @returns the places that were not come to: what was refused before led elsewhere
 */
export function liveThroughEach(
  steps: readonly Step[],
  options: HeapOptions,
  places: readonly Place[],
  errno: number,
): readonly Place[] {
  const refusing = new RefusingAddon(kindsFor(errno));
  const missed: Place[] = [];
  let wanted: readonly Place[] = [];
  let before = 0;
  const begins = (part: number): void => {
    missed.push(...wanted.slice(refusing.refused - before));
    before = refusing.refused;
    wanted = places.filter((place) => place.part === part).sort((a, b) => a.nth - b.nth);
    refusing.refuseEach(
      wanted.map(({ nth }) => nth),
      errno,
    );
  };
  live(steps, options, { refusing, errno, isLooked: () => true, begins });
  begins(Infinity);
  return missed;
}

interface Course {
  readonly refusing: RefusingAddon;
  readonly errno: number;
  /** Whether the heap is looked at after an operation within which something was refused. */
  readonly isLooked: (failed: boolean) => boolean;
  /** Before a part: 0 makes the heap, then comes each step, the last disposes of it. */
  readonly begins?: (part: number) => void;
}

function live(
  steps: readonly Step[],
  options: HeapOptions,
  { refusing, errno, isLooked, begins }: Course,
): { calls: number; refused: number } {
  const { hardDecommit = false, advise } = options;
  const sys = new Sys({ addon: refusing.addon, hardDecommit, ...(advise === undefined ? {} : { advise }) });
  const clock = new ManualClock(1e9);
  let heap: Heap | undefined;
  let refused = 0;
  const make = (): void => {
    heap = new Heap({ environment: false, reach, clock, ...options, sys });
  };
  begins?.(0);
  if (refusedBy(refusing, errno, make)) {
    refused++;
    refusing.relent();
    sys.freeKept();
    make();
  }
  const made = heap as Heap;
  const life = new Life();
  for (const [i, step] of steps.entries()) {
    clock.advance(1e6);
    begins?.(i + 1);
    const before = refusing.refused;
    const failed = refusedBy(refusing, errno, () => step(made, life));
    if (refusing.refused === before || !isLooked(failed)) continue;
    made.check(3);
    life.verify(made);
    if (!failed) continue;
    refused++;
    refusing.relent();
    step(made, life);
  }
  made.check(3);
  life.verify(made);
  const { calls } = refusing;
  const ranges = made.ranges();
  begins?.(steps.length + 1);
  // What is refused while it is disposed of is told, and can be tried again.
  if (refusedBy(refusing, errno, () => made.dispose())) refused++;
  refusing.relent();
  made.dispose();
  expect(mappedIn(ranges)).toBe(0);
  return { calls, refused };
}
