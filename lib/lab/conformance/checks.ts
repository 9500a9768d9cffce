/**
 * The conformance suite for page heaps: what the contract (pages/contract.ts) promises, as named checks.
 *
 * Each check makes a fresh page heap and drives it beside the naive model (session.ts), which holds every answer
 * and the page state against the contract after every single call. The last check is the random run.
 *
 * Not here: the random run (random-run.ts), real memory (kernel.ts).
 */
import type { PageHeap } from '../../pages/contract.ts';
import { type ConformanceCheck, type ConformanceResult, makeCheck, skip } from './check.ts';
import { type RandomRunOptions, randomRun, requirePath } from './random-run.ts';
import { growthPages, type MakePageHeap, reachPages, Session, sessionOn } from './session.ts';

/** A session over ranges that touch and ranges that do not. */
function grown(make: MakePageHeap, s = new Session(make)): Session {
  s.grow(2 * growthPages, 2 * growthPages);
  s.grow(9 * growthPages);
  s.grow(4 * growthPages);
  s.grow(19 * growthPages);
  return s;
}

const allPages = 5 * growthPages;

/** Takes everything in runs of n pages, and frees every second of them. */
function sparse(s: Session, n: number): void {
  while (s.alloc(n) >= 0);
  const held = [...s.held.keys()];
  for (let i = 0; i < held.length; i += 2) s.free(held[i] ?? 0);
}

/** Allocates n pages, which can only be those from `page` on. */
function takeAt(s: Session, n: number, page: number, message: string): void {
  const must = s.hasRoom(n);
  const got = s.alloc(n);
  // One that rounds up needs more, which may lie elsewhere.
  const elsewhere = s.heap.roundUp !== undefined && (got >= 0 || !must);
  s.require(got === page || elsewhere, message);
}

