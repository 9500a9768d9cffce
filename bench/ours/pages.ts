/** The page allocator on heaps of many sizes, 65 % full: see `pages` in ../workload.ts. */

import { pageCount, pageIndex } from '../../lib/base/units.ts';
import type { RadixPageAlloc } from '../../lib/pages/radix/page-alloc.ts';
import { checkText, figures, fold, pick, Random } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { addChunks, emptyPageAlloc } from './page-heap.ts';

const params = caseParams({ pages: 'any', mib: 'any', ops: 'any' });
const n = params.number('pages');
const mib = params.number('mib');
const ops = params.number('ops');

const { pages } = emptyPageAlloc(mib / 4, 1);
addChunks(pages, 0, mib / 4);
const random = new Random();
const live = fill(pages, mib * 128);

/** Fills the heap, then frees 35 % of its runs: the runs of n pages that are left. */
function fill(heap: RadixPageAlloc, total: number): Int32Array {
  const own: number[] = [];
  const other: number[] = [];
  const otherLengths: number[] = [];
  let ownPages = 0;
  let otherPages = 0;
  for (;;) {
    const isOther = ownPages > otherPages;
    const length = isOther ? 1 + random.below(63) : n;
    if (ownPages + otherPages + length > total) break;
    const page = heap.alloc(pageCount(length));
    if (page < 0) throw new Error('the heap is full too early');
    if (isOther) {
      other.push(page);
      otherLengths.push(length);
      otherPages += length;
    } else {
      own.push(page);
      ownPages += length;
    }
  }
  const kept: number[] = [];
  for (const page of own) {
    if (random.below(100) < 35) heap.free(pageIndex(page), pageCount(n));
    else kept.push(page);
  }
  for (let i = 0; i < other.length; i++) {
    if (random.below(100) < 35) heap.free(pageIndex(other[i]), pageCount(otherLengths[i]));
  }
  if (kept.length === 0) throw new Error('no run of this size fits');
  return Int32Array.from(kept);
}

function freeBatch(heap: RadixPageAlloc, count: number): void {
  for (let i = 0; i < count; i++) heap.free(pageIndex(live[i]), pageCount(n));
}

function allocBatch(heap: RadixPageAlloc, count: number): void {
  for (let i = 0; i < count; i++) live[i] = heap.alloc(pageCount(n));
}

function pairs(heap: RadixPageAlloc, count: number): void {
  const length = live.length;
  for (let i = 0; i < count; i++) {
    const j = random.below(length);
    heap.free(pageIndex(live[j]), pageCount(n));
    live[j] = heap.alloc(pageCount(n));
  }
}

let check = 0;
function foldLive(): void {
  for (let i = 0; i < live.length; i++) check = fold(check, live[i]);
}

const batch = Math.min(1024, live.length >> 2);
if (batch >= 16) {
  const rounds = Math.floor(ops / batch);
  const frees: number[] = [];
  const allocs: number[] = [];
  for (let i = 0; i < rounds; i++) {
    pick(random, live, live.length, batch);
    const t0 = now();
    freeBatch(pages, batch);
    const t1 = now();
    allocBatch(pages, batch);
    const t2 = now();
    if (i >= Math.floor(rounds / 3)) {
      frees.push((t1 - t0) / batch);
      allocs.push((t2 - t1) / batch);
    }
  }
  foldLive();
  emit({
    name: 'pages',
    params: { ...params.all, what: 'alloc' },
    ...figures(allocs),
    check: checkText(check),
  });
  emit({
    name: 'pages',
    params: { ...params.all, what: 'free' },
    ...figures(frees),
    check: checkText(check),
  });
}
const slice = Math.floor(ops / 20);
const times: number[] = [];
for (let i = 0; i < 20; i++) {
  const start = now();
  pairs(pages, slice);
  if (i >= 6) times.push((now() - start) / slice);
}
foldLive();
emit({ name: 'pages', params: { ...params.all, what: 'pair' }, ...figures(times), check: checkText(check) });
