/** Single pages through a page cache, its refills included: see `page-cache` in ../workload.ts. */

import { pageCount, pageIndex } from '../../lib/base/units.ts';
import type { RadixPageAlloc } from '../../lib/pages/radix/page-alloc.ts';
import type { PageCache } from '../../lib/pages/radix/page-cache.ts';
import { checkText, figures, fold } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { addChunks, emptyPageAlloc } from './page-heap.ts';

const params = caseParams({ mib: 'any', repeats: 'any' });
const mib = params.number('mib');
const repeats = params.number('repeats');
const total = mib * 128;

const { pages, caches } = emptyPageAlloc(mib / 4, 1);
addChunks(pages, 0, mib / 4);
const taken = new Int32Array(total);

function takeAll(heap: RadixPageAlloc, cache: PageCache): void {
  const one = pageCount(1);
  // A variable of the module would be loaded and checked for each page.
  const out = taken;
  const count = total;
  for (let i = 0; i < count; i++) {
    if (cache.isEmpty()) heap.allocToCache(cache);
    out[i] = cache.alloc(one);
  }
  if (!cache.isEmpty()) heap.flushCache(cache);
}

let check = 0;
const times: number[] = [];
// A repeat takes a quarter of a millisecond, and V8 compiles beside for tens of them. The check covers as many repeats as the rivals' does.
for (let i = -99; i <= repeats; i++) {
  const start = now();
  takeAll(pages, caches[0]);
  const elapsed = now() - start;
  if (i > 0) times.push(elapsed / total);
  if (i >= 0) for (let k = 0; k < total; k++) check = fold(check, taken[k]);
  pages.free(pageIndex(0), pageCount(total));
}
emit({ name: 'page-cache', params: params.all, ...figures(times), check: checkText(check) });
