/**
 * mutating-graph: nodes that point to each other at random, with cycles, on a heap that traces; edges change all the time,
 * and parts of the graph come loose and are made anew.
 *
 * A table of pointers holds every node there may be, in groups, each of them a ring. A step changes edges that lead from some
 * nodes to any, or forgets a group: its entries in the table, not the edges that lead to it. So what dies is told only by
 * following pointers, and much of it hangs in cycles. Each node has a number; at the end every node that can be reached is
 * looked at, and how many there are and what their numbers sum to is printed.
 *
 * Nothing is dropped.
 */
import type { Heap } from '../../api/heap.ts';
import { mib, question, type Workload, type WorkloadContext } from './workload.ts';

const edges = 4;
const nodes = 120_000;
const perGroup = 64;
const steps = 600_000;
/** Nodes whose edges change; from the others rings lead on. */
const hubs = 2048;
/** Steps between two groups that come loose. */
const groupEvery = 40;
const nodeBytes = edges * 8 + 8;

class Graph {
  readonly #heap: Heap;
  readonly #node;
  readonly #slot;
  readonly #table;
  readonly #groups: number;
  readonly #below: (n: number) => number;
  #made = 0;

  constructor(heap: Heap, groups: number, below: (n: number) => number) {
    this.#heap = heap;
    this.#groups = groups;
    this.#below = below;
    this.#node = heap.type({ edges: ['pointer', edges], key: 'f64' });
    this.#slot = heap.type({ to: 'pointer' });
    this.#table = heap.root(heap.newArray(this.#slot, groups * perGroup));
    for (let group = 0; group < groups; group++) this.renew(group);
  }

  get made(): number {
    const n = this.#made;
    this.#made = 0;
    return n;
  }

  /** Lets a group come loose, and makes another in its place: a ring, with edges to anywhere. */
  renew(group: number): void {
    const { to } = this.#slot;
    const first = group * perGroup;
    let before = 0;
    for (let i = first; i < first + perGroup; i++) {
      const one = this.#heap.new(this.#node);
      this.#made++;
      this.#node.key.set(one, i);
      to.set(this.#entry(i), one);
      if (before !== 0) this.#node.edges.set(one, 0, before);
      before = one;
    }
    this.#node.edges.set(to.get(this.#entry(first)), 0, before);
  }

  /** Changes an edge of a node, or moves one from one node to another. */
  mutate(): void {
    const from = this.#hub();
    const edge = 1 + this.#below(edges - 1);
    if (this.#below(2) === 0) {
      this.#node.edges.set(from, edge, this.#any());
      return;
    }
    const other = this.#hub();
    const target = this.#node.edges.get(from, edge);
    this.#node.edges.set(from, edge, 0);
    this.#node.edges.set(other, 1 + this.#below(edges - 1), target);
  }

  renewAny(): void {
    this.renew(this.#below(this.#groups));
  }

  /** Of all nodes that can be reached: how many, and the sum of their numbers. */
  count(): { reached: number; sum: number } {
    const seen = new Set<number>();
    const gray: number[] = [];
    const visit = (node: number): void => {
      if (node === 0 || seen.has(node)) return;
      seen.add(node);
      gray.push(node);
    };
    for (let i = 0; i < this.#groups * perGroup; i++) visit(this.#slot.to.get(this.#entry(i)));
    let sum = 0;
    for (let node = gray.pop(); node !== undefined; node = gray.pop()) {
      sum += this.#node.key.get(node);
      for (let edge = 0; edge < edges; edge++) visit(this.#node.edges.get(node, edge));
    }
    return { reached: seen.size, sum };
  }

  dispose(): void {
    this.#table.dispose();
  }

  #entry(i: number): number {
    return this.#table.address + i * 8;
  }

  #hub(): number {
    return this.#slot.to.get(this.#entry(this.#below(Math.min(hubs, this.#groups * perGroup))));
  }

  #any(): number {
    return this.#slot.to.get(this.#entry(this.#below(this.#groups * perGroup)));
  }
}

async function run(c: WorkloadContext): Promise<void> {
  const groups = Math.max(1, Math.round((nodes * c.scale) / perGroup));
  const graph = new Graph(c.traced(), groups, (n) => c.random.below(n));
  c.made(graph.made, nodeBytes);
  c.endPhase('made');
  const all = Math.round(steps * c.scale);
  for (let i = 0; i < all; i++) {
    graph.mutate();
    if (i % groupEvery === 0) {
      graph.renewAny();
      c.made(graph.made, nodeBytes);
    }
    if ((i & 255) === 0 && c.due()) await c.turn();
  }
  c.endPhase('mutated');
  const { reached, sum } = graph.count();
  c.gc();
  const again = graph.count();
  if (again.reached !== reached || again.sum !== sum)
    throw new Error(`a collection changed the graph: ${reached} nodes, then ${again.reached}`);
  c.print(`${reached} nodes can be reached\t check: ${sum}`);
  graph.dispose();
  c.gc();
  c.endPhase('done');
}

export const mutatingGraph: Workload = {
  name: 'mutating-graph',
  description:
    'A graph of nodes with four pointers, whose edges change all the time, and whose parts come loose, in cycles; the ' +
    'heap finds out by its roots what lives. Shows what it costs to mark while pointers change: in pauses, or in ' +
    'slices with a write barrier and assists (--marking).',
  questions: [question.tracing, question.gogc],
  seed: 1,
  idleSeconds: 0,
  peakBytes: 24 * mib,
  heap: { liveness: 'tracing' },
  run,
};
