/** A whole collection of a graph of 64-byte objects, marked by pointers: see `mark` in ../workload.ts. */

import { Heap } from '../../lib/api/index.ts';
import { checkText, figures, fold } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { nodeFields, treeBuilder } from './tree.ts';

const params = caseParams({
  graph: ['tree', 'random'],
  objects: 'any',
  order: ['objects', 'spans'],
  marking: ['stop-the-world', 'incremental'],
  generation: ['lists', 'treap', 'radix'],
  repeats: 'any',
});
const { graph, order = 'objects', marking = 'stop-the-world', generation = 'radix' } = params.all;
const objects = params.number('objects');
const repeats = params.number('repeats');

const heap = new Heap({
  environment: false,
  liveness: 'tracing',
  generation: generation as 'radix',
  markOrder: order as 'objects',
  marking: marking as 'incremental',
  gcPercent: -1,
});
const node = heap.type(nodeFields);
const slot = heap.type({ to: 'pointer' });
const tree = treeBuilder(heap);
const root = heap.root();

/** Each points to two others, at random; all are in one array. */
function random(n: number): number {
  const all = heap.newArray(slot, n);
  root.address = all;
  for (let i = 0; i < n; i++) slot.to.set(all + i * 8, heap.new(node));
  let seed = 1;
  const next = (): number => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return slot.to.get(all + ((seed >>> 0) % n) * 8);
  };
  for (let i = 0; i < n; i++) {
    const one = slot.to.get(all + i * 8);
    node.left.set(one, next());
    node.right.set(one, next());
  }
  return all;
}

root.address = graph === 'tree' ? tree(objects) : random(objects);
const wall: number[] = [];
const cpu: number[] = [];
// V8 compiles during the first ones.
const warming = 4;
for (let i = 0; i < warming + repeats; i++) {
  const start = now();
  const before = process.cpuUsage();
  heap.gc();
  const { user, system } = process.cpuUsage(before);
  if (i < warming) continue;
  wall.push((now() - start) / objects);
  cpu.push(((user + system) * 1000) / objects);
}
const { HeapObjects } = heap.readMemStats();
// The array, and the object that was allocated last, which is in the graph.
if (HeapObjects !== objects + (graph === 'random' ? 1 : 0))
  throw new Error(`${HeapObjects} objects live of a graph of ${objects}`);
const check = checkText(fold(0, objects));
emit({ name: 'mark', params: { ...params.all, what: 'wall' }, ...figures(wall), check });
emit({ name: 'mark', params: { ...params.all, what: 'cpu' }, ...figures(cpu), check });
heap.dispose();
