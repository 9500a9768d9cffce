/** What a heap's bookkeeping takes: see `metadata` in ../workload.ts. */

import { Heap } from '../../lib/api/index.ts';
import { checkText, fold, mixedSize, Random } from '../workload.ts';
import { caseParams, emit } from './entry.ts';

const params = caseParams({ objects: 'any' });
const objects = params.number('objects');

const heap = new Heap({ gcPercent: 100 });
const random = new Random();
// Go's program keeps its objects in a table of slices, 24 bytes each, in the heap.
heap.malloc(24 * objects, true, true);
for (let i = 0; i < objects; i++) heap.malloc(mixedSize(random), true, true);
heap.gc();
const stats = heap.readMemStats();
emit({
  name: 'metadata',
  params: params.all,
  bytes: stats.MSpanSys + stats.GCSys + stats.OtherSys,
  check: checkText(fold(0, random.state)),
});
process.stderr.write(
  `MSpanSys ${stats.MSpanSys} GCSys ${stats.GCSys} OtherSys ${stats.OtherSys} HeapSys ${stats.HeapSys} HeapInuse ${stats.HeapInuse}\n`,
);
heap.dispose();
