/**
 * What it costs to enter specials, one by one, and to take them away: nanoseconds each.
 *
 * Objects of one size fill their spans; `order` is that in which they are gone through. A finalizer and a cleanup are
 * entered with a function each time the same. Objects die, and the callbacks run, between the rounds.
 */

import { Heap } from '../../lib/api/index.ts';
import { checkText, figures, fold, Random } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';

const kinds = ['finalizer', 'cleanup', 'weak', 'pin'] as const;
const params = caseParams({
  what: kinds,
  size: 'any',
  live: 'any',
  order: ['address', 'random'],
  repeats: 'any',
});
const what = params.text('what') as (typeof kinds)[number];
const size = params.number('size');
const live = params.number('live');
const repeats = params.number('repeats');
const isRandom = params.text('order') === 'random';

const heap = new Heap({ gcPercent: -1 });
const objects = new Float64Array(live);
const random = new Random();
let called = 0;
const callback = (): void => {
  called++;
};

const enter: Readonly<Record<(typeof kinds)[number], (address: number) => void>> = {
  finalizer: (address) => heap.setFinalizer(address, callback),
  cleanup: (address) => void heap.addCleanup(address, callback),
  weak: (address) => void weak.push(heap.weak(address)),
  pin: (address) => heap.pin(address),
};
const weak: { dispose(): void }[] = [];

const times: number[] = [];
for (let i = -4; i < repeats; i++) {
  for (let k = 0; k < live; k++) objects[k] = heap.malloc(size, true, true);
  objects.sort();
  for (let k = live - 1; isRandom && k > 0; k--) {
    const j = random.below(k + 1);
    const kept = objects[k];
    objects[k] = objects[j];
    objects[j] = kept;
  }
  const one = enter[what];
  const start = now();
  for (let k = 0; k < live; k++) one(objects[k]);
  const elapsed = now() - start;
  if (i >= 0) times.push(elapsed / live);
  if (what === 'pin') for (let k = 0; k < live; k++) heap.unpin(objects[k]);
  heap.dropAll(objects);
  for (const one of weak.splice(0)) one.dispose();
  for (let k = 0; k < 2; k++) {
    heap.gc();
    heap.runFinalizers();
  }
}
const check = fold(fold(0, called), heap.readMemStats().HeapObjects);
emit({ name: 'specials', params: params.all, ...figures(times), check: checkText(check) });
heap.dispose();
