import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Address, address, MiB } from '../../lib/base/units.ts';
import { bitmap, f64, i32, table, u8, u32 } from '../../lib/meta/column.ts';
import { headerBytes } from '../../lib/meta/memory-map.ts';
import { type Capacities, MetaMemory } from '../../lib/meta/meta-memory.ts';
import { Sys } from '../../lib/os/sys.ts';
import { Child } from '../os/child.ts';
import { codeOf } from '../support/codes.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { isWritable, mappedBytes } from '../support/maps.ts';
import { metaOf } from '../support/meta.ts';
import { lockTable, sharedCapacities, sumTable } from './children/tables.ts';

const wide = table('wide', 'mspan', { id: i32('heap'), load: f64('heap', 512), kind: u8('heap') });
const bits = table('bits', 'gc', { set: bitmap('heap', 2) });
const words = table('words', 'buckets', { word: u32('heap', 3) });
const capacities: Capacities = ([rows]) => [
  [wide, rows],
  [bits, 300_000],
  [words, 10],
];

function make(sys: Sys, rows = 100): MetaMemory {
  const meta = MetaMemory.create(sys, capacities, [rows, 2.5])!;
  onTestFinished(() => meta.release());
  return meta;
}

/** By column of `wide`: whether all of a row is there; undefined where only an end of it is. */
function there(meta: MetaMemory, row: number): (boolean | undefined)[] {
  return (['id', 'load', 'kind'] as const).map((name) => {
    const perRow = wide.columns[name].perRow;
    const has = (element: number): boolean => isWritable(meta.addressOf(wide, name, element));
    const [first, last] = [has(row * perRow), has(row * perRow + perRow - 1)];
    return first === last ? first : undefined;
  });
}

describe('rows', () => {
  test('have memory when they are committed, in any order and twice, and are zero', () => {
    const sys = new Sys({ debug: true });
    const meta = make(sys);
    expect(there(meta, 50)).toEqual([false, false, false]);
    for (const [from, to] of [
      [50, 60],
      [0, 1],
      [50, 60],
      [40, 55],
      [0, 100],
    ]) {
      expect(meta.commit(wide, from, to)).toBe(true);
      for (let row = from; row < to; row++) expect(there(meta, row)).toEqual([true, true, true]);
    }
    const { load, id, kind } = meta.views(wide);
    expect([load, id, kind].every((view) => view.every((value) => value === 0))).toBe(true);
  });

  test('of one table take memory on that table’s account, in granules of 4 KiB, and no more than they fill', () => {
    const sys = new Sys({ debug: true });
    const meta = make(sys);
    const { accounts } = meta;
    const atFirst = accounts.ready;
    expect([accounts.of('mspan'), accounts.of('gc'), accounts.of('other')]).toEqual([0, 0, atFirst]);
    meta.commit(wide, 0, 1);
    // A row's 4 KiB of `load`, and whatever granules hold its end and the other two columns.
    const first = accounts.of('mspan');
    expect(first % 4096).toBe(0);
    expect(first).toBeLessThanOrEqual(4 * 4096);
    meta.commit(wide, 0, 1);
    expect(accounts.of('mspan')).toBe(first);
    meta.commit(wide, 1, 11);
    expect(accounts.of('mspan') - first).toBe(10 * 4096);
    // Four rows have their bits in one byte: this one's lie in the last byte of a granule.
    meta.commit(bits, 4 * 8192 - 1, 4 * 8192);
    expect(accounts.of('gc')).toBe(4096);
    meta.views(bits).set[(4 * 8192 - 1) >>> 4] = -1; // faults where there is no memory
    expect(accounts.ready - atFirst).toBe(accounts.of('mspan') + accounts.of('gc'));
  });

  test('side by side are one request', () => {
    const sys = new FailingSys(['commit']);
    const meta = make(sys);
    meta.commit(wide, 10, 12);
    const before = sys.requests;
    meta.commit(wide, 0, 90);
    // Two for `load`, around what was there; the other columns lie in one granule each.
    expect(sys.requests - before).toBe(2);
  });

  test('beyond the table are refused', () => {
    const meta = make(new Sys());
    expect([meta.commit(wide, 99, 100), meta.commit(wide, 99, 101)]).toEqual([true, false]);
    expect([meta.rows(wide), meta.rows(words)]).toEqual([100, 10]);
  });

  test('that the system refused have what was committed until then, and the next try goes on', () => {
    const sys = new FailingSys(['commit']);
    const meta = make(sys);
    meta.commit(wide, 30, 31);
    sys.refuse(1, 1); // the first column's memory is granted, the second's not
    const before = meta.accounts.of('mspan');
    expect(meta.commit(wide, 20, 40)).toBe(false);
    sys.relent();
    expect(meta.commit(wide, 20, 40)).toBe(true);
    for (let row = 20; row < 40; row++) expect(there(meta, row)).toEqual([true, true, true]);
    expect(meta.accounts.of('mspan') - before).toBe(19 * 4096);
  });
});

