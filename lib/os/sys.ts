/**
 * Sys: the one door to the operating system's memory, and the state machine behind it.
 *
 * A range of address space is None, Reserved, Prepared or Ready (states.ts has the diagram); each
 * method is one transition, named as in the Go runtime's mem.go, whose Linux semantics they follow:
 *
 *   reserve  None → Reserved       mmap PROT_NONE; may land elsewhere than the hint
 *   map      Reserved → Prepared   mmap fixed, read-write
 *   used     Prepared → Ready      nothing, or mmap fixed after a hard decommit
 *   unused   Ready → Prepared      madvise FREE or DONTNEED
 *   alloc    None → Ready          mmap read-write
 *   commit   Reserved → Ready      mprotect, for metadata that grows inside its reservation
 *   fault    Ready → Reserved      mmap fixed, PROT_NONE
 *   free     any → None            munmap
 *
 * Three kinds of failure are kept apart. A wrong argument throws a PageHeapError before anything
 * happens. Memory that is out is an answer (0 or false, the errno in `lastErrno`), because growing a
 * heap must be able to fail and go on. An advice that the kernel refuses is remembered once and its
 * fallback used from then on: FREE falls back to DONTNEED, DONTNEED to a fresh fixed mapping; names and
 * huge-page hints are left out. `fallbacks()` tells.
 *
 * All accounting happens here and nowhere else, after the call has succeeded: Prepared and Ready bytes
 * under their purpose, Ready bytes in all (accounts.ts).
 *
 * Not here: looking at what the kernel holds (residency.ts), what the machine can do (machine.ts),
 * which range to release and when (scavenge/).
 */
import { fatal, PageHeapError } from '../base/errors.ts';
import { type Address, address, alignDown, alignUp, userAddressEnd } from '../base/units.ts';
import { Access } from './access.ts';
import { type Accounts, PlainAccounts, type Purpose } from './accounts.ts';
import { type Addon, Advice } from './addon.ts';
import { CallCounts, type CallStats, type SysCall, sysCalls } from './calls.ts';
import { EAGAIN, ENOMEM, errnoName } from './errno.ts';
import { type MemoryState, RangeStates } from './states.ts';

export { maxViewBytes } from './access.ts';
export type { Accounts, Purpose } from './accounts.ts';
export type { CallStats, SysCall } from './calls.ts';
export type { MemoryState } from './states.ts';

/** How memory that is not needed is given back: at once, or when the kernel wants it. */
export type UnusedAdvice = 'dontneed' | 'free';

export interface SysOptions {
  /** The advice of `unused`; 'dontneed' unless told. */
  readonly advise?: UnusedAdvice;
  /** Make unused memory inaccessible until `used`, to find accesses to released memory. */
  readonly hardDecommit?: boolean;
  /** Keep the state of every range and stop at an illegal transition. */
  readonly debug?: boolean;
  /** Measure the time of every call (two clock readings each). */
  readonly timed?: boolean;
  readonly accounts?: Accounts;
  readonly addon?: Addon;
}

const unusedSlot = CallCounts.slotOf('unused');
const notNone: readonly MemoryState[] = ['reserved', 'prepared', 'ready'];

export class Sys extends Access {
  /** Bytes of a transparent huge page; 0 if there are none. */
  readonly physHugePageSize: number;
  readonly hardDecommit: boolean;
  /** The states of all ranges; undefined unless in debug mode. */
  states: RangeStates | undefined;

  #accounts: Accounts;
  #lastErrno = 0;
  /** The advice in use now; 0 when the kernel takes none, and `unused` maps afresh. */
  #advice: number;
  /** Arguments and answer of the addon's `adviseBoxed`. */
  readonly #box: Float64Array;
  readonly #timed: boolean;
  /** Whether `unused` is one advice and nothing beside it. */
  #plain: boolean;
  readonly #fallbacks = new Map<string, string>();
  readonly #counts = new CallCounts();

  constructor(options: SysOptions = {}) {
    super(options.addon);
    this.physHugePageSize = this.addon.hugePageSize();
    this.#box = this.addon.adviseBox;
    this.#advice = options.advise === 'free' ? Advice.FREE : Advice.DONTNEED;
    this.hardDecommit = options.hardDecommit ?? false;
    this.#timed = options.timed ?? false;
    this.#accounts = options.accounts ?? new PlainAccounts();
    this.states = options.debug === true ? new RangeStates() : undefined;
    this.#plain = !this.#timed && !this.hardDecommit && this.states === undefined;
  }

  /** Ends the checking of states: from here on others move ranges, too, and what they did is not known here. */
  forgetStates(): void {
    if (this.states === undefined) return;
    this.states = undefined;
    this.#plain = !this.#timed && !this.hardDecommit && this.#advice !== 0;
  }

