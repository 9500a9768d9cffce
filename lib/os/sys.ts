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
 * happens. What the kernel refuses is an answer (0 or false, the errno in `lastErrno`), whatever the number,
 * because growing a heap must be able to fail and go on. What can be done without is remembered once, and its
 * fallback used from then on: other ways of giving back (giving-back.ts), names and huge-page hints left out,
 * unused memory left accessible, space that cannot be unmapped kept (kept-space.ts). `fallbacks()` tells.
 *
 * Splits of mappings that can be left out are, before the process has no more of them (mapping-room.ts).
 *
 * All accounting happens here and nowhere else, after the call has succeeded: Prepared and Ready bytes
 * under their purpose, Ready bytes in all (accounts.ts).
 *
 * Not here: looking at what the kernel holds (residency.ts), what the machine can do (machine.ts),
 * which range to release and when (scavenge/).
 */
import { PageHeapError } from '../base/errors.ts';
import { type Address, address, alignDown, alignUp, userAddressEnd } from '../base/units.ts';
import { Access } from './access.ts';
import { type Accounts, PlainAccounts, type Purpose } from './accounts.ts';
import { Advice, pageAccess } from './addon.ts';
import { CallCounts, type CallStats, type SysCall } from './calls.ts';
import { EAGAIN, ENOMEM, errnoName } from './errno.ts';
import { Fallbacks } from './fallbacks.ts';
import { GivingBack, mostGathered, type UnusedAdvice } from './giving-back.ts';
import { KeptSpace } from './kept-space.ts';
import { kernelMappings, MappingRoom } from './mapping-room.ts';
import { type MemoryState, RangeStates } from './states.ts';
import type { SysOptions } from './sys-options.ts';

export { maxViewBytes } from './access.ts';
export type { Accounts, Purpose } from './accounts.ts';
export type { CallStats, SysCall } from './calls.ts';
export type { UnusedAdvice } from './giving-back.ts';
export type { MemoryState } from './states.ts';
export type { SysOptions } from './sys-options.ts';

const unusedSlot = CallCounts.slotOf('unused');
const notNone: readonly MemoryState[] = ['reserved', 'prepared', 'ready'];

export class Sys extends Access {
  /** Bytes of a transparent huge page; 0 if there are none. */
  readonly physHugePageSize: number;
  readonly hardDecommit: boolean;
  /** The states of all ranges; undefined unless in debug mode. */
  states: RangeStates | undefined;
  /** How many more mappings there may be. */
  readonly mappings: MappingRoom;