describe('views', () => {
  test('reach over all rows and not into each other', () => {
    const meta = make(new Sys(), 20);
    meta.commit(wide, 0, 20);
    meta.commit(words, 0, 10);
    const { id, load, kind } = meta.views(wide);
    const { word } = meta.views(words);
    expect([id.length, load.length, kind.length, word.length]).toEqual([20, 20 * 512, 20, 30]);
    id.fill(-1);
    load.fill(2.5);
    kind.fill(255);
    word.fill(2 ** 32 - 1);
    expect([id[0], id[19], load[0], load[20 * 512 - 1], kind[0], kind[19], word[29]]).toEqual([
      -1, -1, 2.5, 2.5, 255, 255, 4294967295,
    ]);
    expect(meta.views(wide).id.buffer).toBe(id.buffer);
    expect(meta.views(wide).id[7]).toBe(-1);
  });

  test('lie where addressOf says', () => {
    const sys = new Sys();
    const meta = make(sys);
    meta.commit(wide, 0, 100);
    meta.views(wide).load[7 * 512 + 3] = 6.25;
    const bytes = sys.peek(meta.addressOf(wide, 'load', 7 * 512 + 3), 8)!;
    expect(new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true)).toBe(6.25);
  });

  test('of what the map does not hold are a mistake', () => {
    const meta = make(new Sys());
    const strange = table('strange', 'gc', { a: u8('heap') });
    expect(() => meta.views(strange)).toThrow('the memory map has no table strange');
    expect(() => meta.addressOf(wide, 'nothing' as 'id')).toThrow('no column nothing');
  });
});

describe('making', () => {
  const tooLarge: Capacities = () => [[wide, 2 ** 21]];

  test('a table that no view can hold is refused by name, before anything is reserved', () => {
    const sys = new FailingSys(['reserve']);
    expect(codeOf(() => MetaMemory.create(sys, tooLarge, []))).toBe('ERR_INVALID_OPTION');
    expect(() => MetaMemory.create(sys, tooLarge, [])).toThrow(/the table wide would need/);
    expect(sys.requests).toBe(0);
    // Just 4 GiB fit.
    const words = table('words', 'gc', { word: u32('heap', 1024) });
    const meta = MetaMemory.create(sys, () => [[words, 2 ** 20]], [])!;
    expect(meta.map.tables[0].bytes).toBe(2 ** 32);
    meta.release();
    expect(codeOf(() => MetaMemory.create(sys, () => [[words, 2 ** 20 + 1]], []))).toBe('ERR_INVALID_OPTION');
  });

  test('there is room for 28 parameters', () => {
    const sys = new Sys({ debug: true });
    const many = Array.from({ length: 28 }, (_, i) => i + 1);
    const meta = MetaMemory.create(sys, () => [[words, 1]], many)!;
    const seen = MetaMemory.attach(new Sys(), () => [[words, 1]], meta.base);
    expect(seen.parameters).toEqual(many);
    // The books lie behind the parameters, and neither is written over by the other.
    expect(meta.accounts.ready).toBeGreaterThan(0);
    seen.detach();
    meta.release();
    expect(() => MetaMemory.create(sys, () => [[words, 1]], [...many, 29])).toThrow(RangeError);
    expect(sys.states!.list()).toEqual([]);
  });

  test.each([0, 1])('request %i refused: undefined, and nothing stays', (n) => {
    const sys = new FailingSys(['reserve', 'commit']);
    sys.refuse(n, 1);
    expect(MetaMemory.create(sys, capacities, [10])).toBeUndefined();
    expect(sys.states!.list()).toEqual([]);
  });

  test('release gives everything back, empties the views, and leaves empty books', () => {
    const sys = new Sys({ debug: true });
    const stack = sys.alloc(4096, 'stacks');
    const meta = MetaMemory.create(sys, capacities, [10])!;
    const { base } = meta;
    // What was booked before is carried over.
    expect(meta.accounts.of('stacks')).toBe(4096);
    expect(sys.accounts).toBe(meta.accounts);
    meta.commit(wide, 0, 10);
    const { id } = meta.views(wide);
    meta.release();
    expect(id.length).toBe(0);
    // Another thread of the engine may take some of it for itself at once; what is left behind is left each time.
    let left = mappedBytes(base, base + meta.map.bytes);
    for (let again = 0; left > 0 && again < 10; again++) {
      const other = MetaMemory.create(new Sys(), capacities, [10])!;
      other.commit(wide, 0, 10);
      other.release();
      left = Math.min(left, mappedBytes(other.base, other.base + other.map.bytes));
    }
    expect(left).toBe(0);
    expect(sys.states!.list()).toEqual([{ low: stack, high: stack + 4096, state: 'ready' }]);
    sys.free(stack, 4096, 'stacks', 'ready');
    expect(sys.accounts).not.toBe(meta.accounts);
  });
});

