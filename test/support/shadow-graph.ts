/**
 * A graph of objects, and its shadow in JavaScript: random allocations, stores, copies, fills, writes and roots on a
 * heap that traces, with all of it remembered beside. What may live is computed from the shadow by the heap's own rules:
 *
 *   - what a root leads to lives: a handle, a global, a scope, a frame's slot, an owner, and the object allocated last
 *   - of an object with a type those words are followed that its type calls pointers; of one without all whole words
 *   - an address from within an object leads to it; one that is no object's leads nowhere
 *   - a block of tiny objects lives as a whole
 *   - what a pinned object, or one that waits for its finalizer, leads to lives with it; of an object with a finalizer
 *     what it leads to, though not itself
 *
 * A finalizer is called once, after the collection that found its object dead, and of objects that lead to each other
 * only the first one's. Weak handles are cleared by that collection.
 *
 * After a collection every object that can be reached must be there with its contents, and no other.
 */
import { expect } from 'vitest';
import type { FrameStack } from '../../lib/api/frame-stack.ts';
import { type Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { StructSpec, TypeBase } from '../../lib/api/heap-type.ts';
import type { Root } from '../../lib/api/root.ts';
import { DueFinalizers } from './due-finalizers.ts';
import type { Random } from './random.ts';
import { ShadowCycles, type ShadowOptions } from './shadow-cycles.ts';
import {
  compare,
  isFollowed,
  isThere,
  kinds,
  newThing,
  note,
  type Pair,
  putWord,
  show,
  type Thing,
  Things,
  writeWord,
} from './shadow-things.ts';

export class ShadowGraph {
  collections = 0;
  readonly #heap: Heap;
  readonly #random: Random;
  readonly #options: ShadowOptions;
  readonly #things = new Things();
  readonly #types: readonly TypeBase[];
  readonly #pair: Pair;
  readonly #roots: Root[] = [];
  readonly #globals: Root[];
  readonly #stack: FrameStack;
  #frames: number[] = [];
  /** What was given out last. */
  #last = 0;
  readonly #due: DueFinalizers;
  /** Cycles beside the program, where there are such. */
  readonly cycles: ShadowCycles | undefined;

  constructor(heap: Heap, random: Random, options: ShadowOptions) {
    this.#heap = heap;
    this.#due = new DueFinalizers(heap);
    this.#random = random;
    this.#options = options;
    this.#pair = heap.type(kinds.pair);
    const others = Object.values<StructSpec>(kinds).slice(1);
    this.#types = [this.#pair, ...others.map((fields) => heap.type(fields))];
    this.#globals = ['one', 'two'].map((name) => heap.global(name));
    this.#stack = heap.newStack(4096);
    if (options.slices !== undefined)
      this.cycles = new ShadowCycles(heap, random, {
        things: this.#things,
        pair: this.#pair,
        reachable: () => this.#reachable(),
        anyone: () => this.#anyone(),
        anyHeld: () => this.#things.at(this.#anyRoot()),
        followed: (thing) => this.#followed(thing),
        ended: () => this.collect(),
      });
  }

  run(): void {
    for (let i = 0; i < this.#options.steps; i++) this.#step();
    this.#runFinalizers();
    this.collect();
  }

  /** Finalizers that were called. */
  get called(): number {
    return this.#due.called;
  }
  #step(): void {
    const what = this.#random.below(1000);
    if (what < 330) this.#allocate();
    else if (what < 700) this.#store();
    else if (what < 740) this.#storeRaw();
    else if (what < 770) this.#copy();
    else if (what < 790) this.#fill();
    else if (what < 900) this.#reroot();
    else if (what < 960) this.#frame();
    else if (what < 975) this.#look();
    else if (what < 996) this.#mark();
    else this.collect();
    if (this.cycles !== undefined) this.#besides(this.cycles);
  }

  #besides(cycles: ShadowCycles): void {
    const random = this.#random;
    if (this.#options.slices === 'with views' && random.below(4) === 0) cycles.view();
    if (cycles.isMarking && random.below(4) === 0) this.#copy();
    if (cycles.isMarking && random.below(4) === 0) this.#fill();
    cycles.step();
  }

  // ---------------------------------------------------------------- allocating

  #allocate(): void {
    const random = this.#random;
    const what = random.below(100);
    const { count } = runtimeOf(this.#heap).gc.log.columns;
    const before = count[0];
    if (what < 45) this.#add(this.#heap.new(this.#pair), this.#pair, 1);
    else if (what < 65) {
      const type = random.of(this.#types);
      this.#add(this.#heap.new(type), type, 1);
    } else if (what < 75) {
      const type = random.of(this.#types);
      const n = random.below(this.#options.large && random.below(30) === 0 ? 900 : 12);
      if (n > 0) this.#add(this.#heap.newArray(type, n), type, n);
    } else if (what < 90) {
      const size = 1 + random.below(random.below(20) === 0 ? 5000 : 200);
      this.#addUntyped(this.#heap.malloc(size, false, true), size);
    } else {
      const drawn = random.below(660);
      const size = drawn < 600 ? 1 + (drawn % 60) : 1 + (drawn - 600) * 80;
      this.#addPlain(this.#heap.malloc(size, true, true), size);
    }
    // What a collection in between has freed may have been given out again: the shadow is put right at once.
    if (count[0] !== before) this.#settle();
    if (random.below(3) === 0) this.#hold(this.#last);
  }

  #add(addr: number, type: TypeBase, n: number): void {
    const { size, pointerWords } = type.layout;
    const words = size / 8;
    const pointers: number[] = [];
    for (let i = 0; i < n; i++) for (const word of pointerWords) pointers.push(i * words + word);
    this.#enter(newThing(addr, words * n, this.#slot(words * n * 8), pointers));
  }

  #addUntyped(addr: number, size: number): void {
    const words = Math.ceil(size / 8);
    this.#enter(newThing(addr, words, this.#slot(size), undefined));
  }

  /** Objects that hold no pointers, mostly small; tiny ones share a block, which is one thing. */
  #addPlain(addr: number, size: number): void {
    this.#last = addr;
    const { base, size: slot } = this.#heap.findObject(addr)!;
    if (this.#things.at(addr) === undefined || size >= 16)
      this.#enter(newThing(base, Math.floor(Math.min(size, slot) / 8), slot, []));
    this.#last = addr;
  }

  #slot(size: number): number {
    const rounded = this.#heap.roundUpSize(size);
    return size > 32768 ? size : rounded;
  }

  /** Something new. Its place must be nobody's: what a collection has freed was forgotten with it. */
  #enter(thing: Thing): void {
    this.#last = thing.addr;
    const old = this.#things.overlapping(thing);
    if (old !== undefined) expect.fail(`${show(thing.addr)} was given out, where ${show(old.addr)} is`);
    this.#things.add(thing);
  }

  // ---------------------------------------------------------------- mutating

  /** Something that can be reached, by chance: only that may be touched. */
  #anyone(): Thing | undefined {
    const random = this.#random;
    let thing = this.#things.at(this.#anyRoot());
    for (let hops = random.below(6); thing !== undefined && hops > 0; hops--) {
      const next = this.#things.at(thing.content.get(random.of(this.#followed(thing))) ?? 0);
      if (next === undefined) break;
      thing = next;
    }
    return thing;
  }

  /** Words that are followed; some word where there are none. */
  #followed({ pointers, words }: Thing): readonly number[] {
    if (pointers !== undefined && pointers.length > 0) return pointers;
    return [this.#random.below(Math.max(1, words))];
  }

  #anyRoot(): number {
    const all = [...this.#held()];
    return all.length === 0 ? this.#last : this.#random.of(all);
  }

  /** An address that leads to a thing: its first byte, one within it, or at times nothing. */
  #anyAddress(): number {
    const random = this.#random;
    const thing = random.below(8) === 0 ? undefined : this.#anyone();
    if (thing === undefined) return 0;
    return random.below(4) === 0 ? thing.addr + random.below(thing.slot) : thing.addr;
  }

  /** A pointer into a word that may hold one. */
  #store(): void {
    const thing = this.#anyone();
    if (thing === undefined || thing.pointers?.length === 0 || thing.words === 0) return;
    const word =
      thing.pointers === undefined ? this.#random.below(thing.words) : this.#random.of(thing.pointers);
    putWord(this.#heap, this.#pair, thing, word, this.#anyAddress());
  }

  /** Anything into a word that holds no pointer, or of an object without a type into any. */
  #storeRaw(): void {
    const random = this.#random;
    const thing = this.#anyone();
    if (thing === undefined || thing.words === 0) return;
    const word = random.below(thing.words);
    if (thing.pointers !== undefined && isFollowed(thing.pointers, word)) return;
    // Addresses in words that are none keep nothing alive; numbers in words that may be pointers lead nowhere.
    const value = random.below(2) === 0 ? this.#anyAddress() : this.#anyThing() + random.below(100);
    writeWord(this.#heap, thing.addr + word * 8, value);
    note(thing, word, value);
  }

  /** An address that something has, or had. */
  #anyThing(): number {
    return this.#things.addresses.length === 0 ? 0 : this.#random.of(this.#things.addresses);
  }

  /** A whole object over another of the same words. */
  #copy(): void {
    const to = this.#anyone();
    const isAlike = (thing: Thing): boolean =>
      thing.words === to?.words && String(thing.pointers) === String(to.pointers);
    let from = this.#anyone();
    for (let tries = 6; tries > 0 && from !== undefined && !isAlike(from); tries--) from = this.#anyone();
    if (to === undefined || to.words === 0 || from === undefined || !isAlike(from)) return;
    this.#heap.copy(to.addr, from.addr, from.words * 8);
    const content = [...from.content];
    to.content.clear();
    for (const [word, value] of content) to.content.set(word, value);
  }

  /** Zeroes a part of an object. */
  #fill(): void {
    const thing = this.#anyone();
    if (thing === undefined || thing.words === 0) return;
    const first = this.#random.below(thing.words);
    const n = 1 + this.#random.below(thing.words - first);
    this.#heap.fill(thing.addr + first * 8, n * 8, 0);
    for (let word = first; word < first + n; word++) thing.content.delete(word);
  }

  // ---------------------------------------------------------------- roots

  /** What is held, by all kinds of roots. */
  *#held(): Generator<number> {
    for (const root of [...this.#roots, ...this.#globals]) if (root.address !== 0) yield root.address;
    for (const value of this.#frames) if (value !== 0) yield value;
    if (this.#last !== 0) yield this.#last;
  }

  #hold(address: number): void {
    const random = this.#random;
    if (this.#things.at(address) === undefined) return;
    switch (random.below(4)) {
      case 0:
        random.of(this.#globals).address = address;
        break;
      case 1:
        if (this.#frames.length > 0) this.#setSlot(random.below(this.#frames.length), address);
        break;
      default:
        if (this.#roots.length < 40) this.#roots.push(this.#heap.root(address));
        else random.of(this.#roots).address = address;
    }
  }

  #reroot(): void {
    const random = this.#random;
    if (random.below(3) === 0 && this.#roots.length > 0) {
      const [root] = this.#roots.splice(random.below(this.#roots.length), 1);
      root!.dispose();
    } else if (random.below(4) === 0) random.of(this.#globals).address = 0;
    else this.#hold(this.#anyAddress());
  }

  #frame(): void {
    const random = this.#random;
    if (this.#frames.length < 200 && random.below(2) === 0) {
      const n = 1 + random.below(5);
      const held = n === 1 ? this.#anyAddress() : 0;
      expect(n === 1 ? this.#stack.hold(held) : this.#stack.push(n)).toBe(this.#frames.length);
      for (let i = 0; i < n; i++) this.#frames.push(held);
    } else if (this.#frames.length > 0) {
      const n = 1 + random.below(Math.min(6, this.#frames.length));
      this.#stack.pop(n);
      this.#frames = this.#frames.slice(0, this.#frames.length - n);
    }
    for (let i = 0; i < 2 && this.#frames.length > 0; i++)
      this.#setSlot(random.below(this.#frames.length), this.#anyAddress());
  }

  #setSlot(slot: number, address: number): void {
    this.#stack.set(slot, address);
    this.#frames[slot] = address;
  }

  // ---------------------------------------------------------------- what is known of single objects

  /** Sets or removes a finalizer, pins or unpins, takes a weak handle; calls what is due. */
  #mark(): void {
    const random = this.#random;
    if (random.below(12) === 0) this.#runFinalizers();
    const thing = this.#anyone();
    if (thing === undefined) return;
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
      case 3:
        this.#setFinalizer(thing);
        break;
      case 4: {
        const [at] = thing.finalized;
        if (at === undefined) return;
        this.#heap.setFinalizer(at, null);
        thing.finalized.delete(at);
        break;
      }
      case 5:
        thing.weak ??= this.#heap.weak(thing.addr);
        this.#revive();
        break;
      case 6:
        this.#heap.pin(thing.addr + random.below(thing.slot));
        thing.pins++;
        break;
      default:
        this.#unpin();
    }
  }

  #setFinalizer(thing: Thing): void {
    const isTiny = thing.slot === 16 && thing.pointers?.length === 0;
    const at = thing.addr + (isTiny && this.#random.below(2) === 0 ? this.#random.below(16) : 0);
    if (thing.finalized.has(at)) return;
    thing.finalized.add(at);
    this.#due.set(at, () => {
      const found = this.#things.at(at);
      if (found === undefined) expect.fail(`a finalizer was called for ${show(at)}, which is forgotten`);
      compare(this.#heap, found);
    });
  }

  /** What a weak handle answers is there, reachable or not, and may be made reachable again. */
  #revive(): void {
    const known = this.#things.all.filter(({ weak, addr }) => weak !== undefined && weak.get() === addr);
    if (known.length > 0) this.#hold(this.#random.of(known).addr);
  }

  #unpin(): void {
    const pinned = this.#things.all.filter(({ pins }) => pins > 0);
    if (pinned.length === 0) return;
    const thing = this.#random.of(pinned);
    this.#heap.unpin(thing.addr);
    thing.pins--;
  }

  #runFinalizers(): void {
    // A collection that ran by itself may have spans left to be swept.
    this.collect();
    this.#due.run();
  }

  // ---------------------------------------------------------------- looking

  #look(): void {
    const thing = this.#anyone();
    if (thing !== undefined) compare(this.#heap, thing);
  }

  /** What can be reached, by the heap's rules. */
  #reachable(): Set<Thing> {
    return this.#things.reachable([...this.#held(), ...this.#due.addresses]);
  }

  /** What a collection does of which this is what it finds alive: queues finalizers, clears handles. What stays. */
  #die(living: Set<Thing>): Set<Thing> {
    const staying = new Set(living);
    for (const thing of this.#things.all) {
      if (living.has(thing)) {
        if (thing.weak !== undefined && thing.weak.get() !== thing.addr)
          expect.fail(`the weak handle of ${show(thing.addr)} was cleared too early`);
        continue;
      }
      if (thing.weak !== undefined) {
        if (thing.weak.get() !== 0) expect.fail(`the weak handle of ${show(thing.addr)} was not cleared`);
        thing.weak = undefined;
      }
      if (thing.finalized.size === 0) continue;
      staying.add(thing);
      for (const at of thing.finalized) this.#due.add(at);
      thing.finalized.clear();
    }
    return staying;
  }

  /** A collection has run by itself: what it freed is not known yet, but what can be reached must be there. */
  #settle(): void {
    // What one beside the program has found dead is known after another one.
    if (this.cycles !== undefined) {
      this.cycles.settle();
      return;
    }
    const reachable = this.#reachable();
    const living = this.#die(reachable);
    // What only a finalizer keeps is found again when its span is swept.
    for (const thing of reachable) isThere(this.#heap, thing);
    for (const thing of this.#things.all) if (!living.has(thing)) this.#things.remove(thing);
  }

  collect(): void {
    this.collections++;
    this.#heap.gc();
    this.cycles?.forget();
    const living = this.#die(this.#reachable());
    for (const thing of this.#things.all) {
      if (living.has(thing)) {
        isThere(this.#heap, thing);
        compare(this.#heap, thing);
      } else {
        const found = this.#heap.findObject(thing.addr);
        if (found !== undefined) expect.fail(`garbage at ${show(thing.addr)} was not freed`);
        this.#things.remove(thing);
      }
    }
    const objects = this.#heap.readMemStats().HeapObjects;
    const tiny = [...living].filter(({ slot, pointers }) => slot === 16 && pointers?.length === 0).length;
    // Tiny objects count one by one as long as their block lives, other objects once.
    if (objects < living.size - tiny) expect.fail(`${objects} objects live, ${living.size} should`);
    this.#heap.check(3);
  }
}
