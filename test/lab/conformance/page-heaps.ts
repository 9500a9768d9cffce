/** The page heaps that keep the contract. */
import { afterAll } from 'vitest';
import Buddy from '../../../examples/buddy.mjs';
import FirstFit from '../../../examples/first-fit.mjs';
import type { MakePageHeap } from '../../../lib/lab/conformance/index.ts';
import type { PageHeap, PageHeapClass, PageHeapHost } from '../../../lib/pages/contract.ts';
import { standAloneLists, standAloneRadix, standAloneTreap } from '../../../lib/pages/stand-alone.ts';

const disposals: (() => void)[] = [];
afterAll(() => {
  for (const dispose of disposals) dispose();
});

/** The checks look at one page heap at a time, so the one before it can go. */
const kept =
  (make: (host: PageHeapHost) => { pages: PageHeap; dispose: () => void }): MakePageHeap =>
  (host) => {
    disposals.pop()?.();
    const { pages, dispose } = make(host);
    disposals.push(dispose);
    return pages;
  };

/** The design of 2014 knows no physical page larger than its own. */
const smallPages = (host: PageHeapHost): PageHeapHost => {
  if (host.physPages > 1) throw new RangeError('made for physical pages of at most 8 KiB');
  return host;
};

const physPageSize = (host: PageHeapHost): number => (host.physPages === 1 ? 4096 : host.physPages * 8192);

export const OwnClass = FirstFit as unknown as PageHeapClass;
export const heaps: Record<string, MakePageHeap> = {
  lists: kept((host) => standAloneLists(smallPages(host))),
  treap: kept(standAloneTreap),
  radix: kept((host) =>
    standAloneRadix(host, { physPageSize: physPageSize(host), physHugePageSize: 2 ** 21 }),
  ),
  'radix without huge pages': kept((host) =>
    standAloneRadix(host, { physPageSize: physPageSize(host), physHugePageSize: 0 }),
  ),
  'the example, first fit': (host) => new OwnClass(host),
  'the example that rounds up, buddies': (host) => new Buddy(host),
};
