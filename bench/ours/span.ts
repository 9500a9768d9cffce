/** Spans of one page from a fragmented heap: see `span` in ../workload.ts. */

import { makeSpanClass, sizeClassOf } from '../../lib/alloc/size-classes.ts';
import { pageSize, spanId } from '../../lib/base/units.ts';
import type { MHeap } from '../../lib/heap/mheap.ts';
import { smallShape } from '../../lib/heap/span-shape.ts';
import { spanUse } from '../../lib/spans/span-table.ts';
import { checkText, figures, fold, pick, Random } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { quietRuntime } from './runtime.ts';

const params = caseParams({
  kind: ['heap', 'manual'],
  holes: 'any',
  batch: 'any',
  rounds: 'any',
});
const isManual = params.text('kind') === 'manual';
const holes = params.number('holes');
const batch = params.number('batch');
const rounds = params.number('rounds');

const objectSize = 1024;
const shape = smallShape(makeSpanClass(sizeClassOf(objectSize), true), objectSize, pageSize / objectSize);

function allocAll(heap: MHeap, out: Int32Array): void {
  if (isManual) for (let i = 0; i < out.length; i++) out[i] = heap.allocManual(0, 1, spanUse.stack);
  else {
    for (let i = 0; i < out.length; i++) {
      out[i] = heap.allocHeapSpan(0, 1, shape);
    }
  }
}

function freeAll(heap: MHeap, spans: Int32Array): void {
  if (isManual) for (let i = 0; i < spans.length; i++) heap.freeManual(spanId(spans[i]));
  else for (let i = 0; i < spans.length; i++) heap.freeSpan(spanId(spans[i]));
}

const { heap } = quietRuntime().alloc;
const random = new Random();
const ground = new Int32Array(32768);
allocAll(heap, ground);
const freed = Math.floor((ground.length * holes) / 100);
pick(random, ground, ground.length, freed);
freeAll(heap, ground.subarray(0, freed));

const spans = new Int32Array(batch);
const allocs: number[] = [];
const frees: number[] = [];
for (let i = 0; i < rounds; i++) {
  const t0 = now();
  allocAll(heap, spans);
  const t1 = now();
  if (spans.includes(0)) throw new Error('the system has no memory for a span');
  pick(random, spans, batch, batch);
  const t2 = now();
  freeAll(heap, spans);
  const t3 = now();
  if (i >= Math.floor(rounds / 3)) {
    allocs.push((t1 - t0) / batch);
    frees.push((t3 - t2) / batch);
  }
}
const check = checkText(fold(0, random.state));
emit({ name: 'span', params: { ...params.all, what: 'alloc' }, ...figures(allocs), check });
emit({ name: 'span', params: { ...params.all, what: 'free' }, ...figures(frees), check });
