/** The binary tree that marking is measured on: objects of 64 bytes with two pointers. */
import type { Heap } from '../../lib/api/index.ts';

export const nodeFields = { left: 'pointer', right: 'pointer', rest: ['f64', 6] } as const;

/** What builds one on a heap: of n nodes, each half as large as the other, allocated depth first. Its address. */
export function treeBuilder(heap: Heap): (n: number) => number {
  const node = heap.type(nodeFields);
  const stack = heap.newStack(64 * 1024);
  const tree = (n: number): number => {
    if (n === 0) return 0;
    const at = stack.push(1);
    const top = heap.new(node);
    stack.set(at, top);
    const half = (n - 1) >>> 1;
    node.left.set(top, tree(half));
    node.right.set(top, tree(n - 1 - half));
    stack.pop(1);
    return top;
  };
  return tree;
}
