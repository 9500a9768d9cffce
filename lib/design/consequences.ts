/**
 * What follows from a design without being chosen, and what it asks of a class that is brought.
 *
 * Not here: what can be chosen (design.ts), what does not go together (refusals.ts).
 */
import type { SamplingKind } from '../alloc/profiling-malloc.ts';
import type { PageHeap, PageHeapClass } from '../pages/contract.ts';
import type { Design, Generation, PointerBitStyle } from './design.ts';
import { refuseOption } from './option.ts';

/** Whose gctrace lines a generation prints. */
export const gcTraceOf = { lists: 'go1.4', treap: 'go1.12', radix: 'go1.21' } as const satisfies Readonly<
  Record<Generation, string>
>;

/** How a generation samples the memory profile. */
export const samplingOf = {
  lists: 'uniform',
  treap: 'poisson, large all',
  radix: 'poisson',
} as const satisfies Readonly<Record<Generation, SamplingKind>>;

/** Whether GODEBUG=gctrace=2 makes every collection run twice, as the runtime did until Go 1.11. */
export const canCollectTwice = ({ generation }: Pick<Design, 'generation'>): boolean =>
  gcTraceOf[generation] === 'go1.4';

/** Whether scvg lines are those of 2014, which count spans. */
export const hasOldScavengeTrace = ({ generation }: Pick<Design, 'generation'>): boolean =>
  generation === 'lists';

/**
 * Whether a cycle flushes the mcaches before it marks. The trigger of 2014 goes by what objects come to, for which
 * those of cached spans must be counted; and its sweep takes cached spans like all others.
 */
export const flushesBefore = ({ sweep, trigger }: Pick<Design, 'sweep' | 'trigger'>): boolean =>
  sweep === 'busy' || trigger === 'live';

/** Whether the heap is marked while the program runs. */
export const marksConcurrently = ({ liveness, marking }: Pick<Design, 'liveness' | 'marking'>): boolean =>
  liveness === 'tracing' && marking === 'incremental';

/** Which bits a heap has for pointers: those chosen where it traces; else those of 2014, beside free lists. */
export function pointerBitsOf({
  liveness,
  pointerBits,
  objects,
}: Pick<Design, 'liveness' | 'pointerBits' | 'objects'>): PointerBitStyle | undefined {
  if (liveness === 'tracing') return pointerBits;
  return objects === 'freelist' ? 'nibbles' : undefined;
}

/** Whether a heap has user arenas: the design of 2023 does, whose pointer bits they need where it has such. */
export const hasUserArenas = (
  design: Pick<Design, 'generation' | 'liveness' | 'pointerBits' | 'objects'>,
): boolean => design.generation === 'radix' && (pointerBitsOf(design) ?? 'bits') === 'bits';

/** Whether spans of small objects hold those with pointers and those without, as in 2014. */
export const sharesSpans = (
  design: Pick<Design, 'liveness' | 'pointerBits' | 'objects' | 'sizeClasses'>,
): boolean =>
  design.objects === 'freelist' && design.sizeClasses === 'go1.4' && pointerBitsOf(design) === 'nibbles';

/** Whether a scavenger can work with a custom page heap. @throws ERR_INVALID_OPTION */
export function checkCustom(
  { scavenger }: Pick<Design, 'scavenger'>,
  pages: PageHeap,
  { name }: PageHeapClass,
): void {
  // Beside 'growth' age is one of two reasons; by itself it would be none.
  if (scavenger === 'age' && pages.releaseUnused === undefined)
    refuseOption('scavenger', `${needsAges('')}; ${name || 'this one'} has no releaseUnused`, scavenger);
}

/** @param brought who chose the scavenger, if nobody did by name */
export const needsAges = (brought: string): string =>
  `'age'${brought} needs a page heap that knows since when a run is free`;