describe('attaching', () => {
  const attach = (base: number, tables = capacities): MetaMemory =>
    MetaMemory.attach(new Sys(), tables, address(base));

  test('sees the same rows, parameters and books', () => {
    const meta = make(new Sys());
    meta.commit(wide, 0, 5);
    meta.views(wide).load[3] = 8;
    const other = attach(meta.base);
    expect([other.parameters, other.rows(wide), other.accounts.ready]).toEqual([
      [100, 2.5],
      100,
      meta.accounts.ready,
    ]);
    expect(other.views(wide).load[3]).toBe(8);
    // What one commits the other finds committed, and books once.
    expect(other.commit(wide, 5, 10)).toBe(true);
    const before = meta.accounts.of('mspan');
    expect(meta.commit(wide, 5, 10)).toBe(true);
    expect(meta.accounts.of('mspan')).toBe(before);
    meta.views(wide).load[9 * 512] = 1;
    expect(other.views(wide).load[9 * 512]).toBe(1);
    other.detach();
    expect(meta.views(wide).load[3]).toBe(8);
  });

  test('to nothing, to something else, to another version and to other tables is refused', () => {
    const sys = new Sys({ debug: true });
    const meta = make(sys);
    const nothing = sys.reserve(0, MiB);
    const noHeap = sys.alloc(MiB, 'other');
    onTestFinished(() => {
      sys.free(nothing, MiB, 'other', 'reserved');
      sys.free(noHeap, MiB, 'other', 'ready');
    });
    const refusal = (base: number, tables?: Capacities): string => {
      expect(codeOf(() => attach(base, tables))).toBe('ERR_INCOMPATIBLE_HEAP');
      try {
        attach(base, tables);
      } catch (error) {
        return (error as Error).message.replace(/^.*: /, '');
      }
      return '';
    };
    expect(refusal(nothing)).toBe('nothing is mapped there');
    expect(refusal(noHeap)).toBe('it does not start as a heap does');
    expect(refusal(meta.base, () => [[wide, 7]])).toBe('its tables have another size');
    const header = new Float64Array(sys.view(meta.base, headerBytes));
    header[1]++;
    expect(refusal(meta.base)).toMatch(/^its layout is version \d+, this build has \d+$/);
    header[1]--;
    // Written last when it is made: without it there is no heap yet.
    header[0] = 0;
    expect(refusal(meta.base)).toBe('it does not start as a heap does');
    sys.detach(header.buffer as ArrayBuffer);
  });
});

describe('another thread', () => {
  let child: Child;
  beforeAll(async () => {
    child = await Child.bundle('counter', `${import.meta.dirname}/children`);
  });
  afterAll(() => child.remove());

  test('attaches by the address alone, and takes turns by the lock among the columns', async () => {
    const meta = metaOf(sharedCapacities([]));
    meta.commit(lockTable, 0, 1);
    meta.commit(sumTable, 0, 1);
    const rounds = 20_000;
    const base: Address = meta.base;
    const workers = [child.thread({ base, rounds }), child.thread({ base, rounds })];
    const ends = workers.map((worker) => once(worker, 'exit'));
    const said = await Promise.all(workers.map((worker) => once(worker, 'message')));
    for (const end of ends) expect(await end).toEqual([0]);
    const { sum, last } = meta.views(sumTable);
    expect(sum[0]).toBe(2 * rounds);
    // Each committed a row of its own; both rows are here.
    expect([...last.subarray(1, 3)].sort((a, b) => a - b)).toEqual(
      said.map(([{ thread }]) => thread as number).sort((a, b) => a - b),
    );
    expect(meta.views(lockTable).word.load(0)).toBe(0);
  });
});
