/**
 * Plain policies, which remember nothing: the baseline. They are published.
 */
import type { SecondView } from './real-heap.ts';

export type Decide = (view: SecondView) => number;

export interface Plain {
  readonly name: string;
  readonly decide: Decide;
}

const steady = [1, 5, 10, 20, 30, 40, 60, 80, 100, 120, 160, 240, 320];
const shares = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75];
const kept = [50, 100, 200, 400, 600, 800, 1000, 1200];
const factors = [0.1, 0.5, 1, 2, 3];

/** Policies of one line: from what is seen in this second alone. */
export function plainPolicies(most: number): Plain[] {
  const plain = (name: string, wanted: Decide): Plain => ({
    name,
    decide: (view) => Math.max(0, Math.min(most, view.free, Math.floor(wanted(view)))),
  });
  return [
    plain('nothing', () => 0),
    plain('everything', ({ free }) => free),
    ...steady.map((n) => plain(`${n} pages`, () => n)),
    ...shares.map((part) => plain(`${Math.round(100 * part)} % of what is free`, ({ free }) => part * free)),
    ...kept.map((n) => plain(`all but ${n} pages`, ({ free }) => free - n)),
    ...factors.map((n) =>
      plain(`all but ${Math.round(100 * n)} % of what is in use`, ({ free, inUse }) => free - n * inUse),
    ),
  ];
}
