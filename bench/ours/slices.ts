/**
 * The longest slice of marking beside the program: a graph of 64-byte objects lives, and the program allocates and stores
 * until some cycles have ended. Start, roots and end of a cycle are slices, too. By the thread's CPU time, or by the wall. With the
 * world stopped the whole of marking is one.
 */
import { Heap } from '../../lib/api/index.ts';
import type { CycleEvent } from '../../lib/gc/events.ts';
import { systemClock, threadCpuClock } from '../../lib/os/clock.ts';
import { checkText, figures, fold } from '../workload.ts';
import { caseParams, emit } from './entry.ts';
import { nodeFields, treeBuilder } from './tree.ts';

const params = caseParams({
  graph: ['tree', 'random'],
  objects: 'any',
  order: ['objects', 'spans'],
  marking: ['incremental', 'stop-the-world'],
  generation: ['treap', 'radix'],
  clock: ['cpu', 'wall'],
  roots: 'any',
  cycles: 'any',
});
const { graph, order = 'objects', marking = 'incremental', generation = 'radix', clock = 'cpu' } = params.all;
const objects = params.number('objects');
const cycles = params.number('cycles');
const roots = params.all.roots === undefined ? 0 : params.number('roots');

const seen: CycleEvent[] = [];
const heap = new Heap({
  environment: false,
  liveness: 'tracing',
  marking: marking as 'incremental',
  generation: generation as 'radix',
  markOrder: order as 'objects',
  clock: clock === 'cpu' ? threadCpuClock : systemClock,
  gcPercent: -1,
  onEvent: (event) => void (event.kind === 'gc' && seen.push(event)),
});
const node = heap.type(nodeFields);
const slot = heap.type({ to: 'pointer' });
const tree = treeBuilder(heap);
const root = heap.root();

let seed = 1;
function below(n: number): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % n;
}

function random(n: number): number {
  const all = heap.newArray(slot, n);
  root.address = all;
  for (let i = 0; i < n; i++) slot.to.set(all + i * 8, heap.new(node));
  for (let i = 0; i < n; i++) {
    const one = slot.to.get(all + i * 8);
    node.left.set(one, slot.to.get(all + below(n) * 8));
    node.right.set(one, slot.to.get(all + below(n) * 8));
  }
  return all;
}

root.address = graph === 'tree' ? tree(objects) : random(objects);
const many = Array.from({ length: roots }, () => heap.root(root.address));
heap.gc();
seen.length = 0;
heap.setGCPercent(25);
let last = root.address;
for (let i = 0; seen.length < cycles; i++) {
  const one = heap.new(node);
  node.left.set(one, last);
  if ((i & 1023) === 0) last = root.address;
  else last = one;
}
const check = checkText(fold(0, objects));
const of = (what: string, values: number[]): void =>
  emit({ name: 'slices', params: { ...params.all, what }, ...figures(values), check });
of(
  'longest',
  seen.map(({ longest }) => longest),
);
of(
  'pauses',
  seen.map(({ pause }) => pause),
);
of(
  'assists',
  seen.map(({ assist }) => assist),
);
of(
  'background',
  seen.map(({ background }) => background),
);
of('longest of all', [Math.max(...seen.map(({ longest }) => longest))]);
for (const one of many) one.dispose();
heap.dispose();
