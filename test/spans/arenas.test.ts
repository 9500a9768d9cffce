import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  address,
  arenaBytes,
  GiB,
  pageSize,
  pagesPerArena,
  TiB,
  userAddressEnd,
} from '../../lib/base/units.ts';
import { Arenas, arenaStateTable, arenaTable, maxHints, reserveFirstArena } from '../../lib/spans/arenas.ts';
import { pageTable } from '../../lib/spans/page-table.ts';
import { times } from '../support/extent.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';
import { AddressSpace } from './address-space.ts';

const goOrigin = 0xc000000000;
const arenasInReach = 32;
const reach = arenasInReach * arenaBytes;

/** An address by its arena from the origin. */
const nth = (arena: number): number => goOrigin + arena * arenaBytes;

interface Setup {
  readonly space: AddressSpace;
  readonly arenas: Arenas;
  readonly metaSys: FailingSys;
}

function make(reachable = reach): Setup {
  const metaSys = new FailingSys(['commit']);
  const meta = metaOf(
    [
      [arenaStateTable, 1],
      [arenaTable, arenasInReach],
      [pageTable, arenasInReach * pagesPerArena],
    ],
    metaSys,
  );
  const space = new AddressSpace();
  return { space, arenas: new Arenas(meta, space, address(goOrigin), reachable), metaSys };
}

function begun(): Setup {
  const setup = make();
  expect(setup.arenas.prepare(setup.space.reserve(goOrigin, arenaBytes))).toBe(true);
  return setup;
}

function knownOf(arenas: Arenas): number[] {
  const { known, order } = arenas.columns;
  const inOrder = Array.from(order.subarray(0, arenas.state.count[0]));
  const byFlag = Array.from(known.keys()).filter((arena) => known[arena] === 1);
  expect([...inOrder].sort((a, b) => a - b)).toEqual(byFlag);
  return inOrder;
}

const hintsOf = (arenas: Arenas): number[] =>
  Array.from(arenas.state.hints.subarray(0, arenas.state.hintCount[0]));

/** Something settles at every hint until each is forgotten, and goes away. */
function forgetHints(arenas: Arenas, space: AddressSpace): void {
  for (const hint of hintsOf(arenas)) space.settle(hint, hint + 4096);
  space.ceiling = goOrigin;
  expect(arenas.reserve(1)).toBe(0);
  expect(hintsOf(arenas)).toEqual([]);
  space.clear();
}

describe('a heap’s first arena', () => {
  let space: AddressSpace;
  beforeEach(() => {
    space = new AddressSpace();
  });

  test('lies where Go’s does', () => {
    expect(reserveFirstArena(space, reach)).toEqual({ origin: goOrigin, base: goOrigin });
  });

  test('of a second heap lies a TiB above, and so on', () => {
    for (let heap = 0; heap < 4; heap++) {
      expect(reserveFirstArena(space, reach)?.base).toBe(goOrigin + heap * TiB);
    }
  });

  test('lies where the system wants, with an origin of 16 GiB below, when all of that is taken', () => {
    space.settle(goOrigin, userAddressEnd);
    space.ceiling = 100 * GiB + 3 * 4096;
    const first = reserveFirstArena(space, 16 * GiB)!;
    expect(first).toEqual({ origin: 96 * GiB, base: 100 * GiB - arenaBytes });
    expect(space.held()).toEqual([[first.base, first.base + arenaBytes]]);
  });

  test('is given back when page numbers do not reach it', () => {
    space.settle(goOrigin, userAddressEnd);
    space.ceiling = 100 * GiB + 3 * 4096;
    expect(reserveFirstArena(space, 4 * GiB - arenaBytes)).toBeUndefined();
    expect(space.held()).toEqual([]);
    expect(reserveFirstArena(space, 4 * GiB)).toBeDefined();
  });

  test('is none when the system refuses', () => {
    space.settle(goOrigin, userAddressEnd);
    space.ceiling = 0;
    expect(reserveFirstArena(space, reach)).toBeUndefined();
    space.full = true;
    expect(reserveFirstArena(space, reach)).toBeUndefined();
    expect(space.held()).toEqual([]);
  });
});

