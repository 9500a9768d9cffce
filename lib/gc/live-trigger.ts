/**
 * The trigger of 2014: a collection when the heap has grown by GOGC percent of what lives.
 *
 *     goal = (objects at the end of the last cycle − freed since + own) × (100 + GOGC) / 100 − own
 *
 * When a cycle ends nobody knows yet what lives, since sweeping only begins: all that is there counts, and what
 * a sweep frees is taken off, with what it would have let the heap grow by. So the goal is high at first and
 * falls to the live heap's as the sweep goes on. There is no least goal. The heap's size is that of its objects,
 * garbage that is not freed yet among them, as of the last *tally*: whoever allocates a span of objects first counts all
 * that the P's mcache has handed out since, whoever frees one does, too, and nobody else. So between two of them the
 * heap may grow and shrink unseen.
 *
 * `own`: the real runtime keeps some objects of its own alive, 29,720 bytes in Go 1.4.3 after a program had
 * dropped everything. They are not in this heap, but count as if they were, or a program with hardly anything
 * alive would collect for every few bytes. With 100,000 bytes alive the goal is 229,720.
 *
 * Roots, memory limit and triggers before the goal came later (pacer.ts).
 *
 * Source: the runtime of Go 1.4, mgc0.c and malloc.go.
 */
import { f64, table, type Views } from '../meta/column.ts';
import type { GcSettings } from './gc-settings.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { Trigger } from './trigger.ts';

/** Bytes that the runtime of Go 1.4.3 itself keeps alive. */
export const runtimeObjects = 29_720;

export const liveTriggerTable = table('liveTrigger', 'other', {
  /** Bytes of objects when the last cycle ended, and those freed ever until then. */
  aliveThen: f64('heap'),
  freedThen: f64('heap'),
  /** Bytes marked by the last cycle. */
  heapMarked: f64('heap'),
  /** The goal in force when the last cycle ended; 0 before the first. */
  lastHeapGoal: f64('heap'),
  /** Bytes of objects at the last tally. */
  tallied: f64('heap'),
});

export class LiveTrigger implements Trigger {
  readonly #columns: Views<typeof liveTriggerTable>;
  readonly #settings: GcSettings;
  readonly #freed: () => number;

  /** @param freed bytes of objects that sweeps have freed, ever */
  constructor(columns: Views<typeof liveTriggerTable>, settings: GcSettings, freed: () => number) {
    this.#columns = columns;
    this.#settings = settings;
    this.#freed = freed;
  }

  get heapMarked(): number {
    return this.#columns.heapMarked[0];
  }

  get lastHeapGoal(): number {
    return this.#columns.lastHeapGoal[0];
  }

  /** It has neither roots nor a start before the goal. */
  init(): void {
    for (const column of Object.values(this.#columns)) column[0] = 0;
  }

  /** Nothing is kept that follows from the settings. */
  commit(): void {}

  heapGoal(): number {
    const percent = this.#settings.gcPercent;
    if (percent < 0) return Infinity;
    const alive = this.#columns.aliveThen[0] - (this.#freed() - this.#columns.freedThen[0]);
    const grown = (alive + runtimeObjects) * (1 + percent / 100);
    return Math.max(0, Math.floor(grown - runtimeObjects));
  }

  /** The program is stopped while it marks, so there is nothing to start early for. */
  heapTrigger(): number {
    return this.heapGoal();
  }

  /** By objects, as last tallied; there is no limit that a limiter could set aside. */
  shouldCollect(): boolean {
    return this.#columns.tallied[0] >= this.heapGoal();
  }

  /** What the mcaches handed out is counted: `heapAlloc` is the heap's size now. */
  tally(heapAlloc: number): void {
    this.#columns.tallied[0] = heapAlloc;
  }

  /** Nothing depends on where a cycle began. */
  startCycle(): void {}

  endCycle(bytesMarked: number, { heapAlloc }: HeapSizes): void {
    const c = this.#columns;
    c.lastHeapGoal[0] = this.heapGoal();
    c.heapMarked[0] = bytesMarked;
    c.aliveThen[0] = heapAlloc;
    c.tallied[0] = heapAlloc;
    c.freedThen[0] = this.#freed();
  }
}
