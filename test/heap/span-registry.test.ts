import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ListRegistry, listRegistryTable } from '../../lib/heap/list-registry.ts';
import { SetRegistry, setRegistryTable } from '../../lib/heap/set-registry.ts';
import { SpanLists, spanLinkTable, spanListsFor, spanListTable } from '../../lib/heap/span-lists.ts';
import {
  SpanSets,
  setsPerSpanClass,
  spanBlockPoolTable,
  spanBlocksFor,
  spanBlockTable,
  spanSetTable,
} from '../../lib/heap/span-sets.ts';
import { SweepState, sweepStateTable } from '../../lib/heap/sweep-state.ts';
import { SpanTable, spanPoolTable, spanTable } from '../../lib/spans/span-table.ts';
import { times } from '../support/extent.ts';
import { metaOf } from '../support/meta.ts';
import { objectsPerSpan, RegistryWorld } from './registry-world.ts';

/** Span classes 0 and 1 are large objects'; small ones have the other four. */
const classes = 6;
const small = (n: number): number => 2 + (n % 4);
const spanRows = 1024;
type Style = 'sets' | 'stacks' | 'busy';
const styles: readonly Style[] = ['sets', 'stacks', 'busy'];

interface Setup {
  readonly world: RegistryWorld;
  readonly sets: SpanSets;
  readonly lists: SpanLists;
}

function make(style: Style): Setup {
  const meta = metaOf([
    [sweepStateTable, 1],
    [spanPoolTable, 1],
    [spanTable, spanRows],
    [spanBlockPoolTable, 1],
    [spanSetTable, classes * setsPerSpanClass],
    [spanBlockTable, spanBlocksFor(classes, spanRows) + 1],
    [spanListTable, spanListsFor(classes)],
    [spanLinkTable, spanRows],
    [setRegistryTable, 1],
    [listRegistryTable, 1],
  ]);
  const prepared =
    SpanTable.prepare(meta) &&
    SweepState.prepare(meta) &&
    SpanSets.prepare(meta) &&
    SpanLists.prepare(meta) &&
    meta.commit(setRegistryTable, 0, 1) &&
    meta.commit(listRegistryTable, 0, 1);
  expect(prepared).toBe(true);
  const spans = new SpanTable(meta);
  const sets = new SpanSets(meta);
  const lists = new SpanLists(meta, spans, classes);
  const sweepState = new SweepState(meta);
  const books =
    style === 'sets'
      ? new SetRegistry(meta, sets, spans, sweepState, classes)
      : new ListRegistry(meta, lists, sets, spans, sweepState, style === 'stacks');
  return {
    world: new RegistryWorld(books, spans, sweepState, classes, style === 'sets' ? null : lists),
    sets,
    lists,
  };
}

