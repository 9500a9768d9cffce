/**
 * What several checks begin with, or do: ranges that are grown, memory with holes, waiting for a design's own age.
 */
import { growthPages, type MakePageHeap, Session } from './session.ts';

/** A session over ranges that touch and ranges that do not. */
export function grown(make: MakePageHeap, s = new Session(make)): Session {
  s.grow(2 * growthPages, 2 * growthPages);
  s.grow(9 * growthPages);
  s.grow(4 * growthPages);
  s.grow(19 * growthPages);
  return s;
}

export const allPages = 5 * growthPages;

/** Takes everything in runs of n pages, and frees every second of them. */
export function sparse(s: Session, n: number): void {
  while (s.alloc(n) >= 0);
  const held = [...s.held.keys()];
  for (let i = 0; i < held.length; i += 2) s.free(held[i] ?? 0);
}

/** Allocates n pages, which can only be those from `page` on. */
export function takeAt(s: Session, n: number, page: number, message: string): void {
  const must = s.hasRoom(n);
  const got = s.alloc(n);
  // One that rounds up needs more, which may lie elsewhere.
  const elsewhere = s.heap.roundUp !== undefined && (got >= 0 || !must);
  s.require(got === page || elsewhere, message);
}

/** Releases without force; where the design ages by itself, time passes until it has. */
export function releasePatiently(s: Session, n: number): number {
  let got = s.release(n, false);
  if (s.heap.releasableAt === undefined) return got;
  for (let i = 0; got < n && i < 1000; i++) {
    const more = s.release(n - got, false);
    got += more;
    if (more > 0) continue;
    const at = s.releasableAt();
    if (at === Number.POSITIVE_INFINITY) break;
    s.clock = Math.max(s.clock, at);
  }
  return got;
}

/** Old memory, and young beside it: put together they are young. */
export function young(s: Session): void {
  const page = s.alloc(60);
  s.free(page, 0, 20);
  s.free(page + 20, 20, 20);
  s.clock += 1000;
  s.free(page + 20);
  s.releaseUnused(500);
  s.clock += 1000;
  s.releaseUnused(500);
  s.require(
    s.stats().scavengedPages === s.freePages,
    'runs that were put together are old, and were not released',
  );
}