/** Releases without force; where the design ages by itself, time passes until it has. */
function releasePatiently(s: Session, n: number): number {
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
function young(s: Session): void {
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
  /** What is only of a page heap that has an optional member: looked for before anything else. */
  const checkOf = (member: keyof PageHeap, name: string, run: (s: Session) => void): ConformanceCheck =>
    makeCheck(name, () => {
      const s = new Session(make);
      if (s.heap[member] === undefined) skip(`it has no ${member}`);
      run(grown(make, s));
    });
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
    checkOf(
      'allocCached',
      'hands out every page once through caches, too, and takes back what they have left',
      (s) => {
        const pages = [0, 1, 2].map((p) => s.allocCached(p, 1));
        s.require(!pages.includes(-1), 'a heap with free pages has none for a cache');
        s.take(growthPages, 'what caches hold leaves no run of 512 pages');
        for (let i = 0; s.allocCached(i % 3, 1 + (i % 4)) >= 0; i++);
        while (s.allocCached(0, 1) >= 0);
        s.require(!s.hasRoom(1), `${s.freePages} pages are free and cannot be had`);
        const held = [...s.held.keys()];
        for (let i = 0; i < held.length; i += 2) s.free(held[i] ?? 0);
        s.release(100, true);
        for (let i = 0; i < 50; i++) s.allocCached(i % 3, 1);
        s.flushCaches();
        for (const page of [...s.held.keys()]) s.free(page);
        s.take(2 * growthPages, 'what caches gave back was not put together with its neighbours');
      },
    ),
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
    checkOf(
      'releaseUnused',
      'releases by age, if it can, what is unused for long and nothing younger',
      (s) => {
        const pages = [s.alloc(30), s.alloc(1), s.alloc(30), s.alloc(1)];
        s.release(allPages, true);
        s.free(pages[0] ?? 0);
        s.clock += 1000;
        s.free(pages[2] ?? 0);
        const got = s.releaseUnused(500);
        s.require(got >= 30, `30 pages were unused for long, ${got} were released`);
        s.require(s.releaseUnused(500) === 0, 'what was released is released again');
        s.clock += 1000;
        s.require(s.releaseUnused(500) === s.sizeOf(30), 'what has become old is not released');
        s.free(s.alloc(30));
        s.clock += 99;
        s.require(s.releaseUnused(100) === 0, 'what is unused for just as long as the limit was released');
        s.require(
          s.releaseUnused(100) > 0,
          'what is unused for longer than the limit by one was not released',
        );
        const many = [30, 1, 30, 1, 30, 1].map((n) => s.alloc(n));
        for (const i of [0, 2, 4]) s.free(many[i] ?? 0);
        s.clock += 1000;
        s.require(s.releaseUnused(500) >= 90, 'of three runs that are old, not all were released');
        young(s);
        s.free(s.alloc(7));
        const { freePages, scavengedPages } = s.stats();
        const all = s.releaseUnused(-1);
        s.require(
          all === freePages - scavengedPages,
          `by a negative age ${all} pages were released, not all ${freePages - scavengedPages}`,
        );
      },
    ),
    checkOf('nextGeneration', 'ages by collections, if it does, without changing a page', (s) => {
      const page = s.alloc(200);
      s.nextGeneration();
      s.free(page);
      s.nextGeneration();
      s.release(300, false);
      s.nextGeneration();
      s.take(200, 'pages were lost');
    }),
    checkOf(
      'releasableAt',
      'says when it will have more to release, if it ages by itself, and then has',
      (s) => {
        sparse(s, 32);
        for (let i = 0; i < 3; i++) s.nextGeneration();
        for (let i = 0; i < 1000; i++) {
          if (s.release(10, false) > 0) continue;
          const at = s.releasableAt();
          if (at === Number.POSITIVE_INFINITY) break;
          s.require(
            at > s.clock,
            `release answered 0 just before, and releasableAt() names ${at}, which is over: it is ${s.clock}`,
          );
          // The clock goes on by one with the call.
          s.clock = Math.max(s.clock, at - 1);
          s.require(
            s.release(1, false) > 0,
            `by releasableAt() there is more to release at ${at}, and then release answered 0`,
          );
        }
      },
    ),
    checkOf('roundUp', 'rounds up by a fixed rule, if it rounds up', (s) => {
      for (let n = 1; n <= 3 * growthPages; n++) {
        const size = s.sizeOf(n);
        s.require(s.sizeOf(n) === size, `roundUp(${n}) answered ${size}, and then ${s.sizeOf(n)}`);
        s.require(
          s.sizeOf(size) === size,
          `roundUp(${n}) answered ${size}, and roundUp(${size}) ${s.sizeOf(size)}: what is round stays as it is`,
        );
      }
    }),
    checkOf('prepareGrow', 'is as it was when it is made ready for growth that does not come', (s) => {
      s.prepareGrow(30 * growthPages, 2 * growthPages);
      s.prepareGrow(30 * growthPages, 2 * growthPages);
      while (s.alloc(growthPages) >= 0);
      s.grow(30 * growthPages);
      s.grow(31 * growthPages);
      s.take(2 * growthPages, 'what was grown later cannot be allocated');
    }),
    check(
      'grows by less than 512 pages, if it takes that',
      (s) => {
        const refused = s.tryGrow(1024, 16);
        if (refused !== undefined) skip(refused);
        takeAt(s, 16, 1024, 'of 16 pages that were grown 16 cannot be allocated');
        s.grow(1040, 128);
        s.grow(1008, 16);
        s.grow(1176, 8);
        for (const page of [...s.held.keys()]) s.free(page);
        takeAt(s, 160, 1008, 'ranges that touch were not put together');
        s.grow(1168, 8);
        takeAt(s, 16, 1168, 'a range between two cannot be allocated');
        for (const page of [...s.held.keys()]) s.free(page);
        s.release(200, true);
      },
      (m) => new Session(m),
    ),
    ...[2, 4].map((physPages) =>
      makeCheck(
        `releases whole physical pages, where they are ${physPages} pages, if it can be made for them`,
        () => {
          const s = sessionOn(make, { physPages });
          if (typeof s === 'string') return skip(s);
          s.grow(0, 2 * growthPages);
          const pages: number[] = [];
          for (let i = 0; i < 90; i++) pages.push(s.alloc([1, 3, 7, 2, 5, 11][i % 6] ?? 1));
          for (let i = 0; i < 90; i += 2) s.free(pages[i] ?? 0);
          s.release(50, true);
          for (let i = 1; i < 90; i += 6) s.free(pages[i] ?? 0);
          s.release(20, false);
          s.releaseUnused(-1);
          for (let i = 0; i < 30; i++) s.alloc(3);
          for (const held of [...s.held.keys()]) s.free(held);
          s.release(2 * growthPages, true);
          s.grow(8 * growthPages, 2 * growthPages);
          const page = s.alloc(1001);
          const n = s.held.get(page) ?? 0;
          const whole =
            Math.floor((page + n) / physPages) * physPages - Math.ceil((page + 1) / physPages) * physPages;
          s.free(page, 1);
          const got = s.release(Number.POSITIVE_INFINITY, true);
          s.require(
            got >= whole,
            `of the physical pages in a free run ${whole} can be released, and ${got} were`,
          );
        },
      ),
    ),
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