describe('preparing', () => {
  test('makes the first arena known, and the room to grow into', () => {
    const { arenas } = begun();
    expect(knownOf(arenas)).toEqual([0]);
    expect([arenas.state.curBase[0], arenas.state.curEnd[0]]).toEqual([goOrigin, nth(1)]);
    expect([arenas.isKnown(0), arenas.isKnown(pagesPerArena - 1), arenas.isKnown(pagesPerArena)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('sets hints within reach, the one right above the first arena to be tried first', () => {
    const { arenas } = begun();
    const hints = hintsOf(arenas);
    expect(hints.at(-1)).toBe(nth(1));
    expect(new Set(hints).size).toBe(hints.length);
    expect(hints.length).toBeLessThanOrEqual(maxHints - 2);
    for (const hint of hints) {
      expect(hint % arenaBytes).toBe(0);
      expect(hint).toBeGreaterThan(goOrigin);
      expect(hint).toBeLessThan(goOrigin + reach);
    }
    // The others from the highest down: tried from the end.
    expect([...hints].sort((a, b) => b - a)).toEqual(hints);
  });

  test('in a small reach sets a hint at each arena but the first, wherever that lies', () => {
    const { arenas, space } = make(6 * arenaBytes);
    expect(arenas.prepare(space.reserve(nth(2), arenaBytes))).toBe(true);
    expect(hintsOf(arenas)).toEqual([5, 4, 1, 3].map(nth));
    expect(knownOf(arenas)).toEqual([2]);
    expect(
      [arenas.reserve(1), arenas.reserve(1), arenas.reserve(1)].map((at) => (at - goOrigin) / arenaBytes),
    ).toEqual([3, 4, 5]);
  });

  test('without memory fails', () => {
    for (let n = 0; n < 8; n++) {
      const { arenas, space, metaSys } = make();
      const before = metaSys.requests;
      const first = space.reserve(goOrigin, arenaBytes);
      metaSys.refuse(n, 1);
      const refused = !arenas.prepare(first);
      expect(refused).toBe(metaSys.refused === 1);
      if (!refused) {
        expect(n).toBe(metaSys.requests - before);
        return;
      }
    }
    expect.unreachable('it asks for memory more often than that');
  });
});

describe('reserving', () => {
  test('arenas follow one another', () => {
    const { arenas, space } = begun();
    expect([arenas.reserve(1), arenas.reserve(arenaBytes), arenas.reserve(arenaBytes + 1)]).toEqual([
      nth(1),
      nth(2),
      nth(3),
    ]);
    expect(knownOf(arenas)).toEqual([0, 1, 2, 3, 4]);
    expect(space.held()).toEqual([[goOrigin, nth(5)]]);
    expect(arenas.isKnown(5 * pagesPerArena - 1)).toBe(true);
  });

  test('a hint at which something else lives is forgotten, and the next is tried', () => {
    const { arenas, space } = begun();
    const hints = hintsOf(arenas);
    space.settle(nth(1), nth(1) + 4096);
    expect(arenas.reserve(1)).toBe(hints.at(-2));
    expect(hintsOf(arenas)).toEqual([...hints.slice(0, -2), hints.at(-2)! + arenaBytes]);
    expect(space.held()).toEqual([
      [goOrigin, nth(1)],
      [hints.at(-2)!, hints.at(-2)! + arenaBytes],
    ]);
  });

  test('a hint with too little room for several arenas stays for one', () => {
    const { arenas, space } = begun();
    const hints = hintsOf(arenas);
    space.settle(nth(2) + 4096, nth(2) + 8192);
    const several = arenas.reserve(2 * arenaBytes);
    expect(several).not.toBe(0);
    expect(several).not.toBe(nth(1));
    expect(hintsOf(arenas)).toContain(nth(1));
    expect(hintsOf(arenas).length).toBe(hints.length);
    expect(arenas.reserve(1)).toBe(nth(1));
  });

  test('where no hint leads anywhere the system chooses, and its neighbourhood is tried first from then on', () => {
    const { arenas, space } = begun();
    forgetHints(arenas, space);
    space.ceiling = nth(12) + 4096;
    expect(arenas.reserve(1)).toBe(nth(11));
    expect(hintsOf(arenas)).toEqual([-nth(11), nth(12)]);
    space.ceiling = goOrigin;
    expect(arenas.reserve(1)).toBe(nth(12));
    // Something above: then downwards.
    space.settle(nth(13), nth(13) + 4096);
    expect([arenas.reserve(1), arenas.reserve(2 * arenaBytes)]).toEqual([nth(10), nth(8)]);
    expect(hintsOf(arenas)).toEqual([-nth(8)]);
    expect(knownOf(arenas)).toEqual([0, 11, 12, 10, 8, 9]);
  });

  test('what lies beyond the reach is given back', () => {
    const { arenas, space } = begun();
    for (const hint of hintsOf(arenas)) space.settle(hint, hint + 4096);
    const before = [knownOf(arenas), space.held()];
    space.ceiling = goOrigin; // below the origin
    expect(arenas.reserve(1)).toBe(0);
    space.ceiling = userAddressEnd; // far above
    expect(arenas.reserve(1)).toBe(0);
    expect([knownOf(arenas), space.held()]).toEqual(before);
    expect(arenas.reserve(reach)).toBe(0);
  });

  test('the whole reach can be had, and not one arena more', () => {
    const { arenas, space } = begun();
    let arena = 1;
    for (; arena < arenasInReach; arena++) expect(arenas.reserve(1)).not.toBe(0);
    expect(space.held()).toEqual([[goOrigin, goOrigin + reach]]);
    expect(arenas.reserve(1)).toBe(0);
    expect(space.held()).toEqual([[goOrigin, goOrigin + reach]]);
  });

  test('out of address space nothing changes, not even a hint', () => {
    const { arenas, space } = begun();
    const before = arenas.snapshot();
    space.full = true;
    expect([arenas.reserve(1), arenas.reserve(3 * arenaBytes)]).toEqual([0, 0]);
    expect(arenas.snapshot()).toEqual(before);
    space.full = false;
    expect(arenas.reserve(1)).toBe(nth(1));
  });

  test('without memory for the page tables the address space is given back, and the hint stays', () => {
    const { arenas, space, metaSys } = begun();
    const before = arenas.snapshot();
    metaSys.refuse(0, 1);
    expect(arenas.reserve(1)).toBe(0);
    expect([space.held(), knownOf(arenas)]).toEqual([[[goOrigin, nth(1)]], [0]]);
    expect(arenas.snapshot()).toEqual(before);
    metaSys.relent();
    expect(arenas.reserve(1)).toBe(nth(1));
  });
});

describe('giving back', () => {
  test('undoes the last reservation as if it had never been', () => {
    const { arenas, space } = begun();
    arenas.reserve(1);
    const before = arenas.snapshot();
    const held = space.held();
    for (const size of [1, 3 * arenaBytes]) {
      const base = arenas.reserve(size);
      expect(base).toBe(nth(2));
      arenas.giveBack(before, base, Math.max(size, arenaBytes));
      expect([arenas.snapshot(), knownOf(arenas), space.held()]).toEqual([before, [0, 1], held]);
    }
    expect(arenas.isKnown(2 * pagesPerArena)).toBe(false);
  });
});

describe('whatever lives beside the heap', () => {
  /** Reserve so many arenas; or something settles in an arena; or reserve and give back. */
  const step = fc.oneof(
    fc.record({ kind: fc.constant('reserve' as const), n: fc.constantFrom(1, 1, 1, 2, 3) }),
    fc.record({ kind: fc.constant('settle' as const), n: fc.nat(arenasInReach - 1) }),
    fc.record({ kind: fc.constant('giveBack' as const), n: fc.constantFrom(1, 2) }),
    fc.record({ kind: fc.constant('clear' as const), n: fc.constant(0) }),
    fc.record({ kind: fc.constant('ceiling' as const), n: fc.nat(arenasInReach + 1) }),
  );

  test('known arenas are what is held: within reach, whole, never two in one place', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const { arenas, space } = begun();
        for (const { kind, n } of steps) {
          if (kind === 'ceiling') space.ceiling = nth(n) + 4096;
          else if (kind === 'clear') space.clear();
          else if (kind === 'settle') {
            if (space.isFree(nth(n), nth(n + 1))) space.settle(nth(n) + 4096, nth(n) + 8192);
          } else {
            const before = arenas.snapshot();
            const held = space.held();
            const base = arenas.reserve(n * arenaBytes);
            if (base === 0) expect([space.held(), arenas.state.count[0]]).toEqual([held, before.count]);
            else if (kind === 'giveBack') {
              arenas.giveBack(before, base, n * arenaBytes);
              expect([space.held(), arenas.snapshot()]).toEqual([held, before]);
            } else {
              const first = (base - goOrigin) / arenaBytes;
              expect(knownOf(arenas).slice(-n)).toEqual(Array.from({ length: n }, (_, i) => first + i));
            }
          }
          const ranges = arenas.ranges().map(({ base, bytes }) => [base, base + bytes]);
          expect(ranges).toEqual(space.held());
          expect(new Set(knownOf(arenas)).size).toBe(arenas.state.count[0]);
          expect(arenas.state.hintCount[0]).toBeLessThanOrEqual(maxHints);
        }
        arenas.release();
        expect(space.held()).toEqual([]);
      }),
      { numRuns: times(40, 100) },
    );
  });

  test('the oldest hints go when there are too many', () => {
    const { arenas, space } = begun();
    forgetHints(arenas, space);
    // Ten times the system chooses two arenas, and something settles right above and below them. Two arenas
    // forget no hint, so that those pile up.
    const rounds = [2, 5, 8, 11, 14, 17, 20, 23, 26, 29];
    for (const arena of rounds) {
      space.ceiling = nth(arena + 3) - 4096;
      expect(arenas.reserve(2 * arenaBytes)).toBe(nth(arena));
      space.settle(nth(arena) - 4096, nth(arena));
      space.settle(nth(arena + 2), nth(arena + 2) + 4096);
    }
    expect(hintsOf(arenas)).toEqual(rounds.slice(1).flatMap((arena) => [-nth(arena), nth(arena + 2)]));
    expect(arenas.state.hintCount[0]).toBe(maxHints);
  });
});

