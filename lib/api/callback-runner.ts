/**
 * The callback runner: calls the finalizers and cleanups of this thread that are due.
 *
 * Never inside an operation of the heap: what a sweep has queued is called from the event loop, in a turn of its own, or
 * by `heap.runFinalizers()`. So a callback finds the heap whole and may do with it whatever it likes: allocate, collect,
 * set a finalizer again, or dispose of it, which ends the run. What a run's own callbacks queue waits for the next.
 *
 * An error of a callback is nobody's who called the heap: it becomes an uncaught exception, as with Node's EventTarget
 * and FinalizationRegistry, and the callbacks after it run all the same.
 *
 * The functions are kept here, by number; the numbers stand in specials (heap/specials.ts). All that is kept of one stands
 * side by side in one array, so that who comes to a number that was used before waits for one line of memory: its
 * function, its argument, its serial. On a heap that is shared another thread may queue something for this one, which
 * looks ten times a second while it has any callbacks.
 *
 * Not here: what is due (gc/callback-queue.ts).
 */
import { PageHeapError } from '../base/errors.ts';
import type { CallbackQueue } from '../gc/callback-queue.ts';
import type { Guard } from './heap-reports.ts';

/** A finalizer is called with the address of its object, a cleanup with what was given for it. */
export type Callback = (argument: never) => unknown;

const lookMs = 100;

/** Where things stand beside a function, and how many places one takes. */
const argumentPlace = 1;
const serialPlace = 2;
const places = 3;

export class CallbackRunner {
  readonly #queue: CallbackQueue;
  readonly #p: number;
  readonly #guarded: Guard;
  /** A number is the place of its function here. */
  readonly #held: unknown[] = [];
  readonly #unused: number[] = [];
  #lastSerial = 0;
  #isOpen = true;
  #isRunning = false;
  #isScheduled = false;
  #isShared: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(queue: CallbackQueue, p: number, isShared: boolean, guarded: Guard) {
    this.#queue = queue;
    this.#p = p;
    this.#isShared = isShared;
    this.#guarded = guarded;
    queue.hooks = {
      ...queue.hooks,
      queued: (of) => {
        if (of === p) this.#schedule();
      },
    };
  }

  /** Keeps a function, and what it will be called with. Its number. */
  hold(callback: Callback, argument: unknown): number {
    const held = this.#held;
    const serial = ++this.#lastSerial;
    let number = this.#unused.pop();
    if (number !== undefined) {
      held[number] = callback;
      held[number + argumentPlace] = argument;
      held[number + serialPlace] = serial;
    } else number = held.push(callback, argument, serial) - places;
    if (this.#isShared && this.#timer === undefined) this.#look();
    return number;
  }

  /** Lets a function go. */
  release(number: number): void {
    const held = this.#held;
    held[number] = undefined;
    held[number + argumentPlace] = undefined;
    held[number + serialPlace] = 0;
    this.#unused.push(number);
  }

  /** The serial of the last holding there was: no other has it. */
  get lastSerial(): number {
    return this.#lastSerial;
  }

  /** What tells this holding of a number from others, since numbers are used again. 0: nothing is kept under it. */
  serialOf(number: number): number {
    return (this.#held[number + serialPlace] as number | undefined) ?? 0;
  }

  get #holdsAny(): boolean {
    return this.#held.length > this.#unused.length * places;
  }

  /** Other threads collect, too. */
  share(): void {
    this.#isShared = true;
    if (this.#holdsAny) this.#look();
  }

  /** The heap is gone: nothing is called any more. */
  close(): void {
    this.#isOpen = false;
    clearInterval(this.#timer);
  }

  /** Calls what is due now. How many were called; 0 from within a callback. */
  run(): number {
    let left = this.#guarded(() => this.#queue.waiting(this.#p));
    if (this.#isRunning) return 0;
    this.#isRunning = true;
    let called = 0;
    try {
      for (; left > 0 && this.#isOpen; left--) called += this.#callNext();
    } finally {
      this.#isRunning = false;
    }
    if (this.#isOpen && this.#guarded(() => this.#queue.waiting(this.#p)) > 0) this.#schedule();
    return called;
  }

  #callNext(): number {
    const due = this.#guarded(() => this.#queue.take(this.#p));
    if (due === undefined) return 0;
    const { kind, callback: number, address } = due;
    const callback = this.#held[number] as Callback;
    const argument = kind === 'finalizer' ? address : this.#held[number + argumentPlace];
    this.release(number);
    if (kind !== 'taken back') {
      try {
        callback(argument as never);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
    if (this.#isOpen) this.#guarded(() => this.#queue.finish(this.#p));
    return kind === 'taken back' ? 0 : 1;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isRunning || !this.#isOpen) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  /** A turn of the event loop's. */
  #turn(): void {
    this.#isScheduled = false;
    if (!this.#isOpen) return;
    try {
      this.run();
    } catch (error) {
      // A heap that is lost tells whoever uses it next.
      if (!(error instanceof PageHeapError)) throw error;
    }
  }

  #look(): void {
    this.#timer ??= setInterval(() => {
      if (this.#holdsAny) {
        this.#turn();
        return;
      }
      clearInterval(this.#timer);
      this.#timer = undefined;
    }, lookMs).unref();
  }
}
