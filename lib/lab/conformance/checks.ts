/**
 * The conformance suite for page heaps: what the contract (pages/contract.ts) promises, as named checks.
 *
 * Each check makes a fresh page heap and drives it beside the naive model (session.ts), which holds every answer
 * and the page state against the contract after every single call. The last check is the random run.
 *
 * Not here: what a page heap need not do (optional-checks.ts), the random run (random-run.ts), real memory
 * (kernel.ts).
 */
import { type ConformanceCheck, type ConformanceResult, makeCheck } from './check.ts';
import { optionalChecks } from './optional-checks.ts';
import { type RandomRunOptions, randomRun, requirePath } from './random-run.ts';
import { allPages, grown, releasePatiently, sparse, takeAt } from './scenes.ts';
import { growthPages, type MakePageHeap, reachPages, Session } from './session.ts';

/**
 * The checks for a page heap, in the order in which they are best read.
 * @throws ERR_INVALID_OPTION when the path is none
 */
export function conformanceChecks(
  make: MakePageHeap,
  options: RandomRunOptions = {},
): readonly ConformanceCheck[] {
  requirePath(options);
  const check = (name: string, run: (s: Session) => void, start = grown): ConformanceCheck =>
    makeCheck(name, () => run(start(make)));
  return [
    check(
      'has no page before it grows',
      (s) => {
        s.require(s.alloc(1) === -1, 'a heap that never grew handed out a page');
        const { pages, freePages } = s.stats();
        s.require(pages === 0 && freePages === 0, 'a heap that never grew counts pages');
      },
      (m) => new Session(m),
    ),
    check('has all of its pages free after it grew, in ranges that touch and that do not', (s) => {
      s.require(s.freePages === allPages, 'pages are missing');
      s.take(2 * growthPages, 'a range of 1024 pages cannot be allocated whole');
    }),
    check('hands out every page once, then answers −1 and changes nothing', (s) => {
      while (s.alloc(7) >= 0);
      while (s.alloc(1) >= 0);
      s.require(!s.hasRoom(1), `${s.freePages} pages are free and cannot be had`);
      s.require(s.alloc(1) === -1, 'an exhausted heap handed out a page');
      s.require(s.alloc(growthPages) === -1, 'an exhausted heap handed out a run');
    }),
    check('hands out runs of any length, up to a range that was grown piece by piece', (s) => {
      const first = 24 * growthPages;
      for (let i = 0; i < 24; i += 3) s.grow(first + i * growthPages, 3 * growthPages);
      for (const n of [
        1025, 1599, 1600, 1601, 2047, 2048, 2049, 3000, 4095, 4096, 5000, 8191, 8192, 12_288,
      ]) {
        s.free(s.take(n, `of 12288 free pages in a row ${n} cannot be allocated`));
      }
      const kept = [s.alloc(1700), s.alloc(1700), s.alloc(1700)];
      s.free(kept[1] ?? 0);
      s.take(1700, 'freed pages cannot be allocated');
    }),
    check(
      'uses all of its reach',
      (s) => {
        for (let page = 0; page < reachPages; page += 8 * growthPages) s.grow(page, 8 * growthPages);
        takeAt(s, reachPages, 0, 'a heap that was grown whole cannot be allocated whole');
        for (const page of [...s.held.keys()]) s.free(page);
        while (s.alloc(1000) >= 0);
        for (const held of [...s.held.keys()].reverse()) s.free(held);
        s.release(reachPages, true);
      },
      (m) => new Session(m),
    ),
    check(
      'works at both ends of a reach of 8 GiB',
      (s) => {
        const end = 2 ** 20;
        for (const page of [end - growthPages, 0, end / 2, end - 2 * growthPages]) s.grow(page);
        takeAt(
          s,
          2 * growthPages,
          end - 2 * growthPages,
          'the 1024 pages at the end are free, and were not found',
        );
        for (const page of [...s.held.keys()]) s.free(page);
        for (let i = 0; i < 8; i++) s.alloc(200);
        for (const held of [...s.held.keys()]) s.free(held);
        s.release(4 * growthPages, true);
      },
      (m) => new Session(m, { reachPages: 2 ** 20 }),
    ),
    check('has each range in one piece when everything was freed, in any order', (s) => {
      const pages: number[] = [];
      for (let page = s.alloc(3); page >= 0; page = s.alloc(3)) pages.push(page);
      for (const page of [...pages.filter((_, i) => i % 2 === 0), ...pages.filter((_, i) => i % 2 === 1)])
        s.free(page);
      for (const n of [3 * growthPages, growthPages, growthPages])
        s.take(n, 'freed neighbours were not put together');
    }),
    check('takes back a part of an allocation', (s) => {
      while (s.alloc(128) >= 0);
      const [page, other] = [...s.held.keys()];
      s.free(page ?? 0, 88, 40);
      s.take(40, 'the freed end cannot be allocated');
      s.free(other ?? 0, 0, 30);
      s.take(30, 'the freed beginning cannot be allocated');
      s.free(page ?? 0, 20, 50);
      s.take(50, 'the freed middle cannot be allocated');
      for (const held of [...s.held.keys()]) s.free(held);
      s.take(3 * growthPages, 'the parts were not put together');
    }),
    check('releases about as much as it is asked, and by force no less', (s) => {
      sparse(s, 32);
      const got = s.release(1, true);
      s.require(got >= 1 && got <= 256, `asked for one page of runs of 32, ${got} were released`);
      const more = s.release(100, true);
      s.require(more >= 100, `of 100 pages that were asked for, ${more} were released`);
    }),
    check('releases in the last piece no more than one free run, as it tells of it', (s) => {
      // Whoever tells of neighbours apart, by when they were freed, by what they hold, or by where they lie, has
      // to release them apart.
      while (s.alloc(30) >= 0);
      const held = [...s.held.keys()];
      const each = (from: number): void => {
        for (let i = from; i + 3 < held.length; i += 4) s.free(held[i] ?? 0);
        s.clock += 100;
      };
      each(0);
      each(1);
      for (const n of [1, 31, 1, 100]) s.release(n, true);
      each(2);
      for (const n of [1, 31, 1, 100]) s.release(n, true);
      for (const page of [...s.held.keys()]) s.free(page);
      for (const n of [1, 31, 1, 100]) s.release(n, true);
    }),
    check('releases for a part of a page the whole, and for any large number everything', (s) => {
      while (s.alloc(128) >= 0);
      s.free([...s.held.keys()][0] ?? 0);
      sparse(s, 1);
      for (const nbytes of [1, 0.5, 4096, 8191, 8192])
        s.require(s.releaseBytes(nbytes, true) >= 1, `asked for ${nbytes} bytes, no page was released`);
      s.require(s.releaseBytes(8193, true) >= 2, 'asked for 8193 bytes, less was released');
      s.require(s.releaseBytes(100_000.5, true) >= 13, 'asked for 100000.5 bytes, less was released');
      const held = [...s.held.keys()];
      for (const nbytes of [Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
        const left = s.freePages - s.stats().scavengedPages;
        s.require(s.releaseBytes(nbytes, true) === left, `asked for ${nbytes} bytes, not all was released`);
        for (let i = 0; i < held.length; i += 3) s.free(held.splice(i, 1)[0] ?? 0);
      }
    }),
    check(
      'releases also unforced what is sparse and old, no more than it is asked, and stops when it is told',
      (s) => {
        sparse(s, 32);
        for (let i = 0; i < 3; i++) s.nextGeneration();
        const few = releasePatiently(s, 1);
        s.require(few >= 1, 'a heap half of which is free and unused for three collections released nothing');
        const more = releasePatiently(s, 64);
        s.require(more >= 64, `of 64 pages that were asked for in a sparse heap, ${more} were released`);
        s.release(allPages, false, 0);
        s.require(
          s.lastPieces <= 1,
          `${s.lastPieces} pieces were released although the first was to be the last`,
        );
        s.release(allPages, false, 2);
        for (let i = 0; i < 3; i++) s.nextGeneration();
        s.release(Number.POSITIVE_INFINITY, false);
      },
    ),
    check('grows while pages are held, also between ranges and below them', (s) => {
      const page = s.alloc(growthPages);
      s.grow(0);
      s.grow(8 * growthPages);
      s.take(growthPages, 'a fresh range cannot be allocated');
      s.free(page);
    }),
    check('releases what is free, each page once, by force all of it', (s) => {
      const page = s.alloc(growthPages);
      s.free(page);
      const all = s.freePages - s.stats().scavengedPages;
      s.require(all >= growthPages, 'what was used and freed counts as scavenged');
      const got = s.release(allPages, true);
      s.require(got === all, `of ${all} pages that can be released, ${got} were`);
      s.require(s.release(allPages, true) === 0, 'pages were released twice');
      s.require(s.stats().scavengedPages === allPages, 'not all free pages count as scavenged');
    }),
    check('hands out released pages again, and says how many are taken back', (s) => {
      const held = [s.alloc(50), s.alloc(1), s.alloc(70)];
      for (const page of [held[0], held[2]]) s.free(page ?? 0);
      s.release(allPages, true);
      const before = s.stats().scavengedPages;
      const page = s.alloc(50);
      s.require(page >= 0, 'released pages cannot be allocated');
      s.require(
        s.heap.lastScavenged >= 50,
        `50 released pages were allocated, and ${s.heap.lastScavenged} taken back`,
      );
      s.require(
        s.stats().scavengedPages === before - s.heap.lastScavenged,
        'lastScavenged is not what was taken back',
      );
    }),
    check('tells of each free run how many of its pages hold no memory, and since when it is unused', (s) => {
      const size = [9, 3, 30, 1, 64, 2];
      const pages: number[] = [];
      for (let i = 0; i < 60; i++) pages.push(s.alloc(size[i % 6] ?? 1));
      // Some of what is free is there, some was released, and some, far away, is fresh.
      for (let i = 0; i < 60; i += 2) s.free(pages[i] ?? 0);
      s.release(400, true);
      s.alloc(growthPages);
      for (let i = 0; i < 12; i++) s.alloc(i % 3 === 0 ? 20 : 2);
      for (let i = 1; i < 60; i += 4) s.free(pages[i] ?? 0);
      s.clock += 100;
      s.release(40, true);
      for (let i = 3; i < 60; i += 4) s.free(pages[i] ?? 0);
      for (let i = 0; i < 20; i++) s.alloc(5);
      for (const held of [...s.held.keys()]) s.free(held);
      s.release(allPages, true);
    }),
    check('asks after each piece whether to stop', (s) => {
      const pages = [s.alloc(3), s.alloc(1), s.alloc(3), s.alloc(1), s.alloc(3), s.alloc(1)];
      for (const i of [0, 2, 4]) s.free(pages[i] ?? 0);
      s.release(allPages, true, 0);
      s.require(
        s.lastPieces === 1,
        `${s.lastPieces} pieces were released although the first was to be the last`,
      );
    }),
    check('releases nothing of what is allocated', (s) => {
      while (s.alloc(5) >= 0);
      while (s.alloc(1) >= 0);
      const got = s.release(allPages, true);
      s.require(got === 0 || s.freePages > 0, 'something was released of a heap without a free page');
    }),
    ...optionalChecks(make),
    makeCheck('agrees with the naive model over any sequence of calls', () => randomRun(make, options)),
  ];
}

/** Runs every check, also after one has failed. */
export function runConformance(make: MakePageHeap, options: RandomRunOptions = {}): ConformanceResult[] {
  return conformanceChecks(make, options).map(({ name, attempt }) => {
    try {
      return { name, error: undefined, skipped: attempt() };
    } catch (error) {
      const failed = error instanceof Error ? error : new Error(String(error));
      return { name, error: failed, skipped: undefined };
    }
  });
}