  /** The errno of the last transition that failed. */
  get lastErrno(): number {
    return this.#lastErrno;
  }

  get accounts(): Accounts {
    return this.#accounts;
  }

  /** Keeps the accounts elsewhere from now on; plain ones are carried over. */
  useAccounts(next: Accounts): void {
    if (this.#accounts instanceof PlainAccounts) this.#accounts.moveTo(next);
    this.#accounts = next;
  }

  // ------------------------------------------------------------------ transitions

  /**
   * None → Reserved: address space, near the hint if that is free (0: anywhere).
   * @returns where it is, possibly elsewhere; 0 if refused
   */
  reserve(hint: number, length: number): Address {
    if (hint !== 0) this.checkRange(hint, length);
    else this.checkLength(length);
    const start = this.#start();
    const got = this.addon.reserve(hint, length);
    this.#count('reserve', length, start, got < 0 ? -got : 0);
    if (got < 0) return address(0);
    this.states?.move('reserve', got, got + length, ['none'], 'reserved');
    return address(got);
  }

  /**
   * None → Reserved at a multiple of `align` (a power of two, at least a physical page): reserves more
   * and gives back both ends; if so much is refused, what the kernel offers is aligned by a second try.
   * @returns 0 if refused
   */
  reserveAligned(length: number, align: number): Address {
    this.checkLength(length);
    if (!Number.isInteger(Math.log2(align)) || align < this.physPageSize) {
      throw new PageHeapError('ERR_INVALID_ARGUMENT', `not an alignment: ${align}`, { value: align });
    }
    const wide = length + align <= userAddressEnd ? this.reserve(0, length + align) : 0;
    if (wide !== 0) {
      const low = alignUp(wide, align);
      const trimmed =
        (low === wide || this.free(wide, low - wide, 'other', 'reserved')) &&
        this.free(low + length, wide + align - low, 'other', 'reserved');
      if (trimmed) return address(low);
      this.free(low, length + align - (low - wide), 'other', 'reserved');
      return address(0);
    }
    const narrow = this.reserve(0, length);
    if (narrow === 0 || narrow % align === 0) return narrow;
    this.free(narrow, length, 'other', 'reserved');
    const hint = alignDown(narrow, align);
    if (hint === 0) return address(0);
    const again = this.reserve(hint, length);
    if (again === 0 || again % align === 0) return again;
    this.free(again, length, 'other', 'reserved');
    this.#lastErrno = ENOMEM;
    return address(0);
  }

  /** Reserved → Prepared. @returns false if memory is out */
  map(addr: number, length: number, purpose: Purpose): boolean {
    this.checkRange(addr, length);
    this.states?.require('map', addr, addr + length, ['reserved']);
    const start = this.#start();
    if (!this.#done('map', length, start, this.addon.map(addr, length))) return false;
    this.#accounts.add(purpose, length);
    this.states?.move('map', addr, addr + length, ['reserved'], 'prepared');
    return true;
  }

  /** None → Ready: zeroed memory where the kernel likes. @returns 0 if memory is out */
  alloc(length: number, purpose: Purpose): Address {
    this.checkLength(length);
    const start = this.#start();
    const got = this.addon.alloc(length);
    this.#count('alloc', length, start, got < 0 ? -got : 0);
    if (got < 0) return address(0);
    this.#accounts.add(purpose, length);
    this.#accounts.mappedReady(length);
    this.states?.move('alloc', got, got + length, ['none'], 'ready');
    return address(got);
  }

  /**
   * Reserved → Ready inside a reservation, which stays one view: mprotect. Zero on first use.
   * @returns false if memory is out
   */
  commit(addr: number, length: number, purpose: Purpose): boolean {
    this.checkRange(addr, length);
    this.states?.require('commit', addr, addr + length, ['reserved']);
    const start = this.#start();
    if (!this.#done('commit', length, start, this.addon.protect(addr, length, true))) return false;
    this.#accounts.add(purpose, length);
    this.#accounts.mappedReady(length);
    this.states?.move('commit', addr, addr + length, ['reserved'], 'ready');
    return true;
  }

  /**
   * Prepared → Ready. The range may hold Ready parts too; `prepared` says how many bytes were not.
   * @returns false if memory is out, which only happens after a hard decommit
   */
  used(addr: number, length: number, prepared: number = length): boolean {
    this.checkRange(addr, length);
    if (!(prepared >= 0 && prepared <= length)) {
      throw new PageHeapError('ERR_INVALID_SIZE', `${prepared} of ${length} bytes prepared`, {
        value: prepared,
      });
    }
    this.states?.require('used', addr, addr + length, ['prepared', 'ready']);
    const start = this.#start();
    // After a hard decommit the range is mapped afresh, its Ready parts too: what they held is lost. As in
    // Go, that is right for a run about to be handed out, the only kind of range that is passed here.
    if (!this.#done('used', length, start, this.hardDecommit ? this.addon.map(addr, length) : 0))
      return false;
    this.#accounts.mappedReady(prepared);
    this.states?.move('used', addr, addr + length, ['prepared', 'ready'], 'ready');
    return true;
  }

  /**
   * Ready → Prepared: the contents are forfeit, the kernel takes the memory (now, or with FREE when it
   * needs it). The scavenger's call, and the hot one: one range check, one crossing, four additions.
   * @returns false if neither the advice nor its fallbacks could give the memory back
   */
  unused(addr: number, length: number): boolean {
    if (
      !(addr > 0 && length > 0 && addr + length <= userAddressEnd) ||
      ((addr | length) & this.alignMask) !== 0 ||
      Math.floor(addr) !== addr ||
      Math.floor(length) !== length
    ) {
      this.#refuseRange(addr, length);
    }
    if (!this.#plain) return this.#unusedWatched(addr, length);
    const errno = this.#adviseUnused(addr, length);
    this.#counts.addAt(unusedSlot, length, 0, errno !== 0);
    if (errno === 0) this.#accounts.mappedReady(-length);
    else this.#lastErrno = errno;
    return errno === 0;
  }

  /**
   * Ready → Reserved: the memory goes back, an access faults from now on.
   * @returns false if the kernel refuses (it would need more mappings than it allows)
   */
  fault(addr: number, length: number, purpose: Purpose): boolean {
    this.checkRange(addr, length);
    this.states?.require('fault', addr, addr + length, ['ready']);
    const start = this.#start();
    if (!this.#done('fault', length, start, this.addon.fault(addr, length))) return false;
    this.#accounts.add(purpose, -length);
    this.#accounts.mappedReady(-length);
    this.states?.move('fault', addr, addr + length, ['ready'], 'reserved');
    return true;
  }

  /**
   * Any → None. `state` is the one the range was in, and decides what leaves the accounts.
   * @returns false if the kernel refuses (it would need more mappings than it allows)
   */
  free(addr: number, length: number, purpose: Purpose, state: Exclude<MemoryState, 'none'>): boolean {
    this.checkRange(addr, length);
    this.states?.require('free', addr, addr + length, notNone);
    const start = this.#start();
    if (!this.#done('free', length, start, this.addon.free(addr, length))) return false;
    if (state !== 'reserved') this.#accounts.add(purpose, -length);
    if (state === 'ready') this.#accounts.mappedReady(-length);
    this.states?.move('free', addr, addr + length, notNone, 'none');
    return true;
  }

  // ------------------------------------------------------------------ hints; no transition

  /** Asks for huge pages in the whole huge pages inside the range. @returns whether the kernel took it */
  hugePage(addr: number, length: number): boolean {
    this.checkRange(addr, length);
    if (this.physHugePageSize === 0) return false;
    const low = alignUp(addr, this.physHugePageSize);
    const high = alignDown(addr + length, this.physHugePageSize);
    return low < high && this.#hint('hugePage', low, high - low, Advice.HUGEPAGE, 'MADV_HUGEPAGE');
  }

  /** Asks for small pages only. @returns whether the kernel took it */
  noHugePage(addr: number, length: number): boolean {
    this.checkRange(addr, length);
    return this.#hint('noHugePage', addr, length, Advice.NOHUGEPAGE, 'MADV_NOHUGEPAGE');
  }

  /**
   * Asks the kernel to make huge pages of the range now. Best effort: an EINVAL can mean "no such
   * advice" as well as "no memory there yet", so a refusal is counted but never remembered.
   * @returns whether the kernel took it
   */
  hugePageCollapse(addr: number, length: number): boolean {
    this.checkRange(addr, length);
    if (this.physHugePageSize === 0) return false;
    const start = this.#start();
    const errno = this.addon.advise(addr, length, Advice.COLLAPSE);
    this.#count('collapse', length, start, errno);
    return errno === 0;
  }

  /** Names the mapping in /proc/self/maps. @returns whether the kernel took it */
  name(addr: number, length: number, text: string): boolean {
    this.checkRange(addr, length);
    if (this.#fallbacks.has('name')) return false;
    const errno = this.addon.name(addr, length, text);
    if (errno === 0) return true;
    this.#remember('name', `PR_SET_VMA_ANON_NAME refused (${errnoName(errno)}): mappings stay without names`);
    return false;
  }

  // ------------------------------------------------------------------ what happened

  /** The advice that `unused` gives now; 'map' when the kernel takes none. */
  get advice(): UnusedAdvice | 'map' {
    return this.#advice === Advice.FREE ? 'free' : this.#advice === Advice.DONTNEED ? 'dontneed' : 'map';
  }

  /** What the kernel refused and what is done instead, in words; empty when nothing was. */
  fallbacks(): string[] {
    return [...this.#fallbacks.values()];
  }

  /** What the calls of one kind came to. */
  statsOf(call: SysCall): CallStats {
    return this.#counts.statsOf(call);
  }

  /** What the calls of every kind came to. */
  stats(): Record<SysCall, CallStats> {
    return Object.fromEntries(sysCalls.map((call) => [call, this.statsOf(call)])) as Record<
      SysCall,
      CallStats
    >;
  }

  // ------------------------------------------------------------------ inside

  #start(): number {
    return this.#timed ? this.addon.nanotime() : 0;
  }

  #count(call: SysCall, length: number, start: number, errno: number): void {
    this.#counts.add(call, length, this.#timed ? this.addon.nanotime() - start : 0, errno !== 0);
    if (errno !== 0) this.#lastErrno = errno;
  }

  /** Counts; false when memory is out; throws for an errno that no caller can live with. */
  #done(call: SysCall, length: number, start: number, errno: number): boolean {
    this.#count(call, length, start, errno);
    if (errno === 0) return true;
    if (errno === ENOMEM || errno === EAGAIN) return false;
    throw new PageHeapError('ERR_SYSTEM', `${call} of ${length} bytes: ${errnoName(errno)}`, {
      errno,
      syscall: call,
    });
  }

  #hint(call: SysCall, addr: number, length: number, kind: number, name: string): boolean {
    if (this.#fallbacks.has(call)) return false;
    const start = this.#start();
    const errno = this.addon.advise(addr, length, kind);
    this.#count(call, length, start, errno);
    if (errno === 0) return true;
    if (errno !== ENOMEM && errno !== EAGAIN) {
      this.#remember(
        call,
        `${name} refused (${errnoName(errno)}): pages stay as the system's setting makes them`,
      );
    }
    return false;
  }

  /** `unused` with all that may be asked for beside it: states, times, hard decommit. */
  #unusedWatched(addr: number, length: number): boolean {
    this.states?.require('unused', addr, addr + length, ['ready']);
    const start = this.#start();
    let errno = this.#advice === 0 ? this.#unusedByMapping(addr, length) : this.#adviseUnused(addr, length);
    if (this.hardDecommit && errno === 0) errno = this.addon.fault(addr, length);
    this.#count('unused', length, start, errno);
    if (errno !== 0) return false;
    this.#accounts.mappedReady(-length);
    this.states?.move('unused', addr, addr + length, ['ready'], 'prepared');
    return true;
  }

  #adviseUnused(addr: number, length: number): number {
    const box = this.#box;
    box[0] = addr;
    box[1] = length;
    box[2] = this.#advice;
    this.addon.adviseBoxed();
    const errno = box[3]!;
    return errno === 0 ? 0 : this.#unusedRefused(addr, length, errno);
  }

  /** The advice failed: the next one that the kernel takes, remembered unless the failure may pass. */
  #unusedRefused(addr: number, length: number, refused: number): number {
    let errno = refused;
    let advice = this.#advice;
    while (advice !== 0 && errno !== 0) {
      // ENOMEM is no refusal: part of the range is not mapped, and mapping it would seize what is not ours.
      if (errno === ENOMEM) fatal('unused memory is not mapped', { addr, length });
      const next = advice === Advice.FREE ? Advice.DONTNEED : 0;
      if (errno !== EAGAIN) {
        const what = advice === Advice.FREE ? 'MADV_FREE' : 'MADV_DONTNEED';
        const instead = next === 0 ? 'a fresh mapping' : 'MADV_DONTNEED';
        this.#remember(what, `${what} refused (${errnoName(errno)}): ${instead} instead`);
        this.#advice = next;
        if (next === 0) this.#plain = false;
      }
      advice = next;
      errno = advice === 0 ? this.#unusedByMapping(addr, length) : this.addon.advise(addr, length, advice);
    }
    return errno;
  }

  #unusedByMapping(addr: number, length: number): number {
    return this.addon.map(addr, length);
  }

  #remember(key: string, text: string): void {
    if (!this.#fallbacks.has(key)) this.#fallbacks.set(key, text);
  }

  #refuseRange(addr: number, length: number): never {
    this.checkRange(addr, length);
    return fatal('a range was refused and then accepted', { addr, length });
  }
}
