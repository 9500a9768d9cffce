/**
 * Columns: how the heap's own state is declared.
 *
 * No span, bitmap, list link or counter is a JavaScript object. Each is a row of a *table*, and each
 * field of a table is a *column*: one typed array over real memory. A declaration says what the
 * elements are, how many of them a row has, who may touch them (`guard`) and which of Go's
 * statistics pays for the memory (`purpose` of the table). The views follow from the declaration by
 * type, so a misspelled column does not compile, and neither does a plain access to an atomic one.
 *
 * Zero is every column's initial state, because fresh memory is zero: ids start at 1 and 0 is none.
 *
 * Not here: where the columns lie (memory-map.ts) and how memory is put behind them (meta-memory.ts).
 */

import type { Purpose } from '../os/accounts.ts';
import { AtomicWords } from './atomic-words.ts';

/** Few kinds, so that V8's access sites stay monomorphic. */
export type ColumnKind = 'u8' | 'i32' | 'u32' | 'f64';

/**
 * Who may touch a column.
 * - `heap`: the thread that owns an unshared heap, or the holder of the heap's lock (guard.ts asserts it)
 * - `p`: the thread that holds this row's P (and, with the heap's lock, a cycle that flushes it)
 * - `atomic`: any thread, through Atomics only: its view cannot be indexed
 * - `setup`: written once before the heap is used, read by all: its view cannot be written
 */
export type Guard = 'heap' | 'p' | 'atomic' | 'setup';

export interface Column<K extends ColumnKind = ColumnKind, G extends Guard = Guard> {
  readonly kind: K;
  /** Elements a row has; a fraction for bit columns (1/32: one bit a row in 32-bit words). */
  readonly perRow: number;
  readonly guard: G;
}

export type ColumnSet = Readonly<Record<string, Column>>;

export interface Table<C extends ColumnSet = ColumnSet> {
  readonly name: string;
  /** Whose account pays for its memory. */
  readonly purpose: Purpose;
  readonly columns: C;
}

export interface ViewOf {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
}

/** A view that is only read. */
export interface ReadonlyView {
  readonly [index: number]: number;
  readonly length: number;
}

type GuardedView<C extends Column> = C['guard'] extends 'atomic'
  ? AtomicWords
  : C['guard'] extends 'setup'
    ? ReadonlyView
    : ViewOf[C['kind']];

/** The views of a table's columns, by name, as their guards allow. */
export type Views<T extends Table> = { readonly [N in keyof T['columns']]: GuardedView<T['columns'][N]> };

/** The same, for the one who sets a heap up: `setup` columns can be written. */
export type SetupViews<T extends Table> = {
  readonly [N in keyof T['columns']]: T['columns'][N]['guard'] extends 'setup'
    ? ViewOf[T['columns'][N]['kind']]
    : GuardedView<T['columns'][N]>;
};

export const bytesPerElement: Readonly<Record<ColumnKind, number>> = { u8: 1, i32: 4, u32: 4, f64: 8 };

function column<K extends ColumnKind, G extends Guard>(kind: K, guard: G, perRow: number): Column<K, G> {
  return { kind, perRow, guard };
}

/** The other kinds have no atomic operations here. */
type Plain = Exclude<Guard, 'atomic'>;

export const u8 = <G extends Plain>(guard: G, perRow = 1): Column<'u8', G> => column('u8', guard, perRow);
export const i32 = <G extends Guard>(guard: G, perRow = 1): Column<'i32', G> => column('i32', guard, perRow);
export const u32 = <G extends Plain>(guard: G, perRow = 1): Column<'u32', G> => column('u32', guard, perRow);
export const f64 = <G extends Plain>(guard: G, perRow = 1): Column<'f64', G> => column('f64', guard, perRow);
/** A bitmap of `bits` bits a row, in 32-bit words. */
export const bitmap = <G extends Plain>(guard: G, bits = 1): Column<'i32', G> =>
  column('i32', guard, bits / 32);

export const cacheLineBytes = 64;

/** A column whose row is a cache line of named words: `word.NAME` is where one stands in the row. */
export interface LineColumn<N extends string, G extends Guard> extends Column<'i32', G> {
  readonly word: Readonly<Record<N, number>>;
}

/**
 * One cache line a row, for words that are used together, by one thread at a time: it touches one line, and no
 * other thread's. At most 16 names.
 */
export function line<const N extends string, G extends Plain>(
  guard: G,
  ...names: readonly N[]
): LineColumn<N, G> {
  const word = Object.fromEntries(names.map((name, at) => [name, at])) as Record<N, number>;
  return { ...column('i32', guard, cacheLineBytes / bytesPerElement.i32), word };
}

export function table<const C extends ColumnSet>(name: string, purpose: Purpose, columns: C): Table<C> {
  return { name, purpose, columns };
}

/** The view of one column, over a buffer. */
export function viewOf(
  { kind, guard }: Column,
  buffer: ArrayBuffer,
  offset: number,
  length: number,
): ViewOf[ColumnKind] | AtomicWords {
  switch (kind) {
    case 'u8':
      return new Uint8Array(buffer, offset, length);
    case 'i32': {
      const words = new Int32Array(buffer, offset, length);
      return guard === 'atomic' ? new AtomicWords(words) : words;
    }
    case 'u32':
      return new Uint32Array(buffer, offset, length);
    case 'f64':
      return new Float64Array(buffer, offset, length);
  }
}

/** The same columns as ordinary typed arrays, by themselves: for arithmetic without a heap, and for tests. */
export function plainViews<T extends Table>(of: T, rows = 1): SetupViews<T> {
  const views = Object.entries(of.columns).map(([name, column]) => {
    const length = Math.ceil(rows * column.perRow);
    return [name, viewOf(column, new ArrayBuffer(length * bytesPerElement[column.kind]), 0, length)];
  });
  return Object.fromEntries(views) as SetupViews<T>;
}
