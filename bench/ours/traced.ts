/** Small objects in a ring that nobody drops: see `traced` in ../workload.ts. */

import { Heap } from '../../lib/api/index.ts';
import { checkText, figures, fold } from '../workload.ts';
import { caseParams, emit, now, outcomeOf } from './entry.ts';

const params = caseParams({
  size: 'any',
  live: 'any',
  marking: ['stop-the-world', 'incremental'],
  ops: 'any',
  repeats: 'any',
});
const size = params.number('size');
const live = params.number('live');
const ops = params.number('ops');
const repeats = params.number('repeats');

const heap = new Heap({
  environment: false,
  liveness: 'tracing',
  marking: params.text('marking') as 'incremental',
  gcPercent: 100,
});
const slot = heap.type({ to: 'pointer' });
const node = heap.type({ to: 'pointer', rest: ['u8', Math.max(0, size - 8)] });
const table = heap.newArray(slot, live);
const target = heap.root(heap.malloc(16));
const root = heap.root(table);
const { to } = node;
const { to: entry } = slot;

function nodes(from: number, count: number): void {
  const mask = live - 1;
  const toTarget = target.address;
  for (let i = from; i < from + count; i++) {
    const made = heap.new(node);
    to.set(made, toTarget);
    entry.set(table + (i & mask) * 8, made);
  }
}

function plain(from: number, count: number): void {
  const mask = live - 1;
  for (let i = from; i < from + count; i++) entry.set(table + (i & mask) * 8, heap.malloc(size, true, true));
}

let done = 0;
// In pieces, as in malloc.ts.
const piece = 1000;
function work(n: number): void {
  for (let from = 0; from < n; from += piece) {
    const count = Math.min(piece, n - from);
    if (size < 16) plain(done + from, count);
    else nodes(done + from, count);
  }
  done = (done + n) % live;
}

work(live);
// V8 compiles during the first two.
work(ops);
work(ops);
const collectionsBefore = heap.readMemStats().NumGC;
const times: number[] = [];
for (let i = 0; i < repeats; i++) {
  const start = now();
  work(ops);
  times.push((now() - start) / ops);
}
if (heap.readMemStats().NumGC === collectionsBefore)
  throw new Error('no collection ran: the measurement says nothing');
const check = checkText(fold(0, done));
emit({ name: 'traced', params: params.all, ...figures(times), check, outcome: outcomeOf(heap) });
root.dispose();
heap.dispose();
