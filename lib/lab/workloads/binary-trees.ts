/**
 * binary-trees: the program of that name of the Computer Language Benchmarks Game, on a heap that traces.
 *
 * Trees of nodes with two pointers are made and forgotten: one to stretch the heap, one that lives to the end, and of
 * each other depth so many that they come to the same nodes each time. Every tree's nodes are counted by following its
 * pointers, and the counts are the known ones.
 *
 * Nothing is dropped. What is being made hangs on a stack of frames, as on a goroutine's stack; what is done with hangs
 * on nothing.
 */
import type { Heap } from '../../api/heap.ts';
import { mib, question, type Workload, type WorkloadContext } from './workload.ts';

const minDepth = 4;
const defaultDepth = 18;
const nodeBytes = 16;

class Trees {
  nodes = 0;
  readonly #heap: Heap;
  readonly #node;
  readonly #stack;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#node = heap.type({ left: 'pointer', right: 'pointer' });
    this.#stack = heap.newStack(4096);
  }

  /** A tree of that depth; nothing holds it yet. */
  bottomUp(depth: number): number {
    const node = this.#heap.new(this.#node);
    this.nodes++;
    if (depth === 0) return node;
    const { left, right } = this.#node;
    const at = this.#stack.push(1);
    this.#stack.set(at, node);
    left.set(node, this.bottomUp(depth - 1));
    right.set(node, this.bottomUp(depth - 1));
    this.#stack.pop(1);
    return node;
  }

  /** How many nodes a tree has. */
  count(node: number): number {
    const { left, right } = this.#node;
    const first = left.get(node);
    return first === 0 ? 1 : 1 + this.count(first) + this.count(right.get(node));
  }

  dispose(): void {
    this.#stack.dispose();
  }
}

async function run(c: WorkloadContext): Promise<void> {
  const maxDepth = Math.max(minDepth + 2, c.depth ?? defaultDepth + Math.round(Math.log2(c.scale)));
  const trees = new Trees(c.traced());
  const made = (): void => {
    c.made(trees.nodes, nodeBytes);
    trees.nodes = 0;
  };
  const stretch = maxDepth + 1;
  c.print(`stretch tree of depth ${stretch}\t check: ${trees.count(trees.bottomUp(stretch))}`);
  made();
  c.endPhase('stretched');
  await c.turn();
  const longLived = c.traced().root(trees.bottomUp(maxDepth));
  made();
  for (let depth = minDepth; depth <= maxDepth; depth += 2) {
    const iterations = 2 ** (maxDepth - depth + minDepth);
    let check = 0;
    for (let i = 0; i < iterations; i++) {
      check += trees.count(trees.bottomUp(depth));
      made();
      if (c.due()) await c.turn();
    }
    c.print(`${iterations}\t trees of depth ${depth}\t check: ${check}`);
    c.endPhase(`depth ${depth}`);
  }
  c.print(`long lived tree of depth ${maxDepth}\t check: ${trees.count(longLived.address)}`);
  longLived.dispose();
  trees.dispose();
  c.gc();
  c.endPhase('done');
}

export const binaryTrees: Workload = {
  name: 'binary-trees',
  description:
    'Trees of nodes with two pointers, made, counted and forgotten, up to depth 18 (--depth), as in the Computer ' +
    'Language Benchmarks Game; what it prints are the known sums. Nothing is dropped: the heap finds out by its ' +
    'roots what lives. Shows what tracing costs, in each design and in either order of marking (--mark-order).',
  questions: [question.tracing, question.gogc],
  seed: 1,
  idleSeconds: 0,
  peakBytes: 40 * mib,
  hasDepth: true,
  heap: { liveness: 'tracing' },
  run,
};
