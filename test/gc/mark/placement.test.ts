/**
 * What a collection of our own marking leaves is where the next objects go: the allocations that the real runtime's malloc
 * was recorded with, on a heap that traces and on one that is told what dies, which the models of the designs and the
 * recorded answers hold. The same objects die, found by pointers in memory here, dropped there; then every object that
 * follows must come to the same place, also after more collections.
 *
 * Work buffers take pages while a cycle marks, as the real runtime's do, and so move what comes later. Marking by spans needs
 * none; for marking by objects there is no memory for them here.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../../lib/api/heap.ts';
import type { TypeBase } from '../../../lib/api/heap-type.ts';
import { MiB } from '../../../lib/base/units.ts';
import type { HeapOptions } from '../../../lib/design/options.ts';
import { WorkBuffers } from '../../../lib/gc/mark/work-buffers.ts';
import { those, times } from '../../support/extent.ts';
import { Random, seedOf } from '../../support/random.ts';
import { readGolden } from '../read-golden.ts';

type Allocation = readonly [size: number, hasPointers: boolean];

/** Recorded allocations: their sizes, and whether they may hold pointers. */
function allocations(name: string, n: number): Allocation[] {
  return readGolden(`malloc/${name}`)
    .lines.filter((line) => Array.isArray(line) && typeof line[0] === 'number')
    .slice(0, n)
    .map(([size, hasPointers]) => [size as number, hasPointers === 1]);
}

const perRound = Math.min(1500, times(600));
/** One in so many objects lives on. */
const livingOf = 3;
const stackBytes = 8 * perRound * 2;

/** Where objects come to, round after round of allocations and a collection, of which a seed says what lives. */
abstract class Placed {
  readonly places: number[] = [];
  readonly heap: Heap;

  constructor(options: HeapOptions) {
    this.heap = new Heap({ environment: false, reach: 1024 * MiB, gcPercent: -1, ...options });
    onTestFinished(() => this.heap.dispose());
  }

  run(rounds: readonly (readonly Allocation[])[], seed: number): void {
    const random = new Random(seed);
    this.begin();
    for (const round of rounds) {
      // What was allocated last is a root where the heap traces, so it lives everywhere.
      const lives = round.map((_, i) => random.below(livingOf) === 0 || i === round.length - 1);
      const made = round.map((allocation, i) => {
        const at = this.make(allocation);
        this.keep(at, allocation, lives[i] === true);
        return at;
      });
      const base = this.heap.ranges()[0]!.base;
      for (const at of made) this.places.push(at - base);
      for (const [i, at] of made.entries()) if (!lives[i]) this.end(at);
      this.heap.gc();
    }
    this.heap.check(3);
  }

  protected begin(): void {}
  protected abstract make(allocation: Allocation): number;
  protected keep(_at: number, _allocation: Allocation, _lives: boolean): void {}
  protected end(_at: number): void {}
}

/** Told by drops. */
class Dropped extends Placed {
  protected override begin(): void {
    this.heap.allocStack(stackBytes);
  }

  protected make([size, hasPointers]: Allocation): number {
    return this.heap.malloc(size, !hasPointers);
  }

  protected override end(at: number): void {
    if (at !== this.#zero) this.heap.drop(at);
  }

  get #zero(): number {
    return this.heap.malloc(0);
  }
}

/** Found by pointers: those that live hang in lists that begin in a frame, objects without pointers in slots of it. */
class Traced extends Placed {
  readonly #types = new Map<
    number,
    TypeBase & { to: { at(i: number): { set(at: number, to: number): void } } }
  >();
  #stack: ReturnType<Heap['newStack']> | undefined;
  #list = 0;

  protected override begin(): void {
    this.#stack = this.heap.newStack(stackBytes);
    this.#list = this.#stack.push(1);
  }

  protected make([size, hasPointers]: Allocation): number {
    const type = hasPointers ? this.#typeOf(size) : undefined;
    return type === undefined ? this.heap.malloc(size, !hasPointers) : this.heap.new(type);
  }

  protected override keep(at: number, [size, hasPointers]: Allocation, lives: boolean): void {
    const stack = this.#stack!;
    const type = hasPointers ? this.#typeOf(size) : undefined;
    if (type === undefined) {
      if (lives) stack.set(stack.push(1), at);
      return;
    }
    // Garbage points to what lives, too, which keeps nothing.
    type.to.at(Math.floor(size / 8) - 1).set(at, stack.get(this.#list));
    if (lives) stack.set(this.#list, at);
  }

  #typeOf(size: number) {
    if (size < 8) return undefined;
    let type = this.#types.get(size);
    if (type === undefined) {
      const tail = size % 8 === 0 ? {} : { tail: ['u8', size % 8] as const };
      type = this.heap.type({ to: ['pointer', Math.floor(size / 8)], ...tail }) as never;
      this.#types.set(size, type!);
    }
    return type;
  }
}

const seed = seedOf('PAGEHEAP_PLACEMENT_SEED');
const all = [...allocations('f1', 2 * perRound), ...allocations('g1', 2 * perRound)];
const rounds = [0, 1, 2, 3].map((i) => all.slice(i * perRound, (i + 1) * perRound));

describe.each(['lists', 'treap', 'radix'] as const)('%s', (generation) => {
  /** The same for all ways to mark. */
  let told: Dropped | undefined;

  const ways = (['stop-the-world', 'incremental'] as const).flatMap((marking) =>
    (['objects', 'spans'] as const).map((markOrder) => [marking, markOrder] as const),
  );
  test.each(those(ways, (_way, i) => i % 3 === 0))(
    '%s, by %s: the next objects come to the places they have where death is told',
    (marking, markOrder) => {
      told ??= new Dropped({ generation });
      if (told.places.length === 0) told.run(rounds, seed);
      const { push } = WorkBuffers.prototype;
      WorkBuffers.prototype.push = () => false;
      onTestFinished(() => {
        WorkBuffers.prototype.push = push;
      });
      const found = new Traced({ generation, liveness: 'tracing', marking, markOrder });
      found.run(rounds, seed);
      const first = told.places.findIndex((place, i) => place !== found.places[i]);
      const { size, places } = { size: all[first]?.[0], places: [told.places[first], found.places[first]] };
      expect({ seed, first, size, places }).toMatchObject({ first: -1 });
      expect(new Set(told.places).size).toBeGreaterThan(perRound);
    },
  );
});
