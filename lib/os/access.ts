/**
 * Access: reaching memory by its address, and the checks of every argument that crosses to the addon.
 *
 * Views are for memory known to be Ready: on any other they are a crash. Everything else may be tried on any
 * address: the kernel does the copying and says so where it would fault. A peek at a page never touched
 * leaves something there that mincore counts as resident (residency.ts): who measures asks mincore first.
 *
 * Not here: changing what is mapped (sys.ts, which extends this).
 */
import { markAsUntransferable } from 'node:worker_threads';
import { fatal, PageHeapError } from '../base/errors.ts';
import { GiB, userAddressEnd } from '../base/units.ts';
import { type Addon, loadAddon, pageAccess } from './addon.ts';
import { EFAULT, errnoName } from './errno.ts';

/** The longest view: Node 20's limit of an external ArrayBuffer. */
export const maxViewBytes = 4 * GiB;

let locks: boolean | undefined;

/**
 * Whether the mark that keeps a buffer from being transferred to another thread keeps it from being detached as well. In Node 24.11
 * it did not, in 24.15 it does, and Node-API's call to detach then ends the process. There a window goes without a mark: it
 * is handed to nobody, and only who takes it out of a private field could transfer it.
 */
export function marksLock(): boolean {
  if (locks !== undefined) return locks;
  const probe = new ArrayBuffer(8) as ArrayBuffer & { transfer?(): ArrayBuffer };
  markAsUntransferable(probe);
  try {
    // Engines that do not have this are older than that.
    probe.transfer?.();
    locks = false;
  } catch {
    locks = true;
  }
  return locks;
}

export class Access {
  readonly addon: Addon;
  /** Bytes of a physical page, a power of two. */
  readonly physPageSize: number;
  /** physPageSize − 1: the bits that are 0 in a page's address. */
  protected readonly alignMask: number;

  constructor(addon: Addon = loadAddon()) {
    this.addon = addon;
    this.physPageSize = addon.pageSize();
    this.alignMask = this.physPageSize - 1;
  }

  /**
   * An ArrayBuffer over [addr, addr + length), at most 4 GiB. It owns nothing: when the memory goes, a
   * use of it is a crash, unless it was detached. V8 counts it as memory of its own, and may collect at once.
   */
  view(addr: number, length: number): ArrayBuffer {
    this.#checkView(addr, length);
    const buffer = this.addon.view(addr, length);
    if (buffer === null) {
      throw new PageHeapError('ERR_SYSTEM', `the engine allows no view of ${length} bytes`, {
        value: length,
      });
    }
    return buffer;
  }

  /**
   * The same, for views of the heap's own, which nobody else gets to see: V8 counts them as no memory, so that
   * making one costs microseconds. Where the engine has no such thing it is a view as above.
   */
  window(addr: number, length: number): ArrayBuffer {
    this.#checkView(addr, length);
    const window = this.addon.window(addr, length);
    // What Node-API makes cannot be transferred as it is.
    if (window === null) return this.view(addr, length);
    if (!marksLock()) markAsUntransferable(window);
    return window;
  }

  /**
   * Lets a reservation be read, as zeros, until something is committed there: for address space that somebody who walks
   * through an object's fields may come to. It stays Reserved, and costs nothing. Where the kernel refuses, reading faults.
   */
  letRead(addr: number, length: number): void {
    this.checkRange(addr, length);
    this.addon.protect(addr, length, pageAccess.read);
  }

  /** Takes a view its memory: its length is 0 from now on. @returns whether the engine did */
  detach(buffer: ArrayBuffer): boolean {
    return this.addon.detach(buffer);
  }

  /** Zeroes memory. @throws as `fill` */
  zero(addr: number, length: number): void {
    this.fill(addr, length, 0);
  }

  /** Fills memory with the low eight bits of `byte`. @throws ERR_FAULT where some of it cannot be written */
  fill(addr: number, length: number, byte: number): void {
    if (length === 0) return;
    this.checkBytes(addr, length);
    if (!looked('fill', this.addon.fill(addr, length, byte & 0xff))) notThere('fill', addr);
  }

