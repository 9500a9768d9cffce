/**
 * The contract of a scavenging policy: when memory goes back, and how much.
 *
 *     export default class AfterFiveSeconds {
 *       onCycle(heap) { return { again: 5e9 }; }                        // ask me in five seconds
 *       onTime(heap) { return { release: heap.heapFree }; }             // all that is free
 *     }
 *
 * A policy is a class; the heap makes one, `new Policy(host)`, and asks it on three occasions. Each method may be
 * missing, but not all three.
 *
 *   onTime    the time has come for which it asked, and once when the heap begins
 *   onCycle   a collection's sweep is complete: memory is as free as it gets
 *   onGrowth  an allocation of pages made the heap grow, or took released pages into use; the allocation goes on after
 *
 * It answers bytes to give back, or a `ScavengeAnswer`, or nothing. What it asks for is done at once; `onReleased` then
 * tells what came of it. Which pages go is the page heap's business, and how they are advised is that of the option
 * `advise` or an advice policy.
 *
 * A policy that fails is asked no more, and the design's own scavenger takes over.
 *
 * Not here: who asks (policy-scavenger.ts).
 */
import type { AnswerKind, PartClass } from '../base/part.ts';
import type { HeapView } from '../gc/heap-view.ts';

export interface ScavengeAnswer {
  /** Bytes to give back, about: as pieces go. Infinity: everything that may go. Default: 0. */
  readonly release?: number | undefined;
  /** Also what the page heap is reluctant to give: dense chunks. Default: false. */
  readonly force?: boolean | undefined;
  /**
   * Only runs of pages that were unused for longer than so many nanoseconds, all of them; `release` does not count
   * then. With a page heap that knows ages: lists and treap do, radix does not.
   */
  readonly unusedFor?: number | undefined;
  /**
   * Nanoseconds until it wants to be asked by `onTime`. Infinity: not by time. Without it a time that was named before
   * stands. 0: at once, which must lead to something: who asks for that a hundred times without a byte released has
   * failed.
   */
  readonly again?: number | undefined;
}

/** Why the heap has pages it did not have; bytes. */
export interface GrowthNews {
  /** By how much the heap grew. */
  readonly grown: number;
  /** Released memory that is taken into use: it is about to cost RSS. */
  readonly reused: number;
}

/** What came of an answer. */
export interface ReleaseNews {
  readonly asked: number;
  /** Bytes given back. */
  readonly released: number;
  /** Nanoseconds that it took. */
  readonly ns: number;
}

/** What a policy may answer: bytes, more than that, or nothing. */
export type ScavengeReply = ScavengeAnswer | number | undefined;

export interface ScavengePolicy {
  // biome-ignore lint/suspicious/noConfusingVoidType: a method that answers nothing.
  onTime?(heap: HeapView): ScavengeReply | void;
  // biome-ignore lint/suspicious/noConfusingVoidType: as above.
  onCycle?(heap: HeapView): ScavengeReply | void;
  // biome-ignore lint/suspicious/noConfusingVoidType: as above.
  onGrowth?(heap: HeapView, news: GrowthNews): ScavengeReply | void;
  /** After an answer with bytes in it. Answers nothing. */
  onReleased?(heap: HeapView, news: ReleaseNews): void;
}

/** What a policy has from the heap when it is made; frozen. */
export interface ScavengeHost {
  /** Bytes of a physical page, and of the heap's page. */
  readonly physPageSize: number;
  readonly pageSize: number;
  /** Whether `unusedFor` can be answered. */
  readonly knowsAges: boolean;
}

export type ScavengePolicyClass = PartClass<ScavengePolicy, ScavengeHost>;

export const scavengePolicyPart = {
  option: 'scavengePolicy',
  kind: 'scavenge policy',
  methods: ['onTime', 'onCycle', 'onGrowth'],
} as const;

/** An answer in full. */
export interface FullAnswer {
  readonly release: number;
  readonly force: boolean;
  readonly unusedFor: number | undefined;
  /** Undefined: the time that was named before stands. */
  readonly again: number | undefined;
}

export const noAnswer: FullAnswer = { release: 0, force: false, unusedFor: undefined, again: undefined };

const isAmount = (value: unknown): value is number => typeof value === 'number' && value >= 0;
const isAmountOrNone = (value: unknown): value is number | undefined =>
  value === undefined || isAmount(value);

/** Reads what a policy answers. */
export const scavengeReply: AnswerKind<FullAnswer> = {
  expected: 'bytes from 0 on, { release, force, unusedFor, again } with such numbers, or nothing',
  read: (reply) => {
    if (reply === undefined || reply === null) return noAnswer;
    if (typeof reply === 'number') return isAmount(reply) ? { ...noAnswer, release: reply } : undefined;
    if (typeof reply !== 'object' || Array.isArray(reply)) return undefined;
    const { release = 0, force = false, unusedFor, again } = reply as ScavengeAnswer;
    return isAmount(release) &&
      typeof force === 'boolean' &&
      isAmountOrNone(unusedFor) &&
      isAmountOrNone(again)
      ? { release, force, unusedFor, again }
      : undefined;
  },
};

/** What nobody reads. */
export const nothing: AnswerKind<null> = { expected: 'nothing', read: () => null };
