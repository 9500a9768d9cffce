/**
 * What the memory profile does not count: objects that were sampled, and for which there was no room. Whoever reads the
 * profile must know, for it tells less than there was; `fallbacks()` says so.
 *
 * Not here: the buckets (profile.ts), the objects' specials (specials.ts).
 */
import { grouped } from '../base/grouped.ts';
import { specialsInWords } from './specials.ts';

/** What there was no room for. */
export const missCauses = ['buckets', 'texts', 'specials', 'memory'] as const;
export type MissCause = (typeof missCauses)[number];

export class ProfileMisses {
  readonly #objects: Float64Array;

  /** @param objects by cause, in the heap's memory */
  constructor(objects: Float64Array) {
    this.#objects = objects;
  }

  add(cause: MissCause): void {
    this.#objects[missCauses.indexOf(cause)]++;
  }

  /** A sentence for each cause that there was; none of a heap that is gone. @param most how many there can be of each */
  list(most: Readonly<Record<Exclude<MissCause, 'memory'>, number>>): string[] {
    const why: Record<MissCause, string> = {
      buckets: `it has room for ${grouped(most.buckets)} pairs of place and size`,
      texts: `it has room for ${grouped(most.texts)} bytes of labels and call sites`,
      specials: `a heap has ${grouped(most.specials)} ${specialsInWords} at most`,
      memory: 'the system had no memory for that',
    };
    return missCauses.flatMap((cause, i) => {
      const objects = this.#objects[i] ?? 0;
      return objects === 0
        ? []
        : [`the memory profile lacks ${grouped(objects)} sampled objects: ${why[cause]}`];
    });
  }
}
