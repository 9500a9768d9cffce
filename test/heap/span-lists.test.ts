import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  busyLists,
  SpanLists,
  spanLinkTable,
  spanListsFor,
  spanListTable,
} from '../../lib/heap/span-lists.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const classes = 4;
const rows = 600;

function make(sys = new FailingSys(['commit'])): { lists: SpanLists; sys: FailingSys } {
  const meta = metaOf(
    [
      [spanListTable, spanListsFor(classes)],
      [spanLinkTable, rows],
    ],
    sys,
  );
  expect(SpanLists.prepare(meta)).toBe(true);
  return { lists: new SpanLists(meta, classes), sys };
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
    lists.ensure(41);
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
  test('is there for every span below the end that was asked for, and refused without harm', () => {
    const { lists, sys } = make();
    sys.refuse(0, 1);
    expect(lists.ensure(300)).toBe(false);
    expect(lists.ensure(300)).toBe(true);
    sys.refuse(0, Infinity);
    expect([lists.ensure(5), lists.ensure(300)]).toEqual([true, true]);
    lists.insertBack(0, 299);
    sys.relent();
    expect(lists.ensure(rows)).toBe(true);
    lists.insertBack(0, rows - 1);
    expect(forwards(lists, 0)).toEqual([299, rows - 1]);
  });
});
