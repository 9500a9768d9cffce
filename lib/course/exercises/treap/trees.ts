/**
 * The shape that a treap of runs must have: with a priority for each run there is exactly one.
 *
 * In the order of keys (length, then first page) each subtree has its best priority on top. Priorities of different pages below 65536
 * are different, since an odd factor only puts them in another order.
 */
import type { Run } from '../../model/fits.ts';

export interface PriorityRule {
  /** Odd. */
  readonly factor: number;
  readonly plus: number;
  readonly top: 'largest' | 'smallest';
}

export const priorities = 65536;

export const priorityOf = (page: number, { factor, plus }: PriorityRule): number =>
  (page * factor + plus) % priorities;

export const byKey = (a: Run, b: Run): number => a.n - b.n || a.page - b.page;

/** A run, and how many nodes are above it. */
export type Node = readonly [page: number, n: number, depth: number];

/** The nodes in the order of their keys. */
export function shapeOf(runs: readonly Run[], rule: PriorityRule): Node[] {
  const sorted = [...runs].sort(byKey);
  const nodes: Node[] = [];
  const sign = rule.top === 'largest' ? 1 : -1;
  const go = (from: number, to: number, depth: number): void => {
    if (from >= to) return;
    let top = from;
    for (let i = from + 1; i < to; i++)
      if (
        sign * (priorityOf((sorted[i] as Run).page, rule) - priorityOf((sorted[top] as Run).page, rule)) >
        0
      )
        top = i;
    go(from, top, depth + 1);
    const { page, n } = sorted[top] as Run;
    nodes.push([page, n, depth]);
    go(top + 1, to, depth + 1);
  };
  go(0, sorted.length, 0);
  return nodes;
}

/** A tree in words: each node with what is below it, in brackets. */
export function treeText(nodes: readonly Node[]): string {
  const go = (from: number, to: number): string => {
    if (from >= to) return '·';
    let top = from;
    for (let i = from; i < to; i++) if ((nodes[i] as Node)[2] < (nodes[top] as Node)[2]) top = i;
    const [page, n] = nodes[top] as Node;
    const self = `${n}@${page}`;
    const below = [go(from, top), go(top + 1, to)];
    return below.every((text) => text === '·') ? self : `${self}(${below.join(' ')})`;
  };
  return nodes.length === 0 ? 'an empty tree' : go(0, nodes.length);
}
