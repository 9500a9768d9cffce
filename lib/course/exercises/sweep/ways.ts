/**
 * Plain ways of sweeping, which are the baseline: the exercise's rule, and what is a line or two. They are published.
 */
import { type SweepHeap, SweepModel, sweepOrders } from './model.ts';
import { Account, type Program, type Run } from './own.ts';

/** Spans, call by call. */
export interface Way {
  before(n: number): number[];
  rest(): number[];
}

export interface PlainWay {
  readonly name: string;
  readonly of: (heap: SweepHeap) => Way;
}

/** Students have one of these each. */
export const margins = [2, 3, 4] as const;

const spansOf = (heap: SweepHeap): number[] => [...heap.pages.keys()];

function emptyFirst(heap: SweepHeap): number[] {
  const isFull = (span: number): number => (heap.living[span] === 0 ? 0 : 1);
  return spansOf(heap).sort((a, b) => isFull(a) - isFull(b) || a - b);
}

/** Of all pages as large a share as was taken of the distance. */
function evenly({ pages, distance }: SweepHeap, order: number[]): Way {
  const all = pages.reduce((sum, n) => sum + n, 0);
  let [taken, swept] = [0, 0];
  return {
    before: (n) => {
      taken += n;
      const spans: number[] = [];
      while (swept < Math.min(all, (all * taken) / distance)) {
        const span = order.shift() as number;
        spans.push(span);
        swept += pages[span] as number;
      }
      return spans;
    },
    rest: () => order.splice(0),
  };
}

function atOnce(heap: SweepHeap): Way {
  const left = spansOf(heap);
  return { before: () => left.splice(0), rest: () => [] };
}

export const plainWays: readonly PlainWay[] = [
  ...sweepOrders.flatMap((order) =>
    margins.map((margin): PlainWay => {
      const rule = { order, margin };
      return { name: `the rule, ${order}, ${margin}`, of: (heap) => new SweepModel(heap, rule) };
    }),
  ),
  { name: 'even shares, the lowest first', of: (heap) => evenly(heap, spansOf(heap)) },
  { name: 'even shares, empty ones first', of: (heap) => evenly(heap, emptyFirst(heap)) },
  { name: 'all in the first call', of: atOnce },
  { name: 'nothing before the end', of: (heap) => ({ before: () => [], rest: () => spansOf(heap) }) },
];

export function runOf(program: Program, way: Way): Run {
  const account = new Account(program);
  for (const n of program.takes) {
    account.sweep(way.before(n));
    account.take(n);
  }
  account.sweep(way.rest());
  return account.run;
}
