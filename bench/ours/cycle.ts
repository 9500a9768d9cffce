/** A whole collection, by the spans in it: each of one page with eight objects of 1 KiB, every second one dropped. */

import { Heap } from '../../lib/api/index.ts';
import { figures } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';

const params = caseParams({ spans: 'any', repeats: 'any' });
const spans = params.number('spans');
const size = 1024;

const heap = new Heap({ gcPercent: -1 });
const objects = new Float64Array(spans * 8);
for (let i = 0; i < objects.length; i++) objects[i] = heap.malloc(size, true, true);
const times: number[] = [];
// V8 compiles during the first two.
for (let i = -2; i < params.number('repeats'); i++) {
  for (let k = 0; k < objects.length; k += 2) heap.drop(objects[k]);
  const start = now();
  heap.gc();
  if (i >= 0) times.push((now() - start) / spans);
  for (let k = 0; k < objects.length; k += 2) objects[k] = heap.malloc(size, true, true);
}
emit({ name: 'cycle', params: params.all, ...figures(times) });
heap.dispose();
