/**
 * The contract of an advice policy: what the kernel is told of a range of the heap's memory.
 *
 *     export default class ColdFirst {
 *       advise({ bytes }, state) { return state === 'released' && bytes >= 2 ** 20 ? 'dontneed' : 'free'; }
 *     }
 *
 * A policy is a class; the heap makes one, `new Policy(host)`, and asks it with a range and what happens to it:
 *
 *   released   the heap gives it back
 *   reused     it was given back, and is about to be used again
 *   fresh      it was mapped just now
 *
 * It answers one advice, or several, which are given in that order:
 *
 *   dontneed     the kernel takes the memory at once                      released alone
 *   free         it takes it when it needs some                           released alone
 *   cold         it takes it before other memory, and keeps what is in it
 *   pageout      it writes it to swap now, where there is swap
 *   hugepage     it may make huge pages of it, whole ones inside the range
 *   nohugepage   it may not
 *   collapse     it makes huge pages of it now
 *   none         nothing is told
 *
 * Whatever is answered, the heap takes what it gave back for released: with `cold`, `pageout` and `none` the kernel's
 * view differs from that, which is what there is to see. Nothing in the heap depends on released memory being zero.
 *
 * What the kernel refuses is counted among the fallbacks, once for each advice; a refused `dontneed` or `free` goes the
 * way of the option `advise`. A policy that fails is asked no more, and that option counts.
 */
import { describe } from '../base/describe.ts';
import type { AnswerKind, Part, PartClass } from '../base/part.ts';
import { Advice } from './addon.ts';

export const adviceNames = [
  'dontneed',
  'free',
  'cold',
  'pageout',
  'hugepage',
  'nohugepage',
  'collapse',
  'none',
] as const;
export type AdviceName = (typeof adviceNames)[number];

/** What happens to a range. */
export type RangeState = 'released' | 'reused' | 'fresh';

/** A range of the heap's memory. */
export interface AdvisedRange {
  readonly address: number;
  /** Its length. */
  readonly bytes: number;
  /** Of a range that is released: bytes that were not released before. Of one that is reused: that were. */
  readonly changing: number;
}

export interface AdvicePolicy {
  advise(range: AdvisedRange, state: RangeState): AdviceName | readonly AdviceName[] | undefined;
}

/** What a policy has from the heap when it is made; frozen. */
export interface AdviceHost {
  /** Bytes of a physical page, and of a transparent huge page (0: there are none). */
  readonly physPageSize: number;
  readonly hugePageSize: number;
  /** What counts without it: the option `advise`. */
  readonly advise: 'dontneed' | 'free';
}

export type AdvicePolicyClass = PartClass<AdvicePolicy, AdviceHost>;

export const advicePolicyPart = {
  option: 'advicePolicy',
  kind: 'advice policy',
  methods: ['advise'],
} as const;

/** The kernel's number of each advice; 0: none is given. */
export const adviceNumber: Readonly<Record<AdviceName, number>> = {
  dontneed: Advice.DONTNEED,
  free: Advice.FREE,
  cold: Advice.COLD,
  pageout: Advice.PAGEOUT,
  hugepage: Advice.HUGEPAGE,
  nohugepage: Advice.NOHUGEPAGE,
  collapse: Advice.COLLAPSE,
  none: 0,
};

/** Advice after which contents are gone: of memory that is given back alone. */
const forfeits: ReadonlySet<AdviceName> = new Set(['dontneed', 'free']);

/** The most that is told of one range. */
const mostAdvice = 8;

const isAdvice = (value: unknown): value is AdviceName => (adviceNames as readonly unknown[]).includes(value);

const kindFor = (state: RangeState): AnswerKind<readonly AdviceName[]> => {
  const allowed = adviceNames.filter((name) => state === 'released' || !forfeits.has(name));
  const isAllowed = (name: unknown): name is AdviceName => isAdvice(name) && allowed.includes(name);
  return {
    expected: `one of ${allowed.join(', ')} for a range that is ${state}, or an array of up to ${mostAdvice} of them`,
    wrong: (answer) => {
      if (!Array.isArray(answer)) return undefined;
      if (answer.length > mostAdvice) return `it has ${answer.length}`;
      const at = answer.findIndex((name) => !isAllowed(name));
      if (at < 0) return undefined;
      return `of the array ${describe(answer[at])}, at ${at}, is none`;
    },
    read: (answer) => {
      if (answer === undefined || answer === null) return [];
      // A copy: what is answered stays the policy's.
      const list: unknown[] = Array.isArray(answer) ? answer.slice(0, mostAdvice + 1) : [answer];
      return list.length <= mostAdvice && list.every(isAllowed) ? list : undefined;
    },
  };
};

const kinds: Readonly<Record<RangeState, AnswerKind<readonly AdviceName[]>>> = {
  released: kindFor('released'),
  reused: kindFor('reused'),
  fresh: kindFor('fresh'),
};

/** Asks a policy. @returns undefined where it has failed */
export function adviceFor(
  policy: Part<AdvicePolicy>,
  range: AdvisedRange,
  state: RangeState,
): readonly AdviceName[] | undefined {
  const advice = policy.ask('advise', [range, state], kinds[state], []);
  return policy.usable ? advice : undefined;
}