describe('takeZeroed', () => {
  test('tells whether pages were used before, for all that lie below the highest used of their arena', () => {
    const limit = 4 * pagesPerArena;
    const run = fc.tuple(
      fc.nat(limit - 1),
      fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: limit })),
    );
    const { arenas } = begun();
    for (let arena = 1; arena < 4; arena++) arenas.reserve(1);
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 12, size: 'max' }), (runs) => {
        arenas.columns.zeroedPages.fill(0);
        const used = new Uint8Array(limit);
        for (const [page, n] of runs) {
          const end = Math.min(limit, page + n);
          const should = used.subarray(page, end).includes(1);
          expect(arenas.takeZeroed(page, end - page)).toBe(should);
          // Everything from the start of the arena to here counts as used, page by page.
          for (let arena = 0; arena < 4; arena++) {
            const low = arena * pagesPerArena;
            const high = Math.min(end, low + pagesPerArena);
            if (high > Math.max(low, page)) used.fill(1, low, high);
          }
        }
      }),
    );
  });

  test('an arena that was given back and comes again is fresh', () => {
    const { arenas } = begun();
    const before = arenas.snapshot();
    const base = arenas.reserve(1);
    expect(arenas.takeZeroed(pagesPerArena, 10)).toBe(false);
    arenas.giveBack(before, base, arenaBytes);
    expect(arenas.reserve(1)).toBe(base);
    expect(arenas.takeZeroed(pagesPerArena, 10)).toBe(false);
  });
});

test('pages and addresses lead to each other', () => {
  const { arenas } = begun();
  for (const page of [0, 1, pagesPerArena, arenasInReach * pagesPerArena - 1]) {
    expect(arenas.addressOf(page)).toBe(goOrigin + page * pageSize);
    expect([
      arenas.pageOf(arenas.addressOf(page)),
      arenas.pageOf(arenas.addressOf(page) + pageSize - 1),
    ]).toEqual([page, page]);
  }
});
