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

/**
 * What makes and counts trees. Functions that know the heap, not methods that are given it: what they know is a constant to
 * the engine when it compiles them (HACKING.md, "What V8 does"), as it is in a program whose heap is a constant of its module.
 */
function treesOf(heap: Heap) {
  const node = heap.type({ left: 'pointer', right: 'pointer' });
  const { left, right } = node;
  const stack = heap.newStack(4096);

  /** A tree of that depth; nothing holds it yet. */
  const bottomUp = (depth: number): number => {
    const top = heap.new(node);
    if (depth === 0) return top;
    stack.hold(top);
    left.set(top, bottomUp(depth - 1));
    right.set(top, bottomUp(depth - 1));
    stack.pop(1);
    return top;
  };

  /** How many nodes a tree has. */
  const count = (top: number): number => {
    const first = left.get(top);
    return first === 0 ? 1 : 1 + count(first) + count(right.get(top));
  };

  return { bottomUp, count, dispose: () => stack.dispose() };
}

async function run(c: WorkloadContext): Promise<void> {
  const maxDepth = Math.max(minDepth + 2, c.depth ?? defaultDepth + Math.round(Math.log2(c.scale)));
  const trees = treesOf(c.traced());
  const bottomUp = (depth: number): number => {
    const tree = trees.bottomUp(depth);
    c.made(2 ** (depth + 1) - 1, nodeBytes);
    return tree;
  };
  const stretch = maxDepth + 1;
  c.print(`stretch tree of depth ${stretch}\t check: ${trees.count(bottomUp(stretch))}`);
  c.endPhase('stretched');
  await c.turn();
  const longLived = c.traced().root(bottomUp(maxDepth));
  for (let depth = minDepth; depth <= maxDepth; depth += 2) {
    const iterations = 2 ** (maxDepth - depth + minDepth);
    let check = 0;
    for (let i = 0; i < iterations; i++) {
      check += trees.count(bottomUp(depth));
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
