/**
 * This thread's weak handles: the JavaScript object of each, by the handle's number.
 *
 * The table keeps them, so that the same address gives the same object; the heap's row says by its serial whether an entry
 * is still that of the number. Nothing is asked of the engine: an entry goes when the handle is disposed of, when a sweep of this
 * thread finds its object dead, or when the number is used again. A sweep of another thread's leaves it until then: entries
 * are never more than the heap's rows.
 *
 * What lives for ever has no handle in the heap: its address, negative, stands for one.
 *
 * Not here: the heap's part (heap/weak-handles.ts).
 */
import { serialOf, Weak, type WeakHost } from './weak.ts';

export class WeakTable {
  readonly #host: WeakHost;
  readonly #made: (Weak | undefined)[] = [undefined];
  readonly #forEver = new Map<number, Weak>();

  constructor(host: WeakHost) {
    this.#host = host;
  }

  /** The object of a handle. */
  of(handle: number, serial: number): Weak {
    const known = handle < this.#made.length ? this.#made[handle] : undefined;
    if (known !== undefined && serialOf(known) === serial) return known;
    const made = new Weak(this.#host, handle, serial);
    this.#made[handle] = made;
    return made;
  }

  /** The same of the handle of an address that is there for ever. */
  ofEver(address: number): Weak {
    let made = this.#forEver.get(-address);
    if (made === undefined) this.#forEver.set(-address, (made = new Weak(this.#host, -address, 0)));
    return made;
  }

  /** A handle has no object any more. */
  delete(handle: number): void {
    if (handle < 0) this.#forEver.delete(handle);
    else if (handle < this.#made.length) this.#made[handle] = undefined;
  }

  clear(): void {
    this.#made.length = 0;
    this.#forEver.clear();
  }
}
