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

/** Nodes of a tree that is told whole; of a larger one so many levels are, from two above the place on. */
const mostNodes = 24;
const levelsTold = 4;

/**
 * A tree in words: each node with what is below it, in brackets. Of a large one a part alone.
 * @param near the node around which that part is: its place in the order of keys
 */
export function treeText(nodes: readonly Node[], near = 0): string {
  if (nodes.length === 0) return 'an empty tree';
  const topOf = (from: number, to: number): number => {
    let top = from;
    for (let i = from; i < to; i++) if ((nodes[i] as Node)[2] < (nodes[top] as Node)[2]) top = i;
    return top;
  };
  const go = (from: number, to: number, levels: number): string => {
    if (from >= to) return '·';
    if (levels === 0) return '…';
    const top = topOf(from, to);
    const [page, n] = nodes[top] as Node;
    const self = `${n}@${page}`;
    const below = [go(from, top, levels - 1), go(top + 1, to, levels - 1)];
    return below.every((text) => text === '·') ? self : `${self}(${below.join(' ')})`;
  };
  if (nodes.length <= mostNodes) return go(0, nodes.length, nodes.length);
  // The way down to the place, as the parts below each of its nodes.
  const parts: [from: number, to: number][] = [];
  for (let [from, to] = [0, nodes.length]; ; ) {
    parts.push([from, to]);
    const top = topOf(from, to);
    if (top === near) break;
    if (near < top) to = top;
    else from = top + 1;
  }
  const [from, to] = parts.at(-3) ?? (parts[0] as [number, number]);
  return `of ${nodes.length} nodes ${go(from, to, levelsTold)}`;
}
