/**
 * The contract of a rule for dense chunks: which chunks of 4 MiB the scavenger leaves alone, so that the huge pages that
 * probably back them are not broken.
 *
 *     export default class NeverDense {
 *       keeps() { return false; }
 *     }
 *
 * A rule is a class; the heap makes one, `new Rule(host)`, and asks it about each chunk that has something to release,
 * when memory is released without force. It is of the radix page heap, which has chunks.
 *
 * The built-in rule is `(chunk) => chunk.inUse >= 496 || (chunk.changed && chunk.lastInUse >= 496)`: two numbers of a
 * word, compared where chunks are searched. It is not asked through this interface, since a search passes thousands.
 *
 * Not here: the word (density.ts), the search (scavenge-index.ts); failing (base/part.ts): then the built-in rule counts.
 */
import type { AnswerKind, Part, PartClass } from '../../base/part.ts';

/** What is known of a chunk of 512 pages. */
export interface ChunkDensity {
  /** Its number from the heap's origin: chunk n begins with page 512 n. */
  readonly chunk: number;
  /** Pages in use now, those in page caches among them: 0 to 512. */
  readonly inUse: number;
  /** Pages that were in use when the last collection ended; the same as now where nothing changed since. */
  readonly lastInUse: number;
  /** Whether a page of it was allocated or freed since. */
  readonly changed: boolean;
  /** Collections since a page of it was allocated or freed. */
  readonly age: number;
  /** Whether a part of it was given back before, since it was last nearly full: then its huge page is broken. */
  readonly broken: boolean;
}

export interface DenseRule {
  /** Whether the chunk is left alone for now. */
  keeps(chunk: ChunkDensity): boolean;
}

/** What a rule has from the heap when it is made; frozen. */
export interface DenseRuleHost {
  /** Pages of a chunk: 512. */
  readonly chunkPages: number;
}

export type DenseRuleClass = PartClass<DenseRule, DenseRuleHost>;

export const denseRulePart = { option: 'denseRule', kind: 'dense rule', methods: ['keeps'] } as const;

const verdict: AnswerKind<boolean> = {
  expected: 'true or false',
  read: (answer) => (typeof answer === 'boolean' ? answer : undefined),
};

/** Asks a rule. @returns undefined where it has failed */
export function keepsDense(rule: Part<DenseRule>, chunk: ChunkDensity): boolean | undefined {
  const keeps = rule.ask('keeps', [chunk], verdict, false);
  return rule.usable ? keeps : undefined;
}
