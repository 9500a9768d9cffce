/** A thread that attaches to a shared heap that traces, and builds, changes and checks lists of its own on it. */
import { parentPort, workerData } from 'node:worker_threads';
import { Heap, type HeapHandle } from '../../../lib/api/index.ts';

const { handle, rounds } = workerData as { handle: HeapHandle; rounds: number };
const heap = Heap.attach(handle);
const node = heap.type({ next: 'pointer', other: 'pointer', key: 'f64' });
const list = heap.root();
let wrong = 0;
for (let round = 0; round < rounds; round++) {
  list.address = 0;
  for (let i = 0; i < 500; i++) {
    const one = heap.new(node);
    node.key.set(one, i);
    node.next.set(one, list.address);
    // Held before the next one is allocated.
    list.address = one;
    node.other.set(one, heap.new(node));
    if (i % 50 === 0) heap.step();
  }
  let i = 500;
  for (let at = list.address; at !== 0; at = node.next.get(at)) {
    if (node.key.get(at) !== --i || heap.findObject(node.other.get(at)) === undefined) wrong++;
  }
  if (i !== 0) wrong++;
}
list.dispose();
heap.dispose();
parentPort?.postMessage(wrong);
