/**
 * The suite for parts of a heap other than the page heap: policies and rules, by the option that they are for.
 *
 * A part has no state that could be held against a model: what it may answer is its own business. So each check has a
 * heap with it go through something, with a clock that is moved by hand, checks the heap itself as deeply as it can after
 * every stretch, and fails with whatever the part did wrong. What a design does not take is skipped.
 *
 * Not here: page heaps (checks.ts); the process around the suite (suite.ts).
 */
import { Heap } from '../../api/heap.ts';
import { PageHeapError } from '../../base/errors.ts';
import { MiB, second } from '../../base/units.ts';
import type { HeapOptions } from '../../design/options.ts';
import { ManualClock } from '../../os/clock.ts';
import { type ConformanceCheck, makeCheck, skip } from './check.ts';
import type { RandomRunOptions } from './random-run.ts';
import { ConformanceError } from './steps.ts';

/** Steps without a pause between them, after which a heap would keep its process busy. */
const mostAtOnce = 2000;

const zeros = new Uint8Array(20_000);

function requires(holds: boolean, message: string): asserts holds {
  if (!holds) throw new ConformanceError(message, []);
}

/** A heap with the part, and what a program may do with it. */
class PartWorld {
  readonly heap: Heap;
  readonly clock = new ManualClock(second);
  readonly #live: number[] = [];

  constructor(options: HeapOptions) {
    this.heap = new Heap({
      ...{ environment: false, reach: 512 * MiB, clock: this.clock, warn: () => undefined },
      ...options,
    });
  }

  /** Allocates n objects and writes in them. */
  allocate(n: number, bytes: (i: number) => number): void {
    for (let i = 0; i < n; i++) {
      const size = bytes(i);
      const at = this.heap.malloc(size);
      this.heap.fill(at, Math.min(size, 8192), 0xa5);
      this.#live.push(at);
    }
  }

