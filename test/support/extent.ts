/**
 * How far a test goes that tries many things. `npm test` tries some of them; `npm run test:long` runs the files that ask
 * here once more, with all of them, and many times the random ones.
 */
const extent = Number(process.env.PAGEHEAP_TEST_EXTENT ?? 1);

/** Whether everything is tried. */
export const isWhole = extent > 1;

/** So many random runs, or steps of one: n in `npm test`; where everything is tried, many times as many as `whole`. */
export const times = (n: number, whole = n): number => (isWhole ? Math.ceil(whole * extent) : n);

/** All of them where everything is tried; otherwise those that `npm test` is content with. */
export const those = <T>(all: readonly T[], few: (each: T, index: number) => boolean): readonly T[] =>
  isWhole ? all : all.filter(few);
