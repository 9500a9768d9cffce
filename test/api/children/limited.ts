/** Fills a heap until a limit of the system says no, and goes on with it; prints what happened as JSON. */

import { Heap } from '../../../lib/api/heap.ts';
import { MiB } from '../../../lib/base/units.ts';
import { codeOf } from '../../support/codes.ts';

const heap = new Heap();
const large: number[] = [];
const outcome: Record<string, unknown> = {};

outcome.huge = codeOf(() => heap.malloc(512 * 1024 * MiB));
let code = 'none';
while (code === 'none' && large.length < 100_000) {
  code = codeOf(() => large.push(heap.malloc(8 * MiB)));
}
outcome.code = code;
outcome.mib = large.length * 8;
heap.check(3);
// A small object may still fit, or not: but the heap says so.
outcome.small = codeOf(() => heap.malloc(100));
const before = heap.readMemStats().HeapSys;
for (let i = 0; i < large.length; i += 2) heap.drop(large[i]);
heap.gc();
heap.check(3);
// Half of it is free again.
let again = 0;
while (again < Math.floor(large.length / 2) && codeOf(() => heap.malloc(8 * MiB)) === 'none') again++;
outcome.again = again >= Math.floor(large.length / 2);
outcome.grew = heap.readMemStats().HeapSys - before;
outcome.after = codeOf(() => heap.malloc(8 * MiB));
const last = large[large.length - 1 - (large.length % 2)];
heap.fill(last, 8 * MiB, 1);
outcome.writable = heap.read(last + 8 * MiB - 1, 1)[0] === 1;
heap.check(3);
heap.dispose();
const second = new Heap();
outcome.second = second.malloc(4 * MiB) > 0;
second.dispose();
console.log(JSON.stringify(outcome));