/** Refill a class, its old span filled so far; allocate a large one; sweep a few; begin a cycle. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('refill' as const), n: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('large' as const), n: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep' as const), n: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const), n: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cycle' as const), n: fc.nat(1000) }) },
);

describe.each(styles)('books: %s', (style) => {
  test('lose no span, and offer one where there is one, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const { world } = make(style);
        for (const { kind, n } of steps) {
          if (kind === 'refill') world.refill(small(n), n % 3 === 0 ? n % objectsPerSpan : objectsPerSpan);
          else if (kind === 'large') world.allocate(n & 1, n + 1, true);
          else if (kind === 'flush') world.uncache(small(n), n % objectsPerSpan);
          else if (kind === 'sweep')
            for (let i = 0; i < n && !world.sweepState.isDone() && world.sweepNext(); i++);
          else
            world.cycle(
              (s) =>
                ((s * 7919 + n * 31) % 5 === 0 ? (s * 31 + n) % (objectsPerSpan + 1) : 0) +
                (((n % 2) * s) % 3),
            );
          world.registry.check(world.isCached);
        }
        world.cycle(() => 0);
        while (world.sweepNext());
        // Nothing lived: nothing is left.
        expect([world.inUse, world.spans.live]).toEqual([[], 0]);
      }),
      { numRuns: times(25, 60) },
    );
  });

  test('a search ends at the first swept span of the full ones, except with sets', () => {
    const { world } = make(style);
    for (let i = 0; i < 3; i++) world.refill(2, objectsPerSpan);
    world.uncache(2, objectsPerSpan);
    world.cycle((s) => (s === 1 ? objectsPerSpan : 1));
    // The sweeper comes first to the span that was there first, which stays full and in front of two others.
    const [first] = world.inUse;
    expect(world.tryAcquire(first)).toBe(true);
    world.sweep(first, false);
    expect(world.inUse.filter((s) => world.isUnswept(s))).toHaveLength(2);
    const taken = world.registry.take(2, world);
    if (style === 'sets') expect(world.isUnswept(taken)).toBe(false);
    expect(taken !== 0).toBe(style === 'sets');
  });

  test('a cycle sweeps every span once, those of no class, too', () => {
    const { world } = make(style);
    for (let i = 0; i < 40; i++) world.refill(small(i), (i * 3) % 13);
    for (let i = 0; i < 5; i++) world.allocate(i & 1, i * 40 + 1, true);
    for (let round = 0; round < 3; round++) {
      const before = world.inUse.length;
      world.sweeps = 0;
      world.cycle((s) => (s % 4 === 0 ? 0 : objectsPerSpan));
      while (world.sweepNext());
      expect(world.sweeps).toBe(before);
      world.registry.check(world.isCached);
      for (let i = 0; i < 20; i++) world.refill(small(i), i % 12);
    }
  });

  test('a span that is lost is found out', () => {
    const { world, sets, lists } = make(style);
    world.refill(2, 0);
    world.refill(2, 4);
    world.refill(3, 0);
    world.uncache(2, 0);
    world.registry.check(world.isCached);
    const gen = world.sweepState.gen;
    if (style === 'sets') expect(sets.pop(sets.partialSwept(2, gen))).not.toBe(0);
    else lists.remove(lists.first(lists.nonempty(2)));
    expect(() => world.registry.check(world.isCached)).toThrow(/a span (is lost|stands in the wrong list)/);
  });

  test('a span that stands where it does not belong is found out', () => {
    const { world } = make(style);
    world.refill(2, 0);
    world.uncache(2, 3);
    const s = world.inUse[0];
    world.registry.check(world.isCached);
    world.spans.columns.allocCount[s] = objectsPerSpan;
    expect(() => world.registry.check(world.isCached)).toThrow(/a span stands in the wrong (set|list)/);
  });

  test('memory for the worst is taken beforehand', () => {
    const { world } = make(style);
    expect(world.registry.prepareFor(0, spanRows)).toBe(true);
  });
});

/** A world of unswept spans of class 2: `partial` of them with free objects and the rest full; each has `left` marked. */
function unswept(style: Style, counts: { partial: number; full: number }, left: number): Setup {
  const setup = make(style);
  const { world } = setup;
  for (let i = 0; i < counts.full + counts.partial; i++) {
    const s = world.allocate(2, 1, false);
    world.spans.columns.sweepGen[s] = world.sweepState.gen + 3;
    world.cached[2] = s;
    world.uncache(2, i < counts.full ? objectsPerSpan : 5);
  }
  world.cycle(() => left);
  return setup;
}

