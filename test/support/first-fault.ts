/**
 * How a broken heap is found out. One walk may never meet the fault, and a long one meets it late: so several short ones,
 * each by another seed, until one ends with an error like this.
 *
 * @returns that error, or the last one
 */
export function firstFault(like: RegExp, walk: (seed: number) => void, walks = 40): string {
  let last = `none in ${walks} walks`;
  for (let seed = 1; seed <= walks; seed++) {
    try {
      walk(seed);
    } catch (error) {
      last = String(error);
      if (like.test(last)) return last;
    }
  }
  return last;
}
