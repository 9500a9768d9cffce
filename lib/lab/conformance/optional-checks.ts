/**
 * The checks of what a page heap need not do: optional members, growth by little, large physical pages. One that does
 * not have it, or refuses, is skipped.
 *
 * Not here: the others (checks.ts).
 */
import type { PageHeap } from '../../pages/contract.ts';
import { type ConformanceCheck, makeCheck, skip } from './check.ts';
import { allPages, grown, sparse, takeAt, young } from './scenes.ts';
import { growthPages, type MakePageHeap, Session, sessionOn } from './session.ts';

export function optionalChecks(make: MakePageHeap): readonly ConformanceCheck[] {
  /** What is only of a page heap that has an optional member: looked for before anything else. */
  const checkOf = (member: keyof PageHeap, name: string, run: (s: Session) => void): ConformanceCheck =>
    makeCheck(name, () => {
      const s = new Session(make);
      if (s.heap[member] === undefined) skip(`it has no ${member}`);
      run(grown(make, s));
    });
  return [
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
    checkOf('allocAligned', 'allocates from multiples of what is asked for, if it can', (s) => {
      s.alloc(3);
      const aligned = [1, 2, 4, 8, 64].flatMap((align) => [4, 5, 100].map((n) => s.allocAligned(n, align)));
      s.require(!aligned.includes(-1), 'there is room, and no aligned pages were found');
      s.alloc(7);
      for (const page of aligned.filter((_, i) => i % 2 === 0)) s.free(page);
      s.release(300, true);
      while (s.allocAligned(4, 8) >= 0);
      for (const page of [...s.held.keys()]) s.free(page);
      s.require(s.allocAligned(growthPages, 64) >= 0, 'aligned pages were not put together again');
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
    makeCheck('grows by less than 512 pages, if it takes that', () => {
      const s = new Session(make);
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
    }),
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
  ];
}