  #accounts: Accounts;
  #lastErrno = 0;
  readonly #giving: GivingBack;
  readonly #kept: KeptSpace;
  readonly #timed: boolean;
  /** Whether `unused` is one advice and nothing beside it. */
  #plain: boolean;
  readonly #fallbacks = new Fallbacks();
  readonly #counts = new CallCounts();
  readonly #refusedSoon = (errno: number): void => {
    this.#counts.failedAt(unusedSlot);
    this.#lastErrno = errno;
  };

  constructor(options: SysOptions = {}) {
    super(options.addon);
    this.physHugePageSize = options.hugePageSize ?? this.addon.hugePageSize();
    this.mappings = new MappingRoom(options.mappings ?? kernelMappings(this.addon));
    this.#giving = new GivingBack(this.addon, options.advise ?? 'dontneed', this.#fallbacks);
    this.#kept = new KeptSpace(this.addon);
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
    this.#plain = !this.#timed && !this.hardDecommit;
  }

  /** The errno of the last transition that failed, since it was last told. */
  get lastErrno(): number {
    return this.#lastErrno;
  }

  /** The errno was told: what fails without one from now on was not refused by the system. */
  forgetErrno(): void {
    this.#lastErrno = 0;
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
    const got = this.#kept.reserve(hint, length);
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
      if (low !== wide) this.free(wide, low - wide, 'other', 'reserved');
      this.free(low + length, wide + align - low, 'other', 'reserved');
      return address(low);
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
    const got = this.#kept.take(length) || this.addon.alloc(length);
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
    if (!this.#done('commit', length, start, this.addon.protect(addr, length, pageAccess.write)))
      return false;
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
    const errno = !this.hardDecommit ? 0 : this.mappings.takeNeeded() ? this.addon.map(addr, length) : ENOMEM;
    if (!this.#done('used', length, start, errno)) return false;
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
    this.checkHotRange(addr, length);
    if (!this.#plain) return this.#unusedWatched(addr, length);
    const errno = this.#giving.give(addr, length);
    this.#counts.addAt(unusedSlot, length, 0, errno !== 0);
    if (errno === 0) this.#accounts.mappedReady(-length);
    else this.#lastErrno = errno;
    return errno === 0;
  }

  /**
   * The same, at the latest by `settleUnused`, together with others: nobody may use the range until then. It is
   * accounted at once, and as Prepared where the kernel refuses, too.
   */
  unusedSoon(addr: number, length: number): void {
    this.checkHotRange(addr, length);
    if (!this.#plain) {
      if (!this.#unusedWatched(addr, length)) this.#accounts.mappedReady(-length);
      return;
    }
    this.#accounts.mappedReady(-length);
    this.#counts.addAt(unusedSlot, length, 0, false);
    if (this.#giving.gather(addr, length) === mostGathered) this.settleUnused();
  }

  /** Gives back what `unusedSoon` was asked for. */
  settleUnused(): void {
    this.#giving.giveGathered(this.#refusedSoon);
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

  /** The same where it may split mappings. @returns false, with the range as it was, where too few are left */
  faultIfRoom(addr: number, length: number, purpose: Purpose): boolean {
    if (this.mappings.takeOptional()) return this.fault(addr, length, purpose);
    this.#fallbacks.rememberMappings(this.mappings.limit, 'freed memory stays accessible');
    return false;
  }

  /**
   * Any → None. `state` is the one the range was in, and decides what leaves the accounts. Space that the kernel
   * will not unmap (it may need more mappings for it than it allows) is kept, without its memory, until `freeKept`.
   * @returns false where it is kept
   */
  free(addr: number, length: number, purpose: Purpose, state: Exclude<MemoryState, 'none'>): boolean {
    this.checkRange(addr, length);
    this.states?.require('free', addr, addr + length, notNone);
    const start = this.#start();
    const freed = this.#done('free', length, start, this.addon.free(addr, length));
    if (!freed) this.#kept.keep(addr, length);
    if (state !== 'reserved') this.#accounts.add(purpose, -length);
    if (state === 'ready') this.#accounts.mappedReady(-length);
    this.states?.move('free', addr, addr + length, notNone, 'none');
    return freed;
  }

  /** Unmaps what `free` had to keep. @throws ERR_SYSTEM where that is still refused */
  freeKept(): void {
    this.#kept.releaseAll();
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
    return this.adviseAs('collapse', addr, length, Advice.COLLAPSE) === 0;
  }

  /** Any advice, counted as `call`. @returns the errno */
  adviseAs(call: SysCall, addr: number, length: number, kind: number): number {
    const start = this.#start();
    const errno = this.addon.advise(addr, length, kind);
    this.#hinted(call, length, start, errno);
    return errno;
  }

  /** Names the mapping in /proc/self/maps. @returns whether the kernel took it */
  name(addr: number, length: number, text: string): boolean {
    this.checkRange(addr, length);
    if (this.#fallbacks.has('name')) return false;
    const errno = this.addon.name(addr, length, text);
    if (errno === 0) return true;
    this.#fallbacks.remember(
      'name',
      `PR_SET_VMA_ANON_NAME refused (${errnoName(errno)}): mappings stay without names`,
    );
    return false;
  }

  // ------------------------------------------------------------------ what happened

  /** A refusal that another has met: told among the fallbacks, once for each key. */
  remember(key: string, text: string): void {
    this.#fallbacks.remember(key, text);
  }

  /** The advice that `unused` gives now; 'map' when the kernel takes none. Can be another from now on. */
  get advice(): UnusedAdvice | 'map' {
    return this.#giving.advice;
  }
  set advice(advice: UnusedAdvice) {
    this.#giving.advice = advice;
  }

  /** What the kernel refused and what is done instead, in words; empty when nothing was. */
  fallbacks(): string[] {
    return this.#fallbacks.list();
  }

  /** What the calls of one kind came to. */
  statsOf(call: SysCall): CallStats {
    return this.#counts.statsOf(call);
  }

  /** What the calls of every kind came to. */
  stats(): Record<SysCall, CallStats> {
    return this.#counts.stats();
  }

  // ------------------------------------------------------------------ inside

  #start(): number {
    return this.#timed ? this.addon.nanotime() : 0;
  }

  #count(call: SysCall, length: number, start: number, errno: number): void {
    this.#hinted(call, length, start, errno);
    if (errno !== 0) this.#lastErrno = errno;
  }

  /** Counts what nothing depends on. */
  #hinted(call: SysCall, length: number, start: number, errno: number): void {
    this.#counts.add(call, length, this.#timed ? this.addon.nanotime() - start : 0, errno !== 0);
  }

  /** Counts. @returns whether it was granted: a refusal is one, whatever its number */
  #done(call: SysCall, length: number, start: number, errno: number): boolean {
    this.#count(call, length, start, errno);
    return errno === 0;
  }

  #hint(call: SysCall, addr: number, length: number, kind: number, name: string): boolean {
    if (this.#fallbacks.has(call)) return false;
    if (!this.mappings.takeOptional()) {
      this.#fallbacks.rememberMappings(this.mappings.limit, 'huge-page hints are left out');
      return false;
    }
    const errno = this.adviseAs(call, addr, length, kind);
    if (errno === 0) return true;
    if (errno !== ENOMEM && errno !== EAGAIN) {
      this.#fallbacks.remember(
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
    const errno = this.#giving.give(addr, length);
    if (errno === 0 && this.hardDecommit) this.#decommit(addr, length);
    this.#count('unused', length, start, errno);
    if (errno !== 0) return false;
    this.#accounts.mappedReady(-length);
    this.states?.move('unused', addr, addr + length, ['ready'], 'prepared');
    return true;
  }

  /** Makes unused memory inaccessible, where that can be had: it was given back already. */
  #decommit(addr: number, length: number): void {
    if (!this.mappings.takeOptional()) {
      this.#fallbacks.rememberMappings(this.mappings.limit, 'released memory stays accessible');
      return;
    }
    const errno = this.addon.fault(addr, length);
    if (errno !== 0)
      this.#fallbacks.remember(
        'decommit',
        `hard decommit refused (${errnoName(errno)}): released memory stays accessible`,
      );
  }
}
