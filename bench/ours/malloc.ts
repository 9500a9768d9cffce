/** Small objects without pointers in a ring: see `malloc` in ../workload.ts. */

import { Heap } from '../../lib/api/index.ts';
import { checkText, figures, fold, Random } from '../workload.ts';
import { caseParams, emit, now, outcomeOf } from './entry.ts';

const params = caseParams({
  size: 'any',
  live: 'any',
  order: ['ring', 'random'],
  ops: 'any',
  repeats: 'any',
});
const size = params.number('size');
const live = params.number('live');
const ops = params.number('ops');
const repeats = params.number('repeats');
const isRandom = params.text('order') === 'random';

const heap = new Heap({ gcPercent: 100 });
const table = new Float64Array(live);
const random = new Random();

function ring(from: number, count: number): void {
  const mask = live - 1;
  for (let i = from; i < from + count; i++) {
    const at = i & mask;
    heap.drop(table[at]);
    table[at] = heap.malloc(size, true, true);
  }
}

function scattered(count: number): void {
  for (let i = 0; i < count; i++) {
    const at = random.below(live);
    heap.drop(table[at]);
    table[at] = heap.malloc(size, true, true);
  }
}

for (let i = 0; i < live; i++) table[i] = heap.malloc(size, true, true);
let done = 0;
// In pieces: a loop that is entered a few times only is compiled while it runs (OSR), and one time in two not as well.
const piece = 1000;
function work(): void {
  for (let from = 0; from < ops; from += piece) {
    const count = Math.min(piece, ops - from);
    if (isRandom) scattered(count);
    else ring(done + from, count);
  }
  done = (done + ops) % live;
}

// V8 compiles during the first two.
work();
work();
const collectionsBefore = heap.readMemStats().NumGC;
const times: number[] = [];
for (let i = 0; i < repeats; i++) {
  const start = now();
  work();
  times.push((now() - start) / ops);
}
const collections = heap.readMemStats().NumGC - collectionsBefore;
if (collections === 0) throw new Error('no collection ran: the measurement says nothing');
// Both sides of a comparison drew the same, and ended at the same place of the ring.
const check = checkText(fold(fold(0, random.state), done));
emit({ name: 'malloc', params: params.all, ...figures(times), check, outcome: outcomeOf(heap) });
heap.dispose();
