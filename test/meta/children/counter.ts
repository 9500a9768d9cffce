/** A thread that attaches to meta memory and counts in it, one step at a time under its lock. */
import { parentPort, workerData } from 'node:worker_threads';
import { address } from '../../../lib/base/units.ts';
import { RankedLock } from '../../../lib/meta/lock.ts';
import { MetaMemory } from '../../../lib/meta/meta-memory.ts';
import { Sys } from '../../../lib/os/sys.ts';
import { lockTable, sharedCapacities, sumTable } from './tables.ts';

const { base, rounds } = workerData as { base: number; rounds: number };
const sys = new Sys();
const meta = MetaMemory.attach(sys, sharedCapacities, address(base));
const { word } = meta.views(lockTable);
const lock = new RankedLock('heap', word, meta.addressOf(lockTable, 'word'), sys.addon, true);
const { sum, last } = meta.views(sumTable);

for (let i = 0; i < rounds; i++) {
  lock.lock();
  // Not atomic: two at once lose a step.
  const before = sum[0];
  for (let spin = i & 63; spin > 0; spin--) word.load(0);
  sum[0] = before + 1;
  lock.unlock();
}
lock.lock();
const row = last[1] === 0 ? 1 : 2;
if (!meta.commit(sumTable, row, row + 1)) throw new Error('no memory');
last[row] = sys.addon.threadId();
lock.unlock();
parentPort!.postMessage({ thread: sys.addon.threadId() });
meta.detach();
