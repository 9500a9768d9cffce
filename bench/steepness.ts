/**
 * How steeply the cost of a page allocation grows with the heap: what it takes at 16 GiB over what it takes at 64 MiB.
 *
 * A row that nobody measured: its values are made of two rows of the same round, each participant's of its own. So a machine
 * that is slower than another by a factor drops out, and so does a round that was slower than the others.
 */
import type { Row } from './rounds.ts';

const from = '64';
const to = '16384';
/** Ours may grow by so much more than Go's. */
const atMost = 1.2;

/**
 * A row for each length of run that was measured at both ends: of allocations; of pairs of a free and an allocation where
 * there are too few runs at the small end to time allocations alone.
 */
export function steepnessRows(rows: readonly Row[]): Row[] {
  const pages = rows.filter(({ name }) => name === 'pages');
  const at = (mib: string, length: string, what: string): Row | undefined =>
    pages.find(({ params }) => params.mib === mib && params.pages === length && params.what === what);
  const between = (length: string, what: string): Row | undefined => {
    const [small, large] = [at(from, length, what), at(to, length, what)];
    if (small === undefined || large === undefined) return undefined;
    const values: Record<string, number[]> = {};
    for (const [id, costs] of Object.entries(large.values)) {
      const base = small.values[id];
      // Who failed at one end is withdrawn there.
      if (base !== undefined) values[id] = costs.map((cost, round) => cost / base[round]);
    }
    if (Object.keys(values).length === 0) return undefined;
    return {
      name: 'pages',
      params: { pages: length, mib: `${from}–${to}`, what: `${what}-growth` },
      unit: 'ratio',
      values,
      targets: [{ what: `${what}-growth`, against: 'go', atMost }],
    };
  };
  return [...new Set(pages.map(({ params }) => params.pages))]
    .map((length) => between(length, 'alloc') ?? between(length, 'pair'))
    .filter((row) => row !== undefined);
}
