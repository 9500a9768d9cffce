// The laboratory from code: what the kernel says of a heap, and one program on two designs.
//
//   node examples/lab.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heap } from 'pageheap';
import { compare, Residency } from 'pageheap/lab';

const inMiB = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

// A heap in this process, beside what the kernel counts of its ranges.
const heap = new Heap({ memoryLimit: '256MiB' });
const kernel = new Residency();
function tell(when) {
  const { heapInuse, heapReleased } = heap.sample();
  const resident = kernel.residentBytes(heap.ranges());
  console.log(`${when}: ${inMiB(heapInuse)} in use, ${inMiB(heapReleased)} released, ${inMiB(resident)} resident`);
}
const objects = Array.from({ length: 2000 }, () => heap.malloc(16_384));
for (const object of objects) heap.fill(object, 16_384, 1);
tell('allocated');
heap.dropAll(objects);
tell('dropped');
heap.freeOSMemory();
tell('given back');
heap.dispose();

// A recorded program on two heaps, two runs of each in turns, every run in a process of its own.
const out = mkdtempSync(join(tmpdir(), 'pageheap-'));
const { configurations } = await compare('git', {
  out,
  seconds: 0,
  idle: 0.2,
  repeat: 2,
  configurations: { lists: 'lists', tight: { generation: 'radix', memoryLimit: '4MiB' } },
});
for (const { label, runs, spread } of configurations)
  console.log(`${label}: ${runs.length} runs, RSS at most ${inMiB(spread.rssPeak.mean)}`);
rmSync(out, { recursive: true });
