/**
 * The conformance suite for page heaps: what the contract (pages/contract.ts) promises, as named checks.
 *
 * Each check makes a fresh page heap and drives it beside the naive model (model.ts), which holds every answer
 * and the books against the contract after every single call. The last check is the random run.
 *
 * Not here: the random run (random-run.ts), real memory (kernel.ts).
 */
import { growthPages, type MakePageHeap, Session } from './model.ts';
import { type RandomRunOptions, randomRun, requirePath } from './random-run.ts';

export interface ConformanceCheck {
  readonly name: string;
  /** Throws a ConformanceError with the steps that led there, or whatever the page heap throws. */
  readonly run: () => void;
}

/** A session over ranges that touch and ranges that do not. */
function grown(make: MakePageHeap): Session {
  const s = new Session(make);
  s.grow(2 * growthPages, 2 * growthPages);
  s.grow(9 * growthPages);
  s.grow(4 * growthPages);
  s.grow(19 * growthPages);
  return s;
}

const allPages = 5 * growthPages;

/**
 * The checks for a page heap, in the order in which they are best read.
 * @throws ERR_INVALID_OPTION when the path is none
 */
export function conformanceChecks(
  make: MakePageHeap,
  options: RandomRunOptions = {},
): readonly ConformanceCheck[] {
  requirePath(options);
  const check = (name: string, run: (s: Session) => void, start = grown): ConformanceCheck => ({
    name,
    run: () => run(start(make)),
  });
  return [
    check(
      'has no page before it grows',
      (s) => {
        s.require(s.alloc(1) === -1, 'a heap that never grew handed out a page');
        const { pages, freePages } = s.heap.stats();
        s.require(pages === 0 && freePages === 0, 'a heap that never grew counts pages');
      },
      (m) => new Session(m),
    ),
    check('has all of its pages free after it grew, in ranges that touch and that do not', (s) => {
      s.require(s.freePages === allPages, 'pages are missing');
      s.require(s.alloc(2 * growthPages) >= 0, 'a range of 1024 pages cannot be allocated whole');
    }),
    check('hands out every page once, then answers −1 and changes nothing', (s) => {
      while (s.alloc(7) >= 0);
      while (s.alloc(1) >= 0);
      s.require(s.freePages === 0, `${s.freePages} pages are free and cannot be had`);
      s.require(s.alloc(1) === -1, 'an exhausted heap handed out a page');
      s.require(s.alloc(growthPages) === -1, 'an exhausted heap handed out a run');
    }),
    check('has each range in one piece when everything was freed, in any order', (s) => {
      const pages: number[] = [];
      for (let page = s.alloc(3); page >= 0; page = s.alloc(3)) pages.push(page);
      for (const page of [...pages.filter((_, i) => i % 2 === 0), ...pages.filter((_, i) => i % 2 === 1)])
        s.free(page);
      const whole = [s.alloc(3 * growthPages), s.alloc(growthPages), s.alloc(growthPages)];
      s.require(!whole.includes(-1), 'freed neighbours were not put together');
    }),
    check('takes back a part of an allocation', (s) => {
      while (s.alloc(128) >= 0);
      const [page, other] = [...s.held.keys()];
      s.free(page ?? 0, 88, 40);
      s.require(s.alloc(40) >= 0, 'the freed end cannot be allocated');
      s.free(other ?? 0, 0, 30);
      s.require(s.alloc(30) >= 0, 'the freed beginning cannot be allocated');
      s.free(page ?? 0, 20, 50);
      s.require(s.alloc(50) >= 0, 'the freed middle cannot be allocated');
      for (const held of [...s.held.keys()]) s.free(held);
      s.require(s.alloc(3 * growthPages) >= 0, 'the parts were not put together');
    }),
    check('releases about as much as it is asked, and by force no less', (s) => {
      const pages: number[] = [];
      while (s.alloc(32) >= 0);
      [...s.held.keys()].forEach((page, i) => {
        if (i % 2 === 0) pages.push(page);
      });
      for (const page of pages) s.free(page);
      const got = s.release(1, true);
      s.require(got >= 1 && got <= 256, `asked for one page of runs of 32, ${got} were released`);
      const more = s.release(100, true);
      s.require(more >= 100, `of 100 pages that were asked for, ${more} were released`);
    }),
    check('grows while pages are held, also between ranges and below them', (s) => {
      const page = s.alloc(growthPages);
      s.grow(0);
      s.grow(8 * growthPages);
      s.require(s.alloc(growthPages) >= 0, 'a fresh range cannot be allocated');
      s.free(page);
    }),
    check('releases what is free, each page once, by force all of it', (s) => {
      const page = s.alloc(growthPages);
      s.free(page);
      const all = s.heap.freshScavenged ? growthPages : allPages;
      const got = s.release(allPages, true);
      s.require(got === all, `of ${all} pages that can be released, ${got} were`);
      s.require(s.release(allPages, true) === 0, 'pages were released twice');
      s.require(s.heap.stats().scavengedPages === allPages, 'not all free pages count as scavenged');
    }),
    check('hands out released pages again, and says how many are taken back', (s) => {
      const held = [s.alloc(50), s.alloc(1), s.alloc(70)];
      for (const page of [held[0], held[2]]) s.free(page ?? 0);
      s.release(allPages, true);
      const before = s.heap.stats().scavengedPages;
      const page = s.alloc(50);
      s.require(page >= 0, 'released pages cannot be allocated');
      s.require(
        s.heap.lastScavenged >= 50,
        `50 released pages were allocated, and ${s.heap.lastScavenged} taken back`,
      );
      s.require(
        s.heap.stats().scavengedPages === before - s.heap.lastScavenged,
        'lastScavenged is not what was taken back',
      );
    }),
    check('asks after each piece whether to stop', (s) => {
      const pages = [s.alloc(3), s.alloc(1), s.alloc(3), s.alloc(1), s.alloc(3), s.alloc(1)];
      for (const i of [0, 2, 4]) s.free(pages[i] ?? 0);
      s.release(allPages, true, () => true);
      s.require(
        s.lastPieces === 1,
        `${s.lastPieces} pieces were released although the first was to be the last`,
      );
    }),
    check('releases nothing of what is allocated', (s) => {
      while (s.alloc(5) >= 0);
      while (s.alloc(1) >= 0);
      s.require(s.release(allPages, true) === 0, 'something was released of a heap without a free page');
    }),
    check('releases by age, if it can, what is unused for long and nothing younger', (s) => {
      if (s.heap.releaseUnused === undefined) return;
      const pages = [s.alloc(30), s.alloc(1), s.alloc(30), s.alloc(1)];
      s.release(allPages, true);
      s.free(pages[0] ?? 0);
      s.clock += 1000;
      s.free(pages[2] ?? 0);
      const got = s.releaseUnused(500);
      s.require(got >= 30, `30 pages were unused for long, ${got} were released`);
      s.require(s.releaseUnused(500) === 0, 'what was released is released again');
      s.clock += 1000;
      s.require(s.releaseUnused(500) === 30, 'what has become old is not released');
      s.free(s.alloc(7));
      const { freePages, scavengedPages } = s.heap.stats();
      const all = s.releaseUnused(-1);
      s.require(
        all === freePages - scavengedPages,
        `by a negative age ${all} pages were released, not all ${freePages - scavengedPages}`,
      );
    }),
    check('ages by collections, if it does, without changing a page', (s) => {
      const page = s.alloc(200);
      s.heap.nextGeneration?.();
      s.free(page);
      s.heap.nextGeneration?.();
      s.release(300, false);
      s.heap.nextGeneration?.();
      s.require(s.alloc(200) >= 0, 'pages were lost');
    }),
    {
      name: 'agrees with the naive model over any sequence of calls',
      run: () => randomRun(make, options),
    },
  ];
}

/** What came of a check. */
export interface ConformanceResult {
  readonly name: string;
  /** Undefined where it passed. */
  readonly error: Error | undefined;
}

/** Runs every check, also after one has failed. */
export function runConformance(make: MakePageHeap, options: RandomRunOptions = {}): ConformanceResult[] {
  return conformanceChecks(make, options).map(({ name, run }) => {
    try {
      run();
      return { name, error: undefined };
    } catch (error) {
      return { name, error: error instanceof Error ? error : new Error(String(error)) };
    }
  });
}
