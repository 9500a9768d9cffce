/**
 * Weak handles and cleanups, as JavaScript holds them.
 *
 * Not here: what becomes of them when an object dies (heap/sweep-specials.ts).
 */

import { shown } from './shown.ts';

/** What a weak handle asks of its heap. */
export interface WeakHost {
  /** The address of a handle; 0: its object is gone. @throws ERR_DISPOSED · ERR_REENTRANT */
  addressOf(handle: number, serial: number): number;
  /** This thread's object for a handle is not used any more. */
  released(handle: number, serial: number): void;
}

/** What tells its handle from others of the number. Not public. */
export let serialOf: (weak: Weak) => number;

/** A reference that does not keep its object. `heap.weak(address)` makes one. */
export class Weak {
  readonly #host: WeakHost;
  readonly #serial: number;
  #handle: number;

  constructor(host: WeakHost, handle: number, serial: number) {
    this.#host = host;
    this.#serial = serial;
    this.#handle = handle;
  }

  static {
    serialOf = (weak) => weak.#serial;
  }

  /**
   * The address it was made for, as long as the object lives; then 0. An object whose finalizer is due counts as dead. In a
   * heap that traces, nothing keeps the object after this call but what refers to it: `heap.root(weak.get())`.
   * @throws ERR_DISPOSED where the heap was
   */
  get(): number {
    return this.#handle === 0 ? 0 : this.#host.addressOf(this.#handle, this.#serial);
  }

  /** Gives the handle up, which otherwise lives as long as the object. Then it answers 0. */
  dispose(): void {
    const handle = this.#handle;
    this.#handle = 0;
    if (handle !== 0) this.#host.released(handle, this.#serial);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** One line, for whoever prints it. Not the address: that takes a look at the heap. */
  [shown](): string {
    return `Weak { ${this.#handle === 0 ? 'disposed of' : 'get() tells the address'} }`;
  }
}

/** What a cleanup asks of its heap. */
export interface CleanupHost {
  /** Takes a cleanup back, by its special and the serial of its function. 0: there is nothing to be taken back. */
  stop(special: number, serial: number): void;
}

/** A cleanup that was set: `heap.addCleanup` makes one. */
export class Cleanup {
  readonly #host: CleanupHost;
  readonly #special: number;
  readonly #serial: number;

  constructor(host: CleanupHost, special: number, serial: number) {
    this.#host = host;
    this.#special = special;
    this.#serial = serial;
  }

  /** Takes the cleanup back. It has no effect once the object was found dead, as in Go. */
  stop(): void {
    this.#host.stop(this.#special, this.#serial);
  }
}
