/**
 * What the public heap has for single objects, on one thread: finalizers, cleanups, weak handles, pins, probes.
 *
 * Each call first finds the object and makes its span swept, so that no sweep comes later to what it has entered; an
 * object that is dead is then no object any more. Where liveness is explicit, one that was dropped is refused as well:
 * it will die, whatever is said of it.
 *
 * What lives for ever has nothing of this kind, and needs nothing: the empty object, and objects of bump memory.
 *
 * Not here: the public calls (special-heap.ts).
 */
import { ExplicitLiveness } from '../alloc/explicit-liveness.ts';
import { tinySpanClass } from '../alloc/size-classes.ts';
import { describe } from '../base/describe.ts';
import { hex } from '../base/hex.ts';
import { spanId } from '../base/units.ts';
import type { WriteBarrier } from '../gc/mark/barrier.ts';
import type { FoundObject } from '../heap/find-object.ts';
import { specialKind, specialsInWords } from '../heap/specials.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { spanUse } from '../spans/span-table.ts';
import { checkAddress, refuse, refuseFreed, refuseMemory, refuseMore } from './arguments.ts';
import { type Callback, CallbackRunner } from './callback-runner.ts';
import type { Guard } from './heap-reports.ts';
import { collectFully } from './settings.ts';
import { Cleanup, type CleanupHost, type Weak, type WeakHost } from './weak.ts';
import { WeakTable } from './weak-table.ts';

export class SpecialCalls implements CleanupHost, WeakHost {
  readonly runner: CallbackRunner;
  readonly #runtime: Runtime;
  readonly #p: number;
  readonly #guarded: Guard;
  readonly #explicit: ExplicitLiveness | undefined;
  /** This thread's objects for weak handles. */
  readonly #weak = new WeakTable(this);
  #isOpen = true;

  constructor(runtime: Runtime, p: number, guarded: Guard) {
    this.#runtime = runtime;
    this.#p = p;
    this.#guarded = guarded;
    const { liveness } = runtime.alloc;
    this.#explicit = liveness instanceof ExplicitLiveness ? liveness : undefined;
    this.runner = new CallbackRunner(runtime.special.callbacks, p, runtime.memory.isShared, guarded);
    runtime.special.weak.ended = (handle) => this.#weak.delete(handle);
  }

  /** The heap is about to be left by this thread, and lives on. Under the heap's lock. */
  leave(): void {
    this.#weak.clear();
  }

  /** Nothing can be reached any more. */
  close(): void {
    this.#isOpen = false;
    this.runner.close();
  }

