/**
 * The judge of exercise 13: plays a trace on a heap, and tells the first answer that breaks a rule.
 */
import type { PageOp } from '../../../lab/trace/page-text.ts';
import { type FaultyHeap, type FreeRun, heapPages } from './heaps.ts';

const used = 1;
const free = 0;
const gone = 2;

/** What is wrong after an operation, in words; undefined where nothing is. */
export interface Broken {
  readonly op: number;
  readonly what: string;
}

const longestRun = (pages: Uint8Array): number => {
  let [longest, run] = [0, 0];
  for (const page of pages) {
    run = page === used ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
};

/**
 * Free runs side by side that differ in whether they were given back are two runs, and an allocation takes from one: so it
 * must be served only where one run is large enough.
 */
const longestOfOneKind = (pages: Uint8Array): number => {
  let [longest, run] = [0, 0];
  pages.forEach((page, i) => {
    run = page === used ? 0 : i > 0 && pages[i - 1] === page ? run + 1 : 1;
    longest = Math.max(longest, run);
  });
  return longest;
};

function wrongAccount(pages: Uint8Array, runs: readonly FreeRun[]): string | undefined {
  const told = new Uint8Array(heapPages).fill(used);
  for (const { page, n, released } of runs)
    told.fill(released ? gone : free, page, Math.min(heapPages, page + n));
  const at = told.findIndex((state, i) => state !== pages[i]);
  if (at < 0) return undefined;
  const names = ['free', 'in use', 'given back'];
  return `by its account page ${at} is ${names[told[at] as number]}, and it is ${names[pages[at] as number]}`;
}

/** Plays a trace. @returns the first rule that is broken */
export function judge(heap: FaultyHeap, ops: readonly PageOp[]): Broken | undefined {
  const pages = new Uint8Array(heapPages).fill(gone);
  const live = new Map<number, { readonly page: number; readonly n: number }>();
  for (const [op, it] of ops.entries()) {
    const broken = (what: string): Broken => ({ op, what });
    switch (it.k) {
      case 'alloc': {
        const { pages: n } = it;
        const page = heap.alloc(n);
        if (page < 0) {
          if (longestOfOneKind(pages) >= n)
            return broken(`alloc(${n}) finds no room, and there is a run of ${longestRun(pages)} pages`);
          break;
        }
        const range = pages.subarray(page, page + n);
        if (range.length < n || range.includes(used))
          return broken(
            `alloc(${n}) hands out page ${page + Math.max(0, range.indexOf(used))}, which is in use`,
          );
        range.fill(used);
        live.set(it.id, { page, n });
        break;
      }
      case 'free': {
        const run = live.get(it.id);
        if (run === undefined) break;
        live.delete(it.id);
        heap.free(run.page, run.n);
        pages.fill(free, run.page, run.page + run.n);
        break;
      }
      case 'release':
        for (const { page, n } of heap.release(it.pages)) {
          const range = pages.subarray(page, page + n);
          if (range.includes(used))
            return broken(`page ${page + range.indexOf(used)} is given back, and is in use`);
          if (range.includes(gone))
            return broken(`page ${page + range.indexOf(gone)} is given back a second time`);
          range.fill(gone);
        }
        break;
      default:
        break;
    }
    const account = wrongAccount(pages, heap.runs);
    if (account !== undefined) return broken(account);
  }
  return undefined;
}
