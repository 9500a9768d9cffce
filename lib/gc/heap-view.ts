/**
 * The heap as a policy sees it: sizes, goals and free runs, to be read, during the call that it is given to.
 *
 * One object a heap: what it says is the heap as it is at the moment. Outside a call every look throws, since nobody
 * can say then in the middle of what the heap is.
 *
 * Not here: who is called with it (trigger-policy.ts, scavenge/policy.ts).
 */
import { PageHeapError } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { FreeRunVisit, PageHeap } from '../pages/contract.ts';
import type { CycleLog } from './cycle-log.ts';
import { type GcSettings, noMemoryLimit } from './gc-settings.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { Trigger } from './trigger.ts';

/** What a policy sees of the heap; bytes, where nothing else is said. Read-only, and of the moment. */
export interface HeapView {
  /** Nanoseconds, by the heap's clock. */
  readonly now: number;
  /** In spans in use. */
  readonly heapInUse: number;
  /** In no span, and with memory behind it: what can be given back. */
  readonly heapFree: number;
  /** In no span, and given back. */
  readonly heapReleased: number;
  /** Of objects that are not swept yet, as of the last refills. */
  readonly heapAlloc: number;
  /** Marked by the last collection, and allocated since. */
  readonly heapLive: number;
  /** Marked by the last collection; 0 before the first. */
  readonly heapMarked: number;
  /** The size at which the next collection is to be done; Infinity: none. */
  readonly heapGoal: number;
  /** The goal that the last collection had; 0 before the first. */
  readonly lastHeapGoal: number;
  /** `heapInUse` when the last collection ended; 0 before the first. */
  readonly lastHeapInUse: number;
  /** Memory that the heap and its tables have from the system, without what was given back. */
  readonly mappedReady: number;
  /** What `mappedReady` is to stay under; Infinity: no limit. */
  readonly memoryLimit: number;
  /** GOGC in percent; −1: off. */
  readonly gcPercent: number;
  /** Collections so far. */
  readonly cycles: number;
  /** Whether every span was swept since the last one. */
  readonly sweepDone: boolean;
  /** Bytes of the heap's page. */
  readonly pageSize: number;
  /** Bytes of a physical page: memory is given back in whole ones. */
  readonly physPageSize: number;
  /**
   * Visits each run of free pages, lowest first: `visit(page, pages, released, unusedSince)`, the latter by `now`, or 0
   * where the page heap does not know. Walks the whole page state: milliseconds in a heap of gigabytes.
   */
  forEachFree(visit: FreeRunVisit): void;
}

export interface HeapViewDeps {
  readonly state: HeapState;
  readonly sizes: HeapSizes;
  readonly settings: GcSettings;
  readonly log: CycleLog;
  readonly pages: PageHeap;
  /** The trigger in use, which may be made after the view. */
  readonly trigger: () => Trigger;
  readonly physPageSize: number;
}

export class LiveView implements HeapView {
  readonly #deps: HeapViewDeps;
  readonly physPageSize: number;
  readonly pageSize = pageSize;
  #depth = 0;

  constructor(deps: HeapViewDeps) {
    this.#deps = deps;
    this.physPageSize = deps.physPageSize;
    Object.freeze(this);
  }

  /** Makes a call during which it can be looked at. */
  during<T>(call: () => T): T {
    this.#depth++;
    try {
      return call();
    } finally {
      this.#depth--;
    }
  }

  get now(): number {
    return this.#open.log.now();
  }

  get heapInUse(): number {
    return this.#open.sizes.heapInUse;
  }

  get heapFree(): number {
    return this.#open.sizes.heapFree;
  }

  get heapReleased(): number {
    return this.#open.state.counters.heapReleased[0];
  }

  get heapAlloc(): number {
    return this.#open.sizes.heapAlloc;
  }

  get heapLive(): number {
    return this.#open.sizes.heapLive;
  }

  get heapMarked(): number {
    return this.#open.trigger().heapMarked;
  }

  get heapGoal(): number {
    const { trigger, sizes, settings } = this.#open;
    return settings.isOff ? Infinity : trigger().heapGoal(sizes);
  }

  get lastHeapGoal(): number {
    return this.#open.trigger().lastHeapGoal;
  }

  get lastHeapInUse(): number {
    return this.#open.log.columns.lastHeapInUse[0];
  }

  get mappedReady(): number {
    return this.#open.sizes.mappedReady;
  }

  get memoryLimit(): number {
    const { memoryLimit } = this.#open.settings;
    return memoryLimit >= noMemoryLimit ? Infinity : memoryLimit;
  }

  get gcPercent(): number {
    return this.#open.settings.gcPercent;
  }

  get cycles(): number {
    return this.#open.log.columns.count[0];
  }

  get sweepDone(): boolean {
    return this.#open.state.sweepState.isDone();
  }

  forEachFree(visit: FreeRunVisit): void {
    this.#open.pages.forEachFree(visit);
  }

  get #open(): HeapViewDeps {
    if (this.#depth === 0)
      throw new PageHeapError(
        'ERR_POLICY',
        'the view of the heap is of the call it was given to, and that is over',
      );
    return this.#deps;
  }
}
