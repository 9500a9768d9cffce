/** Drops alone, one by one or in batches: see `drops` in ../workload.ts. */

import { Heap } from '../../lib/api/index.ts';
import { checkText, figures, fold, Random } from '../workload.ts';
import { caseParams, emit, now, outcomeOf } from './entry.ts';

const params = caseParams({
  size: 'any',
  live: 'any',
  order: ['address', 'random'],
  how: ['each', 'batch'],
  repeats: 'any',
});
const size = params.number('size');
const live = params.number('live');
const repeats = params.number('repeats');
const isRandom = params.text('order') === 'random';
const isBatch = params.text('how') === 'batch';
/** Objects of a batch. */
const length = 256;

const heap = new Heap({ gcPercent: -1 });
const objects = new Float64Array(live);
const batches: Float64Array[] = [];
for (let from = 0; from < live; from += length) batches.push(objects.subarray(from, from + length));
const random = new Random();

function shuffle(): void {
  for (let i = live - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = objects[i];
    objects[i] = objects[j];
    objects[j] = kept;
  }
}

function dropEach(): void {
  for (let i = 0; i < live; i++) heap.drop(objects[i]);
}

function dropBatches(): void {
  for (const batch of batches) heap.dropAll(batch);
}

let check = 0;
const times: number[] = [];
// V8 compiles during the first four.
for (let i = -4; i < repeats; i++) {
  for (let k = 0; k < live; k++) objects[k] = heap.malloc(size, true, true);
  if (isRandom) shuffle();
  else objects.sort();
  const start = now();
  if (isBatch) dropBatches();
  else dropEach();
  const elapsed = now() - start;
  if (i >= 0) times.push(elapsed / live);
  heap.gc();
  check = fold(check, random.state);
}
emit({
  name: 'drops',
  params: params.all,
  ...figures(times),
  check: checkText(check),
  outcome: outcomeOf(heap),
});
heap.dispose();
