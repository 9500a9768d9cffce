/** Ages of runs that were put together after they were released: what a design may tell of them, and what not. */
import { expect, it } from 'vitest';
import { Session } from '../../../lib/lab/conformance/session.ts';
import type { PageHeap, PageHeapHost } from '../../../lib/pages/contract.ts';
import { heaps } from './page-heaps.ts';

/**
 * An old run and a young one on either side of a page that was released before. The larger one is released first and takes
 * the page in; the old one then takes in both, and all but the young pages are handed out again.
 */
function partedAgain(s: Session): void {
  s.grow(0, 512);
  const page = s.alloc(39);
  s.alloc(512 - 39);
  const middle = page + 6;
  s.free(page, 6, 1);
  s.clock += 1000;
  s.releaseUnused(0);
  s.free(page);
  s.clock += 1000;
  s.free(middle + 1);
  s.clock += 1000;
  s.release(38, false);
  s.alloc(7);
}

it('what is left of runs that were put together may be older than its pages', () => {
  const s = new Session(heaps.treap!);
  partedAgain(s);
  const [run] = s.runs();
  expect(run).toMatchObject({ n: 32, scavenged: 32 });
  expect(s.clock - run!.since).toBeGreaterThan(2000);
});

it.each([
  ['is older than any of its parts', -10_000],
  ['is younger than any of its parts', 10_000],
])('a released run that %s is noticed', (_what, more) => {
  const make = heaps.treap!;
  const s = new Session((host: PageHeapHost): PageHeap => {
    const heap = make(host);
    const { forEachFree } = heap;
    heap.forEachFree = (visit) =>
      Reflect.apply(forEachFree, heap, [
        (page: number, n: number, scavenged: number, since: number) =>
          visit(page as never, n as never, scavenged as never, (n === 32 ? since + more : since) as never),
      ]);
    return heap;
  });
  expect(() => partedAgain(s)).toThrow(/is unused since/);
});
