import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  busyLists,
  SpanLists,
  spanLinkTable,
  spanListsFor,
  spanListTable,
} from '../../lib/heap/span-lists.ts';
import { SpanTable, spanPoolTable, spanTable } from '../../lib/spans/span-table.ts';
import { times } from '../support/extent.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const classes = 4;
const rows = 3000;

function make(sys = new FailingSys(['commit'])): { lists: SpanLists; spans: SpanTable; sys: FailingSys } {
  const meta = metaOf(
    [
      [spanPoolTable, 1],
      [spanTable, rows],
      [spanListTable, spanListsFor(classes)],
      [spanLinkTable, rows],
    ],
    sys,
  );
  expect(SpanTable.prepare(meta) && SpanLists.prepare(meta)).toBe(true);
  const spans = new SpanTable(meta);
  return { lists: new SpanLists(meta, spans, classes), spans, sys };
}

function forwards(lists: SpanLists, list: number): number[] {
  const found: number[] = [];
  for (let s = lists.first(list); s !== 0; s = lists.next(s)) found.push(s);
  return found;
}

test('every class has two lists, every number of pages below 128 one, and all larger ones share one', () => {
  const { lists } = make();
  const perClass = Array.from({ length: classes }, (_, c) => [lists.nonempty(c), lists.empty(c)]).flat();
  const busy = Array.from({ length: busyLists }, (_, pages) => lists.busy(pages));
  const large = lists.busy(busyLists);
  expect([lists.busy(busyLists + 1), lists.busy(10_000)]).toEqual([large, large]);
  const all = [...perClass, ...busy, large];
  expect(new Set(all).size).toBe(all.length);
  expect([Math.min(...all), Math.max(...all)]).toEqual([0, spanListsFor(classes) - 1]);
});

describe('lists', () => {
  test('agree with arrays, whatever is put in and taken out', () => {
    const { lists } = make();
    const naive = new Map<number, number[]>();
    const used = [lists.nonempty(0), lists.empty(3), lists.busy(1), lists.busy(200)];
    for (const list of used) naive.set(list, []);
    const step = fc.record({
      s: fc.integer({ min: 1, max: 40 }),
      list: fc.constantFrom(...used),
      act: fc.constantFrom('front', 'back', 'remove'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        for (const { s, list, act } of steps) {
          const at = [...naive].find(([, members]) => members.includes(s))?.[0];
          if (act === 'remove') {
            lists.remove(s);
            if (at !== undefined)
              naive.set(
                at,
                naive.get(at)!.filter((member) => member !== s),
              );
          } else if (at !== undefined) {
            expect(() => (act === 'front' ? lists.insertFront(list, s) : lists.insertBack(list, s))).toThrow(
              'a span already stands in a list',
            );
          } else if (act === 'front') {
            lists.insertFront(list, s);
            naive.get(list)!.unshift(s);
          } else {
            lists.insertBack(list, s);
            naive.get(list)!.push(s);
          }
          for (const [each, members] of naive) {
            expect(forwards(lists, each)).toEqual(members);
            for (const member of members) expect(lists.listOf(member)).toBe(each);
          }
        }
      }),
      { numRuns: times(30) },
    );
    for (const members of naive.values()) for (const s of [...members]) lists.remove(s);
    expect([used.map((list) => lists.first(list)), lists.listOf(1), lists.next(1)]).toEqual([
      [0, 0, 0, 0],
      -1,
      0,
    ]);
  });
});

describe('memory', () => {
  test('is there for every span that has an id, and refused with it', () => {
    const { lists, spans, sys } = make();
    for (let s = 1; s < 256; s++) lists.insertBack(0, spans.alloc());
    sys.refuse(0, 1);
    expect([spans.alloc(), spans.alloc()]).toEqual([0, 256]);
    lists.insertBack(0, 256);
    for (let s = spans.alloc(); s !== 0; s = spans.alloc()) lists.insertBack(0, s);
    expect(forwards(lists, 0)).toEqual(Array.from({ length: rows - 1 }, (_, i) => i + 1));
  });
});
