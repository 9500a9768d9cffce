/**
 * Dominators: what keeps what alive.
 *
 * Object d *dominates* object x if every way from the roots to x leads through d: if d went, x would be garbage. The nearest
 * such d is x's immediate dominator; these form a tree, and what an object *keeps* is the bytes of its subtree.
 *
 * Found as Cooper, Harvey and Kennedy do it: objects in reverse postorder, each one's dominator the nearest common one of
 * those that refer to it, again and again until nothing changes; two rounds are mostly enough. Above all roots there is
 * one more node, which is none of the heap's.
 *
 * The tree of a heap has as many nodes as objects. For people (`dominatorTree`) a list is one box, and so are siblings of a
 * type where there are many; what keeps little is put together, and the tree ends at some depth.
 */
import type { DominatorBox } from '../record/lines.ts';
import type { HeapGraph } from './heap-graph.ts';

export interface Dominators {
  /** The immediate dominator of each object; `count`: none, a root alone keeps it; −1: nothing does. */
  readonly idom: Int32Array;
  /** Bytes that each object keeps, its own among them. */
  readonly kept: Float64Array;
  /** Bytes and objects that can be reached. */
  readonly bytes: number;
  readonly objects: number;
}

/** Objects in postorder from the roots, the one above them last. */
function postorder({ count, offsets, targets, roots }: HeapGraph): Int32Array {
  const order = new Int32Array(count + 1);
  const seen = new Uint8Array(count + 1);
  const stack: number[] = [];
  const next = new Int32Array(count + 1);
  let n = 0;
  for (const root of roots) {
    if (seen[root] === 1) continue;
    seen[root] = 1;
    stack.push(root);
    next[root] = offsets[root];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (next[top] === offsets[top + 1]) {
        order[n++] = top;
        stack.pop();
        continue;
      }
      const target = targets[next[top]++];
      if (seen[target] === 1) continue;
      seen[target] = 1;
      stack.push(target);
      next[target] = offsets[target];
    }
  }
  order[n++] = count;
  return order.subarray(0, n);
}

export function dominatorsOf(graph: HeapGraph): Dominators {
  const { count, offsets, targets, roots, bytes } = graph;
  const order = postorder(graph);
  const place = new Int32Array(count + 1).fill(-1);
  order.forEach((object, i) => {
    place[object] = i;
  });
  const idom = new Int32Array(count + 1).fill(-1);
  idom[count] = count;
  const common = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (place[x] < place[y]) x = idom[x];
      while (place[y] < place[x]) y = idom[y];
    }
    return x;
  };
  const meet = (object: number, by: number): boolean => {
    const before = idom[object];
    idom[object] = before < 0 ? by : common(before, by);
    return idom[object] !== before;
  };
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const root of roots) if (meet(root, count)) isChanged = true;
    for (let i = order.length - 2; i >= 0; i--) {
      const from = order[i];
      for (let at = offsets[from]; at < offsets[from + 1]; at++)
        if (targets[at] !== from && meet(targets[at], from)) isChanged = true;
    }
  }
  const kept = new Float64Array(count);
  let total = 0;
  let objects = 0;
  // In postorder an object comes before its dominator.
  for (const object of order) {
    if (object === count) continue;
    kept[object] += bytes[object];
    total += bytes[object];
    objects++;
    if (idom[object] < count) kept[idom[object]] += kept[object];
  }
  return { idom: idom.subarray(0, count), kept, bytes: total, objects };
}

const deepest = 8;
const mostSiblings = 12;
/** The share of the heap below which a node is put together with others. */
const leastShare = 0.004;

/** The tree for people: its topmost boxes. */
export function dominatorTree(graph: HeapGraph, dominators: Dominators): DominatorBox[] {
  const { count, types, typeList, bytes } = graph;
  const { idom, kept } = dominators;
  const first = new Int32Array(count + 1).fill(-1);
  const sibling = new Int32Array(count).fill(-1);
  for (let i = count - 1; i >= 0; i--) {
    if (idom[i] < 0) continue;
    sibling[i] = first[idom[i]];
    first[idom[i]] = i;
  }
  const least = leastShare * dominators.bytes;
  const isOnly = (i: number, parent: number): boolean => first[parent] === i && sibling[i] < 0;
  /** An object, and those of its type that follow it as in a list: each keeps most of what the one before keeps. */
  const chainFrom = (head: number): number[] => {
    const chain = [head];
    for (let at = head; ; ) {
      let next = -1;
      for (let i = first[at]; i >= 0; i = sibling[i])
        if (types[i] === types[head] && (2 * kept[i] > kept[at] || isOnly(i, at))) next = i;
      if (next < 0) return chain;
      chain.push(next);
      at = next;
    }
  };
  const boxOf = (chains: readonly (readonly number[])[], depth: number): DominatorBox => {
    const members = chains.flat();
    const heads = chains.map(([head]) => head);
    const { bytes: size, pointerWords: pointers } = typeList[types[members[0]]];
    return {
      ...{ size, pointers, count: members.length },
      ...(members.length > heads.length ? { lists: heads.length } : {}),
      own: members.reduce((sum, i) => sum + bytes[i], 0),
      kept: heads.reduce((sum, i) => sum + kept[i], 0),
      children: depth < deepest ? below(members, new Set(members), depth + 1) : [],
    };
  };
  const below = (
    parents: readonly number[],
    shownAbove: ReadonlySet<number>,
    depth: number,
  ): DominatorBox[] => {
    const chains: number[][] = [];
    for (const parent of parents)
      for (let i = first[parent]; i >= 0; i = sibling[i]) if (!shownAbove.has(i)) chains.push(chainFrom(i));
    const byType = new Map<number, number[][]>();
    for (const chain of chains) {
      const type = types[chain[0]];
      const same = byType.get(type);
      if (same === undefined) byType.set(type, [chain]);
      else same.push(chain);
    }
    const keptBy = (group: readonly (readonly number[])[]): number =>
      group.reduce((sum, [head]) => sum + kept[head], 0);
    // A few are shown one by one, many of a type together.
    const groups = chains.length <= mostSiblings ? chains.map((chain) => [chain]) : [...byType.values()];
    groups.sort((a, b) => keptBy(b) - keptBy(a));
    const shown = groups.filter((group, i) => i < mostSiblings && keptBy(group) >= least);
    const rest = groups.slice(shown.length).flat();
    const boxes = shown.map((group) => boxOf(group, depth));
    if (rest.length === 0) return boxes;
    const members = rest.flat();
    const own = members.reduce((sum, i) => sum + bytes[i], 0);
    return [...boxes, { count: members.length, own, kept: keptBy(rest), children: [] }];
  };
  return below([count], new Set(), 1);
}
