/**
 * The contract of a trigger policy, and the trigger that obeys one: at what size of the heap the next collection starts.
 *
 *     export default class TwoMiBMore {
 *       pace(heap) { return heap.heapMarked + 2 ** 21; }
 *     }
 *
 * A policy is a class; the heap makes one, `new Policy(host)`, and asks it when it begins, after each collection has
 * marked, and when GC percent or memory limit were changed; between them only at the size that it names (`again`). It
 * answers the goal in bytes, or more than that.
 *
 * A goal is of the size `heapLive`: what was marked, and allocated since, by whole spans. A start closer than 64 KiB
 * above that size is taken as 64 KiB above it, or every allocation would collect. Where the CPU limiter forbids
 * collections for a memory limit, it does not ask who set the goal: a policy's stand.
 *
 * The design's own trigger stands behind a policy: it keeps account of every cycle, and when the policy has failed it is
 * asked instead.
 *
 * Not here: pacing of marking beside the program, which needs more than a goal (concurrent-pacer.ts); failing
 * (base/part.ts).
 */
import type { AnswerKind, Part, PartClass } from '../base/part.ts';
import { KiB } from '../base/units.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { HeapView, LiveView } from './heap-view.ts';
import type { Trigger } from './trigger.ts';

export interface TriggerAnswer {
  /** The size, in bytes, that the heap is not to pass; Infinity: no collection by size. */
  readonly goal: number;
  /** The size at which the collection starts, at most the goal. Default: the goal. */
  readonly start?: number | undefined;
  /** A size below the start at which it wants to be asked anew. Default: none. */
  readonly again?: number | undefined;
}

export interface TriggerPolicy {
  /** The goal of the next collection. */
  pace(heap: HeapView): TriggerAnswer | number;
}

/** What a policy has from the heap when it is made; frozen. */
export interface TriggerHost {
  /** Bytes of the heap's page. */
  readonly pageSize: number;
}

export type TriggerPolicyClass = PartClass<TriggerPolicy, TriggerHost>;

export const triggerPolicyPart = {
  option: 'triggerPolicy',
  kind: 'trigger policy',
  methods: ['pace'],
} as const;

/** How far above the heap's size a collection starts at least: bytes. */
export const leastDistance = 64 * KiB;

interface Pace {
  readonly goal: number;
  readonly start: number;
  readonly again: number;
}

const isSize = (value: unknown): value is number => typeof value === 'number' && value >= 0;

const reply: AnswerKind<Pace> = {
  expected: 'bytes from 0 on, or { goal, start, again } with such numbers, start at most goal',
  read: (answer) => {
    if (isSize(answer)) return { goal: answer, start: answer, again: Infinity };
    if (typeof answer !== 'object' || answer === null) return undefined;
    const { goal, start = goal, again = Infinity } = answer as TriggerAnswer;
    return isSize(goal) && isSize(start) && start <= goal && isSize(again)
      ? { goal, start, again }
      : undefined;
  },
};

export class PolicyTrigger implements Trigger {
  readonly #policy: Part<TriggerPolicy>;
  readonly #view: () => LiveView;
  /** What keeps account, and answers when the policy has failed. */
  readonly #own: Trigger;
  readonly tally?: (heapAlloc: number) => void;
  #goal = Infinity;
  #start = Infinity;
  #again = Infinity;
  #lastHeapGoal = 0;
  /** While it is asked: the goal it may see is the one before. */
  #asking = false;

  /** @param view made after the trigger, which it tells of */
  constructor(policy: Part<TriggerPolicy>, own: Trigger, view: () => LiveView) {
    this.#policy = policy;
    this.#own = own;
    this.#view = view;
    if (own.tally !== undefined) this.tally = (heapAlloc) => own.tally?.(heapAlloc);
  }

  get heapMarked(): number {
    return this.#own.heapMarked;
  }

  get lastHeapGoal(): number {
    return this.#policy.usable ? this.#lastHeapGoal : this.#own.lastHeapGoal;
  }

  init(roots?: number, triggerRatio?: number): void {
    this.#own.init(roots, triggerRatio);
    this.#pace(0);
  }

  commit(sizes: Pick<HeapSizes, 'heapLive'>, sweepDone: boolean): void {
    this.#own.commit(sizes, sweepDone);
    this.#pace(sizes.heapLive);
  }

  heapGoal(sizes: HeapSizes): number {
    return this.#policy.usable ? this.#goal : this.#own.heapGoal(sizes);
  }

  heapTrigger(sizes: HeapSizes): number {
    return this.#policy.usable ? this.#start : this.#own.heapTrigger(sizes);
  }

  shouldCollect(sizes: HeapSizes, limited?: boolean): boolean {
    if (!this.#policy.usable) return this.#own.shouldCollect(sizes, limited);
    const { heapLive } = sizes;
    if (heapLive >= this.#again && !this.#asking) this.#pace(heapLive);
    return heapLive >= this.#start;
  }

  startCycle(sizes: Pick<HeapSizes, 'heapLive'>): void {
    this.#own.startCycle(sizes);
  }

  endCycle(bytesMarked: number, sizes: HeapSizes): void {
    this.#lastHeapGoal = this.#goal;
    this.#own.endCycle(bytesMarked, sizes);
  }

  #pace(heapLive: number): void {
    if (!this.#policy.usable) return;
    const view = this.#view();
    this.#asking = true;
    const none = { goal: Infinity, start: Infinity, again: Infinity };
    const { goal, start, again } = view.during(() => this.#policy.ask('pace', [view], reply, none));
    this.#asking = false;
    this.#start = Math.max(start, heapLive + leastDistance);
    this.#goal = Math.max(goal, this.#start);
    // Asked for again at once it would be asked with every refill.
    this.#again = again === Infinity ? Infinity : Math.max(again, heapLive + leastDistance);
  }
}
