/**
 * Arithmetic memory: a door to the system behind which a heap's own pages are numbers alone.
 *
 * The heap's metadata is real as ever. Within a stretch of address space set aside for its objects a
 * reservation succeeds wherever it is asked for, transitions are booked and do nothing else, and a view or window
 * is empty, so that what the heap zeroes through it is dropped (a typed array ignores a write beyond its
 * end). So a heap of any size is replayed without a page of memory behind it.
 *
 * Not here: object memory that is real (real-objects.ts).
 */
import { type Address, address } from '../../base/units.ts';
import { maxReach } from '../../design/options.ts';
import { type MemoryState, type Purpose, Sys } from '../../os/sys.ts';

export class ArithmeticSys extends Sys {
  readonly #low: number;
  readonly #high: number;

  /** Addresses from `low` on are arithmetic, for as long as a heap can be. */
  constructor(low: number) {
    super({});
    this.#low = low;
    this.#high = low + maxReach;
  }

  override reserve(hint: number, length: number): Address {
    return this.#isArithmetic(hint) ? address(hint) : super.reserve(hint, length);
  }

  override map(addr: number, length: number, purpose: Purpose): boolean {
    if (!this.#isArithmetic(addr)) return super.map(addr, length, purpose);
    this.accounts.add(purpose, length);
    return true;
  }

  override used(addr: number, length: number, prepared: number = length): boolean {
    if (!this.#isArithmetic(addr)) return super.used(addr, length, prepared);
    this.accounts.mappedReady(prepared);
    return true;
  }

  override unused(addr: number, length: number): boolean {
    if (!this.#isArithmetic(addr)) return super.unused(addr, length);
    this.accounts.mappedReady(-length);
    return true;
  }

  override free(
    addr: number,
    length: number,
    purpose: Purpose,
    state: Exclude<MemoryState, 'none'>,
  ): boolean {
    if (!this.#isArithmetic(addr)) return super.free(addr, length, purpose, state);
    if (state !== 'reserved') this.accounts.add(purpose, -length);
    if (state === 'ready') this.accounts.mappedReady(-length);
    return true;
  }

  override fill(addr: number, length: number, byte: number): void {
    if (!this.#isArithmetic(addr)) super.fill(addr, length, byte);
  }

  override noHugePage(addr: number, length: number): boolean {
    return this.#isArithmetic(addr) || super.noHugePage(addr, length);
  }

  override view(addr: number, length: number): ArrayBuffer {
    return this.#isArithmetic(addr) ? new ArrayBuffer(0) : super.view(addr, length);
  }

  override window(addr: number, length: number): ArrayBuffer {
    return this.#isArithmetic(addr) ? new ArrayBuffer(0) : super.window(addr, length);
  }

  #isArithmetic(addr: number): boolean {
    return addr >= this.#low && addr < this.#high;
  }
}