describe('sets', () => {
  test('offer a swept span first, then an unswept one with free objects, then full ones', () => {
    const { world } = unswept('sets', { partial: 2, full: 2 }, 3);
    const { sweepGen } = world.spans.columns;
    const before = Array.from(sweepGen.subarray(0, world.spans.end));
    // Swept: one of each kind. Spans 1 and 2 were full, 3 and 4 were not.
    const sweptOne = world.registry.nextUnswept();
    expect(sweptOne).toBe(1);
    world.tryAcquire(sweptOne);
    world.sweep(sweptOne, false);
    expect(before[sweptOne]).toBe(world.sweepState.gen - 2);
    const order = [1, 2, 3, 4].map(() => world.registry.take(2, world));
    expect(order).toEqual([1, 3, 4, 2]);
    expect(world.registry.take(2, world)).toBe(0);
  });

  test('are searched for so long only: 101 spans that stay full, as in Go', () => {
    const { world } = unswept('sets', { partial: 0, full: 250 }, objectsPerSpan);
    expect([world.registry.take(2, world), world.sweeps]).toEqual([0, 101]);
    expect([world.registry.take(2, world), world.sweeps]).toEqual([0, 202]);
    expect([world.registry.take(2, world), world.sweeps]).toEqual([0, 250]);
    world.registry.check(world.isCached);
  });

  test('are searched for so long only where spans with free objects were swept out of turn, too', () => {
    const { world, sets } = unswept('sets', { partial: 150, full: 0 }, 3);
    for (const s of world.inUse) if (world.tryAcquire(s)) world.sweep(s, true);
    const stale = (): number => {
      let n = 0;
      sets.forEach(sets.partialUnswept(2, world.sweepState.gen), () => n++);
      return n;
    };
    expect([stale(), world.registry.take(2, world), stale(), world.registry.take(2, world), stale()]).toEqual(
      [150, 0, 49, 0, 0],
    );
  });

  test('are not searched for unswept spans when the sweep is done', () => {
    const { world } = unswept('sets', { partial: 1, full: 0 }, 1);
    world.sweepState.markDrained();
    expect([world.registry.take(2, world), world.sweeps]).toEqual([0, 0]);
  });

  test('are swept class by class, full ones first', () => {
    const { world } = make('sets');
    for (const spanClass of [5, 2, 3]) {
      for (const used of [objectsPerSpan, 4]) {
        const s = world.allocate(spanClass, 1, false);
        world.spans.columns.sweepGen[s] = world.sweepState.gen + 3;
        world.cached[spanClass] = s;
        world.uncache(spanClass, used);
      }
    }
    world.cycle(() => 2);
    const order: number[] = [];
    for (let s = world.registry.nextUnswept(); s !== 0; s = world.registry.nextUnswept()) order.push(s);
    expect(order).toEqual([3, 4, 5, 6, 1, 2]);
  });
});

describe('lists', () => {
  test.each(['stacks', 'busy'] as const)(
    '%s: a partial span is offered before full ones are swept, each once',
    (style) => {
      const { world } = unswept(style, { partial: 2, full: 2 }, 3);
      // 3 and 4 came last to the list of those with free objects: the last is its first.
      expect([1, 2, 3, 4].map(() => world.registry.take(2, world))).toEqual([4, 3, 1, 2]);
      expect([world.registry.take(2, world), world.sweeps]).toEqual([0, 4]);
    },
  );

  test.each(['stacks', 'busy'] as const)(
    '%s: the search among full ones ends at the first that is swept',
    (style) => {
      const { world } = unswept(style, { partial: 0, full: 250 }, objectsPerSpan);
      expect([world.registry.take(2, world), world.sweeps]).toEqual([0, 250]);
      expect([world.registry.take(2, world), world.sweeps]).toEqual([0, 250]);
      world.registry.check(world.isCached);
    },
  );

  test.each(['stacks', 'busy'] as const)('%s: one that is being swept is passed over', (style) => {
    const { world } = unswept(style, { partial: 2, full: 1 }, 3);
    world.tryAcquire(3);
    world.tryAcquire(1);
    expect([world.registry.take(2, world), world.registry.take(2, world)]).toEqual([2, 0]);
  });

  test('busy: large spans stand by their pages', () => {
    const { world, lists } = make('busy');
    const [a, b, c] = [world.allocate(0, 3, true), world.allocate(1, 3, true), world.allocate(0, 500, true)];
    expect([lists.first(lists.busy(3)), lists.next(a), lists.first(lists.busy(128))]).toEqual([a, b, c]);
    lists.remove(b);
    expect(() => world.registry.check(world.isCached)).toThrow('a span stands in the wrong list');
  });

  test('busy: spans made after the sweep began are not looked at', () => {
    const { world } = unswept('busy', { partial: 1, full: 1 }, 3);
    for (let i = 0; i < 5; i++) world.allocate(0, 1, true);
    const order: number[] = [];
    for (let s = world.registry.nextUnswept(); s !== 0; s = world.registry.nextUnswept()) order.push(s);
    expect(order).toEqual([1, 2]);
  });

  test('stacks: a span that stands twice, or not at all, is found out', () => {
    const { world, sets } = make('stacks');
    const s = world.allocate(0, 1, true);
    const swept = sets.partialSwept(0, world.sweepState.gen);
    world.registry.check(world.isCached);
    sets.push(swept, s);
    expect(() => world.registry.check(world.isCached)).toThrow('a span is lost or stands twice');
    sets.pop(swept);
    world.registry.check(world.isCached);
    sets.pop(swept);
    expect(() => world.registry.check(world.isCached)).toThrow('a span is lost or stands twice');
  });
});
