/**
 * Trapped memory: free pages that cannot be given back, since their physical page is not theirs alone.
 *
 * The kernel takes memory back in whole physical pages. Where these are larger than a heap page (8 KiB), one heap page
 * in use keeps the others of its physical page: they are free and backed, and no scavenger can release them. So does a
 * page of it that counts as released already: the designs look for physical pages that are free and backed as a
 * whole. What is left is whatever of a stretch of free, backed pages lies beside the whole physical pages in it.
 *
 * Not here: releasing (pages/); the machine's own pages, which may be smaller than what the heap was told.
 */
import type { PageHeap } from '../pages/contract.ts';

/** The whole physical pages in a run: the first of their pages, and one past the last. */
export function wholeIn(
  page: number,
  npages: number,
  physPages: number,
): readonly [from: number, to: number] {
  const from = Math.ceil(page / physPages) * physPages;
  return [from, Math.max(from, Math.floor((page + npages) / physPages) * physPages)];
}

/** Tells of each stretch of trapped pages: its first page and its pages. Nothing where physical pages are no larger. */
export function forEachTrapped(
  pages: PageHeap,
  physPages: number,
  visit: (page: number, npages: number) => void,
): void {
  if (physPages === 1) return;
  /** What of a stretch of free pages lies beside its whole physical pages. */
  const visitEdges = (page: number, end: number): void => {
    const [from, to] = wholeIn(page, end - page, physPages);
    if (from === to) {
      if (end > page) visit(page, end - page);
      return;
    }
    if (from > page) visit(page, from - page);
    if (end > to) visit(to, end - to);
  };
  let start = 0;
  let end = 0;
  // Runs are told of lowest first; neighbours of one state may be told of as several.
  pages.forEachFree((page, npages, scavenged) => {
    if (scavenged === npages) return;
    if (scavenged === 0 && page === end) {
      end += npages;
      return;
    }
    visitEdges(start, end);
    [start, end] = [page, page + npages];
    if (scavenged === 0) return;
    // The whole physical pages of this run were released, which is all that can go; it stands alone.
    visitEdges(start, end);
    start = end = 0;
  });
  visitEdges(start, end);
}

/** How many pages are trapped. */
export function trappedPages(pages: PageHeap, physPages: number): number {
  let trapped = 0;
  forEachTrapped(pages, physPages, (_page, npages) => {
    trapped += npages;
  });
  return trapped;
}