  /** Copies memory; the ranges may overlap. @throws ERR_FAULT where some of it cannot be read, or written */
  copy(to: number, from: number, length: number): void {
    if (length === 0) return;
    this.checkBytes(to, length);
    this.checkBytes(from, length);
    if (!looked('copy', this.addon.copy(to, from, length))) notThere('copy', to);
  }

  /** The bytes at any address; undefined where some of them cannot be read. */
  peek(addr: number, length: number): Uint8Array | undefined {
    this.checkBytes(addr, length);
    const out = new Uint8Array(length);
    return looked('peek', this.addon.peek(addr, out)) ? out : undefined;
  }

  /** Fills `out` from any address. @returns false where some of it cannot be read */
  peekInto(addr: number, out: Uint8Array): boolean {
    if (out.length === 0) return true;
    this.checkBytes(addr, out.length);
    return looked('peek', this.addon.peek(addr, out));
  }

  /** Writes bytes at any address. @returns false where some of it cannot be written */
  poke(addr: number, bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    this.checkBytes(addr, bytes.length);
    return looked('poke', this.addon.poke(addr, bytes));
  }

  #checkView(addr: number, length: number): void {
    this.checkBytes(addr, length);
    if (length > maxViewBytes) {
      throw new PageHeapError('ERR_INVALID_SIZE', `a view of ${length} bytes is longer than 4 GiB`, {
        value: length,
      });
    }
  }

  /** A length of whole physical pages, or ERR_INVALID_SIZE. */
  protected checkLength(length: number): void {
    if (
      !(Number.isInteger(length) && length > 0 && length <= userAddressEnd) ||
      (length & this.alignMask) !== 0
    ) {
      throw new PageHeapError('ERR_INVALID_SIZE', `not a positive multiple of the physical page: ${length}`, {
        value: length,
      });
    }
  }

  /** A range of whole physical pages below the end of user addresses, or ERR_INVALID_ADDRESS or _SIZE. */
  protected checkRange(addr: number, length: number): void {
    this.checkLength(length);
    if (
      !(Number.isInteger(addr) && addr > 0 && addr + length <= userAddressEnd) ||
      (addr & this.alignMask) !== 0
    ) {
      throw new PageHeapError('ERR_INVALID_ADDRESS', `not a physical page's address: ${addr}`, {
        value: addr,
      });
    }
  }

  /** As checkRange, where everything is as a rule right: with nothing that would not be compiled into its caller. */
  protected checkHotRange(addr: number, length: number): void {
    if (
      !(addr > 0 && length > 0 && addr + length <= userAddressEnd) ||
      ((addr | length) & this.alignMask) !== 0 ||
      Math.floor(addr) !== addr ||
      Math.floor(length) !== length
    ) {
      this.checkRange(addr, length);
      fatal('a range was refused and then accepted', { addr, length });
    }
  }

  /** As checkRange, without alignment. */
  protected checkBytes(addr: number, length: number): void {
    if (!(Number.isInteger(length) && length > 0 && length <= userAddressEnd)) {
      throw new PageHeapError('ERR_INVALID_SIZE', `not a length: ${length}`, { value: length });
    }
    if (!(Number.isInteger(addr) && addr > 0 && addr + length <= userAddressEnd)) {
      throw new PageHeapError('ERR_INVALID_ADDRESS', `not a user address: ${addr}`, { value: addr });
    }
  }
}

function notThere(syscall: string, addr: number): never {
  throw new PageHeapError('ERR_FAULT', `${syscall} at 0x${addr.toString(16)}: the memory is not there`, {
    value: addr,
    errno: EFAULT,
    syscall,
  });
}

function looked(syscall: string, errno: number): boolean {
  if (errno === 0) return true;
  if (errno === EFAULT) return false;
  throw new PageHeapError('ERR_SYSTEM', `${syscall}: ${errnoName(errno)}`, { errno, syscall });
}
