/**
 * Scavenging, wired: which of the scavengers works on this heap, and when each gets its turn.
 *
 *   background   a burst when the clock says so; in exchange for growth and for the memory limit, at once
 *   growth       as much as the heap grows, before it grows; by age beside it
 *   age          every half of the time limit
 *   none         only freeOSMemory
 *
 * The policies are arithmetic (scavenge/); the page heap finds and marks what goes; here memory is really
 * given back and booked, and whoever watches is told.
 *
 * Guard: one thread at a time, as the whole runtime.
 */
import { bytes, pageSize } from '../base/units.ts';
import type { CpuLimiter } from '../gc/cpu-limiter.ts';
import type { HeapEvent } from '../gc/events.ts';
import type { Pacer } from '../gc/pacer.ts';
import type { counterTable } from '../heap/counters.ts';
import type { Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { keepEdgesSmall } from '../os/huge-page-hints.ts';
import type { Sys } from '../os/sys.ts';
import type { PageHeap } from '../pages/contract.ts';
import type { policyTable } from '../runtime/tables.ts';
import type { Arenas } from '../spans/arenas.ts';
import { AgeScavenger } from './age.ts';
import { BackgroundScavenger } from './background.ts';
import { limitDebt, ScavengeGoals } from './goals.ts';
import { GrowthCredit } from './growth.ts';
import { formatScavTrace } from './trace.ts';
import { formatScvgTrace } from './trace-scvg.ts';

/** The limit for releasing by age that no run is too young for. */
const anyAge = -1;

/** What is chosen. */
export interface ScavengingOptions {
  readonly scavenge: boolean;
  /** Nanoseconds. */
  readonly scavengeAfter: number;
  readonly historicalScavengeGoal: boolean;
}

/** Of the design what scavenging goes by. */
export interface ScavengingDesign {
  readonly generation: 'lists' | 'treap' | 'radix';
  readonly scavenger: 'none' | 'age' | 'growth' | 'background';
  readonly scavengeOnReuse: boolean;
  readonly hugePageHints: boolean;
  readonly pageHeap: string;
}

/** Whom it works for, and with what. */
export interface ScavengingParts {
  readonly sys: Sys;
  readonly meta: MetaMemory;
  readonly parts: ScavengingDesign;
  readonly options: ScavengingOptions;
  readonly policies: Views<typeof policyTable>;
  readonly counters: Views<typeof counterTable>;
  readonly arenas: Arenas;
  readonly limiter: CpuLimiter;
  readonly pacer: Pacer;
  /** Heap in use when the last cycle ended, bytes. */
  readonly lastHeapInUse: () => number;
  readonly now: () => number;
  readonly gctrace: boolean;
  readonly scavtrace: boolean;
  readonly onEvent: ((event: HeapEvent) => void) | undefined;
}

export class Scavenging {
  readonly goals: ScavengeGoals;
  readonly background: BackgroundScavenger;
  readonly age: AgeScavenger;
  readonly credit: GrowthCredit;
  private readonly p: ScavengingParts;
  /** Set once, right after the page heap was made, which needs `releasePages` first. */
  private pages: PageHeap | undefined;

  constructor(p: ScavengingParts) {
    this.p = p;
    const { sys, options, policies } = p;
    this.goals = new ScavengeGoals(policies.scavengeGoals, {
      physPageSize: sys.physPageSize,
      historical: options.historicalScavengeGoal,
    });
    this.background = new BackgroundScavenger(
      policies.background,
      {
        now: p.now,
        scavenge: (n) => this.release(n, false),
        shouldStop: () => this.goals.met(this.heapRetained(), p.meta.accounts.ready),
        procs: () => 1,
      },
      sys.physPageSize,
    );
    this.age = new AgeScavenger(policies.age, options.scavengeAfter);
    this.credit = new GrowthCredit(policies.growthCredit);
  }

  /** Names the page heap that releases. */
  attach(pages: PageHeap): void {
    this.pages = pages;
  }

  /** A fresh heap's state. */
  init(): void {
    this.goals.clear();
    this.background.init();
    this.age.init(this.p.now());
  }

  heapRetained(): number {
    return this.p.counters.heapInUse[0] + this.p.counters.heapFree[0];
  }

  /**
   * Releases everything that is free. Bytes released. Where runs are released by age, as if all were old: in
   * that order, which with treaps is from the smallest up. Every run that is released there advises its
   * released neighbours again, so largest first would cost by far more: 263 GiB of advice in 7.7 s at the end
   * of rsscurve, where smallest first is 10 GiB in 0.45 s.
   */
  releaseAll(): number {
    const { counters, parts } = this.p;
    const released = this.pages?.releaseUnused?.(anyAge) ?? this.release(Number.MAX_SAFE_INTEGER, true);
    counters.releasedForced[0] += released;
    if (parts.scavenger === 'background' || parts.scavenger === 'none') {
      this.tell('forced', released, this.scavLine(0, released, true, false));
    } else {
      this.tellRound('forced', -1, released);
    }
    return released;
  }

  /** Work that is due by the clock. Nanoseconds until more is. */
  step(): number {
    if (!this.p.options.scavenge) return Infinity;
    switch (this.p.parts.scavenger) {
      case 'background':
        return this.stepBackground();
      case 'age':
      case 'growth':
        return this.stepAge();
      case 'none':
        return Infinity;
    }
  }

  /** Whether `step` has something to do at a time. */
  isDue(now: number): boolean {
    switch (this.p.parts.scavenger) {
      case 'background':
        return this.background.dueAt <= now;
      case 'age':
      case 'growth':
        return this.age.dueAt <= now;
      case 'none':
        return false;
    }
  }

  /** New goals: after a cycle, and when GC percent or the limit were changed. */
  setGoals(heapGoal: number): void {
    const { pacer, counters, meta } = this.p;
    this.goals.set({
      heapGoal,
      lastHeapGoal: pacer.lastHeapGoal,
      lastHeapInUse: this.p.lastHeapInUse(),
      memoryLimit: pacer.memoryLimit,
      mappedReady: meta.accounts.ready,
      heapInUse: counters.heapInUse[0],
      heapFree: counters.heapFree[0],
    });
  }

  /** The last span of a sweep was taken: memory is as free as it gets, so the background scavenger may start. */
  sweepDrained(): void {
    if (this.p.parts.scavenger !== 'background') return;
    const { counters } = this.p;
    const { background } = this;
    const bg = background.takeReleased();
    const eager = counters.releasedEager[0];
    const line = this.scavLine(bg, eager - counters.eagerTold[0], false, background.takeControllerReset());
    counters.eagerTold[0] = eager;
    this.tell('bg', 0, line);
    background.ready();
  }

  /** The heap is about to grow: what the 2019 design releases first. */
  growing(size: number): void {
    if (!this.p.options.scavenge || this.p.parts.scavenger !== 'growth') return;
    this.releaseWithCredit(size);
  }

  /**
   * What an allocation of `size` bytes owes, because the heap grew for it, or it would pass the limit, or it
   * reuses what was released.
   */
  inExchange(grown: number, scavenged: number, size: number): void {
    const { options, parts, limiter, pacer, meta, counters } = this.p;
    if (!options.scavenge || (grown === 0 && scavenged === 0)) return;
    if (parts.scavengeOnReuse && scavenged > 0) this.releaseWithCredit(size);
    if (parts.scavenger !== 'background') return;
    const byLimit = limiter.limiting() ? 0 : limitDebt(scavenged, meta.accounts.ready, pacer.memoryLimit);
    // Where fresh memory counts as backed, the growth is retained already.
    const before = this.heapRetained() - (this.pages?.freshScavenged === false ? grown : 0);
    const byGrowth = grown === 0 ? 0 : this.goals.growthDebt(grown, before);
    const debt = Math.max(byLimit, byGrowth);
    if (debt <= 0) return;
    const start = this.p.now();
    const released = this.release(debt, byLimit > 0, () => limiter.limiting());
    limiter.addScavengeTime(this.p.now() - start);
    counters.releasedEager[0] += released;
    if (released > 0) this.tell('eager', released, '');
  }

  /** The page heap's hook: gives pages back and books `newly` of them as released. */
  releasePages(page: number, npages: number, newly: number): void {
    const { sys, arenas, parts, counters } = this.p;
    const at = arenas.addressOf(page);
    const size = npages * pageSize;
    // Older designs release runs whole that are released in part: for the state machine they are ready again.
    if (sys.states !== undefined && parts.pageHeap !== 'radix') sys.used(at, size, 0);
    if (parts.hugePageHints) keepEdgesSmall(sys, at, size);
    // A refusal with no fallback left: the pages count as released, and cost memory until they are used.
    if (!sys.unused(at, size)) sys.accounts.mappedReady(-size);
    if (newly !== npages) sys.accounts.mappedReady((npages - newly) * pageSize);
    counters.heapReleased[0] += newly * pageSize;
    counters.heapFree[0] -= newly * pageSize;
  }

  private release(nbytes: number, force: boolean, shouldStop?: () => boolean): number {
    return this.pages === undefined ? 0 : this.pages.release(bytes(nbytes), force, shouldStop);
  }

  private releaseWithCredit(nbytes: number): void {
    const owed = this.credit.ask(nbytes);
    if (owed === 0) return;
    const got = this.release(owed, true);
    this.credit.released(owed, got);
    this.p.counters.releasedEager[0] += got;
    if (got > 0) this.tell('eager', got, '');
  }

  private stepBackground(): number {
    const { counters } = this.p;
    const before = counters.heapReleased[0];
    const wait = this.background.step();
    const released = counters.heapReleased[0] - before;
    if (released > 0) {
      counters.releasedBackground[0] += released;
      this.tell('bg', released, '');
    }
    return wait;
  }

  private stepAge(): number {
    const { age } = this;
    const now = this.p.now();
    if (now < age.dueAt) return age.dueAt - now;
    const round = age.begin(now);
    const released = this.pages?.releaseUnused?.(age.limit) ?? 0;
    this.p.counters.releasedBackground[0] += released;
    this.tellRound('bg', round, released);
    return age.dueAt - now;
  }

  private scavLine(bg: number, eager: number, forced: boolean, controllerReset: boolean): string {
    const { counters } = this.p;
    return formatScavTrace({
      releasedBackground: bg,
      releasedEager: eager,
      heapReleased: counters.heapReleased[0],
      heapInUse: counters.heapInUse[0],
      heapFree: counters.heapFree[0],
      forced,
      controllerReset,
    });
  }

  private tellRound(by: 'bg' | 'forced', round: number, releasedNow: number): void {
    const { counters, gctrace } = this.p;
    const [free, released] = [counters.heapFree[0], counters.heapReleased[0]];
    // Stacks are spans of the heap like any other in 2014; later they are counted apart.
    const inUse = counters.heapInUse[0] + (this.p.parts.generation === 'lists' ? counters.inStacks[0] : 0);
    const line = formatScvgTrace({
      round,
      releasedNow,
      inUse,
      idle: free + released,
      sys: inUse + free + released,
      released,
    });
    if (gctrace) process.stderr.write(`${line}\n`);
    this.p.onEvent?.({ kind: 'scav', by, at: this.p.now(), bytes: releasedNow, line });
  }

  private tell(by: 'bg' | 'eager' | 'forced', bytes: number, line: string): void {
    if (this.p.scavtrace && line !== '') process.stderr.write(`${line}\n`);
    this.p.onEvent?.({ kind: 'scav', by, at: this.p.now(), bytes, line });
  }
}