  /** Drops those of the live objects that are chosen. */
  drop(chosen: (i: number) => boolean): void {
    const all = this.#live.splice(0);
    const gone: number[] = [];
    all.forEach((at, i) => {
      (chosen(i) ? gone : this.#live).push(at);
    });
    this.heap.dropAll(gone);
  }

  /** Lets time pass with background work in it. */
  idle(ns: number): void {
    let inARow = 0;
    for (const end = this.clock.now() + ns; this.clock.now() < end; ) {
      const wait = this.heap.step();
      inARow = wait === 0 ? inARow + 1 : 0;
      requires(inARow < mostAtOnce, `it kept the heap busy: ${mostAtOnce} steps without a pause`);
      // Work takes time, too.
      this.clock.advance(Math.min(Math.max(wait, 20e3), end - this.clock.now() + 1));
    }
  }

  check(): void {
    this.heap.check(3);
  }

  end(): void {
    // What it did wrong where nothing could fail.
    this.heap.step();
    this.check();
    this.heap.dispose();
  }
}

/** Small and large, so that spans of all kinds come and go. */
const mixed = (i: number): number => [16, 200, 3000, 9000, 30_000, 100_000][i % 6] ?? 16;

function usual(world: PartWorld): void {
  for (let round = 0; round < 2; round++) {
    world.allocate(300, mixed);
    world.drop((i) => i % 3 !== 0);
    world.heap.gc();
    world.check();
    world.idle(3 * second);
  }
  world.drop(() => true);
  world.heap.gc();
  world.heap.gc();
  world.idle(20 * second);
  world.check();
  world.allocate(100, mixed);
}

function anything(world: PartWorld, seed: number): void {
  let state = seed >>> 0 || 1;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  for (let i = 0; i < 60; i++) {
    switch (below(7)) {
      case 0:
      case 1:
        world.allocate(1 + below(80), () => mixed(below(6)));
        break;
      case 2: {
        const share = below(4);
        world.drop(() => below(4) <= share);
        break;
      }
      case 3:
        world.heap.gc();
        break;
      case 4:
        world.idle(below(5) * second);
        break;
      case 5:
        if (below(4) === 0) world.heap.freeOSMemory();
        else world.heap.setGCPercent([10, 100, 400][below(3)] ?? 100);
        break;
      default:
        world.clock.advance(below(3) * second);
        world.check();
    }
  }
}

/** @param option as `scavengePolicy` @param part its class */
export function partChecks(
  option: string,
  part: unknown,
  { seed = 1, runs = 60 }: RandomRunOptions,
): readonly ConformanceCheck[] {
  const made = (options: HeapOptions): PartWorld => {
    try {
      return new PartWorld({ ...options, [option]: part });
    } catch (error) {
      // The design has no such part: what is wrong with the class itself every check tells.
      const refused =
        error instanceof PageHeapError &&
        error.code === 'ERR_INVALID_OPTION' &&
        Object.keys(options).length > 0;
      if (refused) skip(error.message);
      throw error;
    }
  };
  const check = (
    name: string,
    body: (world: PartWorld) => void,
    options: HeapOptions = {},
  ): ConformanceCheck =>
    makeCheck(name, () => {
      const world = made(options);
      body(world);
      world.end();
    });
  return [
    check('serves a heap that does nothing', (world) => world.idle(60 * second)),
    check('serves a heap that works, idles and works again', usual),
    check('serves a heap under a memory limit', usual, { memoryLimit: 24 * MiB }),
    check('serves a heap without a goal', usual, { gcPercent: -1 }),
    check('serves a heap that collects often', usual, { gcPercent: 10 }),
    check('serves the design of 2014', usual, { generation: 'lists' }),
    check('serves the design of 2019', usual, { generation: 'treap' }),
    check('serves a heap that traces, stopped for marking', (world) => world.heap.gc(), {
      liveness: 'tracing',
      marking: 'stop-the-world',
    }),
    check('serves larger physical pages', usual, { physPageSize: 65_536 }),
    check('serves a heap that asks the kernel for nothing at once', usual, { advise: 'free' }),
    check('serves stacks and huge objects', (world) => {
      const stacks = Array.from({ length: 50 }, (_, i) => world.heap.allocStack(2048 << (i % 6)));
      world.allocate(6, () => 20 * MiB);
      for (const at of stacks) world.heap.freeStack(at);
      world.drop((i) => i % 2 === 0);
      world.heap.gc();
      world.idle(10 * second);
      world.check();
      world.heap.freeOSMemory();
    }),
    check('what is handed out again is zero where it must be', (world) => {
      world.allocate(100, () => 20_000);
      world.drop(() => true);
      world.heap.freeOSMemory();
      world.idle(5 * second);
      for (let i = 0; i < 100; i++) {
        const at = world.heap.malloc(20_000);
        const bytes = world.heap.read(at, 20_000);
        requires(Buffer.compare(bytes, zeros) === 0, 'an object that had to be zero was not');
      }
    }),
    check('holds up where the clock leaps', (world) => {
      for (let i = 0; i < 8; i++) {
        world.allocate(40, mixed);
        world.drop((n) => n % 2 === 0);
        world.clock.advance(i % 2 === 0 ? 3600 * second : 1);
        world.heap.step();
        world.check();
      }
    }),
    check('holds up where the clock stands', (world) => {
      for (let i = 0; i < 100; i++) {
        world.allocate(4, mixed);
        if (i % 10 === 0) world.drop((n) => n % 2 === 0);
        world.heap.step();
      }
      world.heap.gc();
    }),
    check('lets a heap collect no more often than it allocates', (world) => {
      world.allocate(2000, () => 10_000);
      const { NumGC } = world.heap.readMemStats();
      requires(NumGC < 1500, `${NumGC} collections while 2000 objects were allocated`);
    }),
    makeCheck('serves any sequence of operations', () => {
      for (let run = 0; run < Math.max(1, Math.floor(runs / 10)); run++) {
        const at = seed + run;
        const world = made({});
        try {
          anything(world, at);
          world.end();
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          throw new ConformanceError(`${message}\nagain: seed ${at}`, [], { cause: error });
        }
      }
    }),
  ];
}
