/**
 * Programs that tell policies apart: of those of a seed the first on which the reference costs clearly less than what is plain. So
 * the way from the one to the other has a length, whatever the seed.
 */
export interface Told<Run> {
  readonly reference: Run;
  /** Its cost, and what the plain policy costs that points begin at. */
  readonly best: number;
  readonly plain: number;
}

const mostTries = 40;
/** Of the plain cost: the reference costs that at most, if nothing else is said. */
export const clearly = 0.9;

/**
 * @param play a program of this seed, with what it costs
 * @param share of the plain cost, which the reference's is below
 */
export async function firstTelling<T extends Told<unknown>>(
  seed: string,
  play: (seed: string) => Promise<T>,
  share = clearly,
): Promise<T> {
  for (let i = 1; ; i++) {
    const told = await play(`${seed} ${i}`);
    if (told.best <= share * told.plain || i === mostTries) return told;
  }
}

const quarters = 4;

/** Points by quarters of the way from what is plain to the reference. */
export const quartersOf = (cost: number, { best, plain }: Told<unknown>): number =>
  best < plain
    ? Math.max(0, Math.min(quarters, Math.floor(((plain - cost) / (plain - best)) * quarters + 0.2))) /
      quarters
    : 0;