  /** No getter: a private one is a call of the engine's runtime, each time. */
  #barrier(): WriteBarrier | undefined {
    return this.#runtime.gc.tracing?.barrier;
  }

  // ---------------------------------------------------------------- finalizers and cleanups

  setFinalizer(address: number, finalizer: Callback | null): void {
    if (finalizer !== null) checkFunction(finalizer, 'a finalizer is a function, or null to remove it');
    this.#guarded(() => {
      if (this.#isForEver(address)) return;
      const span = this.#startOf(address);
      if (finalizer === null) this.#removeFinalizer(span, address);
      else {
        this.#enter(span, address, specialKind.finalizer, finalizer, undefined);
        this.#barrier()?.shadeIn(address);
      }
    });
  }

  addCleanup(address: number, cleanup: Callback, argument: unknown): Cleanup {
    checkFunction(cleanup, 'a cleanup is a function');
    if (argument === address)
      refuse(
        'ERR_INVALID_ARGUMENT',
        "a cleanup is not given its object's address: the object is gone",
        address,
      );
    return this.#guarded(() => {
      if (this.#isForEver(address)) return new Cleanup(this, 0, 0);
      const span = this.#livingSpan(address);
      const id = this.#enter(span, address, specialKind.cleanup, cleanup, argument);
      return new Cleanup(this, id, this.runner.lastSerial);
    });
  }

  /** Enters a callback of this thread's. The special. @throws ERR_FINALIZER_SET · ERR_OUT_OF_MEMORY */
  #enter(
    s: number,
    address: number,
    kind: typeof specialKind.finalizer | typeof specialKind.cleanup,
    callback: Callback,
    argument: unknown,
  ): number {
    const { specials, callbacks } = this.#runtime.special;
    const number = this.runner.hold(callback, argument);
    const id = specials.add(s, address, kind, number);
    if (id > 0) {
      callbacks.sign(id, this.#p);
      return id;
    }
    this.runner.release(number);
    if (id === 0) this.#refuseMemory();
    refuse('ERR_FINALIZER_SET', `the object has a finalizer already: ${hex(address)}`, address);
  }

  #removeFinalizer(s: number, address: number): void {
    const { specials } = this.#runtime.special;
    const id = specials.find(s, address, specialKind.finalizer);
    if (id === 0) return;
    // What the object refers to was kept by the finalizer, and may have been read meanwhile.
    this.#barrier()?.shadeIn(address);
    specials.unlink(s, id);
    this.#takeBack(id);
  }

  stop(id: number, serial: number): void {
    if (!this.#isOpen || id === 0) return;
    this.#guarded(() => {
      const { specials, callbacks } = this.#runtime.special;
      const { kind, value, address } = specials.rows();
      // The row may be another special's by now, also another thread's, whose numbers are of its own functions.
      const isStill = (): boolean =>
        kind[id] === specialKind.cleanup &&
        callbacks.isOf(id, this.#p) &&
        this.runner.serialOf(value[id]) === serial;
      if (!isStill()) return;
      const s = this.#runtime.alloc.spanSweeper.sweptAt(address[id]);
      // The sweep may have found the object dead.
      if (!isStill()) return;
      specials.unlink(s, id);
      this.#takeBack(id);
    });
  }

  /** A callback that has left its span's list is not called. */
  #takeBack(id: number): void {
    const { specials, callbacks } = this.#runtime.special;
    if (!callbacks.isOf(id, this.#p)) {
      callbacks.takeBack(id);
      return;
    }
    this.runner.release(specials.rows().value[id]);
    specials.free(id);
  }

  // ---------------------------------------------------------------- weak handles

  weak(address: number): Weak {
    return this.#guarded(() => {
      if (this.#isForEver(address)) return this.#weak.ofEver(address);
      const handle = this.#hold(address);
      return this.#weak.of(handle, this.#runtime.special.weak.serialOf(handle));
    });
  }

  /** The handle of a living object, which this thread holds from now on, if it did not. */
  #hold(address: number): number {
    const span = this.#livingSpan(address);
    const { weak } = this.#runtime.special;
    const handle = weak.hold(span, address, this.#p);
    if (handle !== 0) return handle;
    if (weak.room.isFull) refuseMore(this.#runtime, 'a weak handle', 'weak handles', weak.room);
    return this.#refuseMemory();
  }

  addressOf(handle: number, serial: number): number {
    return this.#guarded(() => {
      if (handle < 0) return -handle;
      const { weak } = this.#runtime.special;
      if (weak.serialOf(handle) !== serial) return 0;
      const address = weak.addressOf(handle);
      // What a sweep has yet to find dead is told apart by sweeping.
      this.#runtime.alloc.spanSweeper.sweptAt(address);
      if (weak.serialOf(handle) !== serial || !this.#lives(address)) return 0;
      // Whoever has it may make it reachable again.
      this.#barrier()?.shade(address);
      return address;
    });
  }

  released(handle: number, serial: number): void {
    if (!this.#isOpen) return;
    this.#guarded(() => {
      if (handle > 0 && this.#runtime.special.weak.serialOf(handle) !== serial) return;
      this.#weak.delete(handle);
      if (handle > 0) this.#release(handle, serial);
    });
  }

  #release(handle: number, serial: number): void {
    this.#runtime.special.weak.release(handle, serial, this.#p, (address) =>
      this.#runtime.alloc.spanSweeper.sweptAt(address),
    );
  }

  // ---------------------------------------------------------------- pins and probes

  pin(address: number): void {
    this.#guarded(() => {
      if (this.#isForEver(address)) return;
      const { span, index, base } = this.#living(address);
      if (!this.#runtime.special.pins.pin(spanId(span), index, base)) this.#refuseMemory();
      this.#barrier()?.shade(address);
    });
  }

  unpin(address: number): void {
    this.#guarded(() => {
      if (this.#isForEver(address)) return;
      const { span, index, base } = this.#object(address);
      if (!this.#runtime.special.pins.unpin(spanId(span), index, base))
        refuse('ERR_NOT_PINNED', `the object is not pinned: ${hex(address)}`, address);
      this.#barrier()?.shade(address);
    });
  }

  pins(address: number): number {
    return this.#guarded(() => {
      if (this.#isForEver(address)) return 0;
      const { span, index, base } = this.#object(address);
      return this.#runtime.special.pins.count(span, index, base);
    });
  }

  /** Runs a collection. Of each address, whether its object was found alive. */
  willSurvive(addresses: readonly number[]): boolean[] {
    return this.#guarded(() => {
      const { specials, sweeping } = this.#runtime.special;
      const asked = addresses.map((address) =>
        this.#isForEver(address) ? undefined : this.#object(address),
      );
      // The sweep of a cycle that is under way would answer by what was alive when it began. What it frees is dead.
      const { collector } = this.#runtime.gc;
      if (collector.isMarking && !collector.endCycle())
        refuseMemory(this.#runtime, 'no memory to collect', 0);
      const isThere = (at: number): boolean => this.#runtime.alloc.finder.find(at) !== undefined;
      const objects = asked.map((found) => (found === undefined || isThere(found.base) ? found : 'freed'));
      const answers = new Map<number, boolean>();
      const entered: { readonly id: number; readonly span: number; readonly base: number }[] = [];
      sweeping.hooks.probed = (probe, lives) => void answers.set(probe, lives);
      try {
        for (const [i, found] of objects.entries()) {
          if (found === undefined || found === 'freed') continue;
          const { span, base } = found;
          const id = specials.add(span, base, specialKind.probe, i);
          if (id === 0) this.#refuseMemory();
          if (id > 0) entered.push({ id, span, base });
        }
        collectFully(this.#runtime);
      } catch (error) {
        for (const { id, span, base } of entered) {
          if (specials.find(span, base, specialKind.probe) !== id) continue;
          specials.unlink(span, id);
          specials.free(id);
        }
        throw error;
      } finally {
        sweeping.hooks.probed = () => {};
      }
      // An object that was asked for twice has one probe, of its first place.
      const places = new Map<number, number>();
      return objects.map((found, i) => {
        if (found === undefined) return true;
        if (found === 'freed') return false;
        if (!places.has(found.base)) places.set(found.base, i);
        return answers.get(places.get(found.base) ?? i) ?? false;
      });
    });
  }

  // ---------------------------------------------------------------- finding

  /** Every call begins here: what is no number is refused before anything goes by it. @throws ERR_INVALID_ADDRESS */
  #isForEver(address: number): boolean {
    checkAddress(address);
    const { memory, alloc } = this.#runtime;
    return address === memory.zeroBase || alloc.bump?.find(address) !== undefined;
  }

  /** The object around an address, of a span that is swept. @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_ARENA_FREED */
  #object(address: number): FoundObject {
    const { finder, spanSweeper } = this.#runtime.alloc;
    const found = finder.find(address);
    if (found === undefined) {
      refuseFreed(finder, address);
      if (finder.isOfHeap(address))
        refuse('ERR_NOT_ALLOCATED', `no object is there: ${hex(address)}`, address);
      refuse('ERR_INVALID_ADDRESS', `not an address of this heap: ${hex(address)}`, address);
    }
    this.#refuseArena(found, address);
    spanSweeper.ensureSwept(found.span);
    return found;
  }

  /** Objects of user arenas have no memory of their own that could be freed, and no marks: refused, as in Go. */
  #refuseArena(found: FoundObject | undefined, address: number): void {
    if (found !== undefined && this.#runtime.state.spans.columns.use[found.span] !== spanUse.heap)
      refuse(
        'ERR_INVALID_ARGUMENT',
        `this is not for an object of a user arena, which dies with that: ${hex(address)}`,
        address,
      );
  }

  /** The same of an object that lives. @throws ERR_ALREADY_DROPPED besides */
  #living(address: number): FoundObject {
    const found = this.#object(address);
    if (this.#explicit !== undefined && !this.#isLive(this.#explicit, found))
      refuse('ERR_ALREADY_DROPPED', `the object was dropped: ${hex(address)}`, address);
    return found;
  }

  /** The span, swept, of the object that lives around an address. @throws as `#living` */
  #livingSpan(address: number): number {
    // Nearly always it is an object's first byte, which explicit liveness knows at once.
    const s = this.#explicit?.spanStarting(address) ?? 0;
    if (s === 0) return this.#living(address).span;
    this.#runtime.alloc.spanSweeper.ensureSwept(s);
    return s;
  }

  /**
   * The span, swept, of an object that lives and begins there. Within a tiny block any byte may be a beginning, where
   * nobody keeps account of them. @throws ERR_INTERIOR_ADDRESS besides
   */
  #startOf(address: number): number {
    if (this.#explicit !== undefined) {
      const s = this.#explicit.spanStarting(address);
      if (s === 0) {
        this.#refuseArena(this.#runtime.alloc.finder.find(address), address);
        this.#explicit.explain(address);
      }
      this.#runtime.alloc.spanSweeper.ensureSwept(s);
      return s;
    }
    const { span, base, spanClass } = this.#object(address);
    if (address !== base && spanClass !== tinySpanClass)
      refuse('ERR_INTERIOR_ADDRESS', `inside an object, not at its first byte: ${hex(address)}`, address);
    return span;
  }

  /** Whether the object around an address that is in use lives. */
  #lives(address: number): boolean {
    if (this.#explicit === undefined) return true;
    const found = this.#runtime.alloc.finder.owner(address);
    return found !== undefined && this.#isLive(this.#explicit, found);
  }

  #isLive(liveness: ExplicitLiveness, { span, index }: FoundObject): boolean {
    return ((liveness.livingWord(span, index & ~31) >>> (index & 31)) & 1) === 1;
  }

  #refuseMemory(): never {
    const { room } = this.#runtime.special.specials;
    return refuseMore(this.#runtime, 'what is to be known of an object', specialsInWords, room);
  }
}

function checkFunction(given: unknown, message: string): void {
  if (typeof given !== 'function')
    refuse('ERR_INVALID_ARGUMENT', `${message}, not ${describe(given)}`, given);
}
