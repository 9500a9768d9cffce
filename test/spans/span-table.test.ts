import { describe, expect, test } from 'vitest';
import { FatalError } from '../../lib/base/errors.ts';
import { spanId } from '../../lib/base/units.ts';
import { bytesPerElement } from '../../lib/meta/column.ts';
import { pageTable } from '../../lib/spans/page-table.ts';
import {
  perObjectOf,
  type SpanState,
  SpanTable,
  spanPoolTable,
  spanState,
  spanStateNames,
  spanTable,
  spanUse,
  spanUseNames,
} from '../../lib/spans/span-table.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { metaOf } from '../support/meta.ts';

const rows = 3000;
function make(sys?: FailingSys): SpanTable {
  const meta = metaOf(
    [
      [spanPoolTable, 1],
      [spanTable, rows],
    ],
    sys,
  );
  expect(SpanTable.prepare(meta)).toBe(true);
  return new SpanTable(meta);
}

describe('ids', () => {
  test('start at 1, are counted, and end with the table', () => {
    const spans = make();
    expect([spans.end, spans.live, spans.committedRows]).toEqual([1, 0, 256]);
    for (let id = 1; id < rows; id++) {
      expect(spans.alloc()).toBe(id);
      spans.columns.pool[id] = 0; // faults where the row has no memory
      expect([spans.end, spans.live]).toEqual([id + 1, id]);
    }
    expect([spans.alloc(), spans.committedRows]).toEqual([0, rows]);
    spans.free(spanId(400));
    expect([spans.end, spans.live, spans.alloc(), spans.live]).toEqual([rows, rows - 2, 400, rows - 1]);
  });

  test('are refused with the memory for their rows, and had afterwards', () => {
    const sys = new FailingSys(['commit']);
    const spans = make(sys);
    for (let id = 1; id < 256; id++) spans.alloc();
    sys.refuse(0, 1);
    expect([spans.alloc(), spans.live, spans.alloc()]).toEqual([0, 255, 256]);
  });

  test('have, before there is any, a row for the empty span', () => {
    const { columns } = make();
    expect([columns.state[0], columns.nelems[0], columns.allocCount[0], columns.elemSize[0]]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('there is no table without memory', () => {
    const sys = new FailingSys(['commit']);
    const meta = metaOf(
      [
        [spanPoolTable, 1],
        [spanTable, rows],
      ],
      sys,
    );
    for (let n = 0; ; n++) {
      const before = sys.requests;
      sys.refuse(n, 1);
      const refused = sys.refused;
      const prepared = SpanTable.prepare(meta);
      expect(prepared).toBe(sys.refused === refused);
      if (prepared) {
        expect(sys.requests).toBeGreaterThanOrEqual(before);
        break;
      }
    }
    expect(sys.refused).toBeGreaterThan(1);
  });
});

describe('the state of a span', () => {
  const states = Object.values(spanState);
  const legal: readonly (readonly [SpanState, SpanState])[] = [
    [spanState.dead, spanState.inUse],
    [spanState.dead, spanState.manual],
    [spanState.dead, spanState.free],
    [spanState.inUse, spanState.dead],
    [spanState.manual, spanState.dead],
    [spanState.free, spanState.dead],
    [spanState.dead, spanState.faulted],
    [spanState.faulted, spanState.dead],
  ];
  const all = states.flatMap((from) => states.map((to) => [from, to] as const));

  test('has a name, each its own', () => {
    for (const [name, state] of Object.entries(spanState)) expect(spanStateNames[state]).toBe(name);
    expect(spanStateNames).toHaveLength(states.length);
    expect(new Set(Object.values(spanUse)).size).toBe(spanUseNames.length);
  });

  test.each(all)('%i → %i', (from, to) => {
    const spans = make();
    const s = spans.alloc();
    spans.columns.state[s] = from;
    const change = (): void => spans.setState(s, to);
    if (legal.some(([a, b]) => a === from && b === to)) {
      change();
      expect(spans.columns.state[s]).toBe(to);
    } else {
      expect(change).toThrow(FatalError);
      expect(change).toThrow(`"span":${s},"from":"${spanStateNames[from]}","to":"${spanStateNames[to]}"`);
      expect(spans.columns.state[s]).toBe(from);
    }
  });
});

test('perObject finds the object of every offset, at any size', () => {
  const end = 2 ** 17;
  for (let size = 1; size < end; size++) {
    const perObject = perObjectOf(size);
    // The product grows with the offset, so only each object's first and last byte can be wrong.
    for (let i = 0, at = 0; at < end; i++, at += size) {
      const last = Math.min(end, at + size) - 1;
      if (Math.trunc(at * perObject) !== i || Math.trunc(last * perObject) !== i)
        expect([size, i]).toEqual([]);
    }
  }
  expect(perObjectOf(0)).toBe(0);
});

test('a page has one bit in each bitmap', () => {
  const bitsOf = (name: keyof typeof pageTable.columns): number => {
    const { kind, perRow } = pageTable.columns[name];
    return perRow * bytesPerElement[kind] * 8;
  };
  expect((['spanOf', 'inUse', 'marks', 'specials'] as const).map(bitsOf)).toEqual([32, 1, 1, 1]);
});
