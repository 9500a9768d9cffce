/**
 * How a broken heap is found out. One walk may never meet the fault, and a long one meets it late: so several short ones,
 * each by another seed, until one ends with an error like this.
 *
 * @param first the seed to begin with: one whose walk is known to meet it soon
 * @returns that error, or the last one
 */
export function firstFault(like: RegExp, walk: (seed: number) => void, first = 1, walks = 40): string {
  let last = `none in ${walks} walks`;
  for (let seed = first; seed < first + walks; seed++) {
    try {
      walk(seed);
    } catch (error) {
      last = String(error);
      if (like.test(last)) return last;
    }
  }
  return last;
}
