/**
 * Plain rules, which remember nothing: the README of the exercise has them, and points begin at the best of them.
 */
import type { ChunkDensity } from '../../../pages/radix/dense-rule.ts';
import { chunkPages, goDense } from './chunk.ts';
import { costOf, type HeapRun, type Life, type Prices, runHeap } from './heap.ts';

export type Rule = (chunk: ChunkDensity) => boolean;

export const goRule =
  (): Rule =>
  ({ inUse, changed, lastInUse }) =>
    inUse >= goDense || (changed && lastInUse >= goDense);

export const keepsNothing = (): Rule => () => false;

/** What keeps a chunk by one number alone. */
export const above =
  (number: number): Rule =>
  ({ inUse }) =>
    inUse > number;

/** Go's, nothing, and each number in steps of 16. */
const plainRules: readonly { readonly name: string; readonly rule: Rule }[] = [
  { name: 'Go’s rule', rule: goRule() },
  { name: 'nothing is kept', rule: keepsNothing() },
  ...Array.from({ length: chunkPages / 16 }, (_, i) => ({ name: `inUse > ${16 * i}`, rule: above(16 * i) })),
];

export interface PlainRun {
  readonly name: string;
  readonly rule: Rule;
  readonly run: HeapRun;
  readonly cost: number;
}

/** The cheapest of the plain rules: no number alone has points. */
export async function bestPlain(lives: readonly Life[], prices: Prices): Promise<PlainRun> {
  const all: PlainRun[] = [];
  for (const { name, rule } of plainRules) {
    const run = await runHeap(lives, (chunks) => chunks.map(rule));
    all.push({ name, rule, run, cost: costOf(run, prices) });
  }
  return all.reduce((least, one) => (one.cost < least.cost ? one : least));
}
