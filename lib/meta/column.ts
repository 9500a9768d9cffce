/**
 * Columns: how the heap's own state is declared.
 *
 * No span, bitmap, list link or counter is a JavaScript object. Each is a row of a *table*, and each
 * field of a table is a *column*: one typed array over real memory. A declaration says what the
 * elements are, how many of them a row has, who may touch them (`guard`) and which of Go's
 * statistics pays for the memory (`purpose` of the table). The views follow from the declaration by
 * type, so a misspelled column does not compile.
 *
 * Zero is every column's initial state, because fresh memory is zero: ids start at 1 and 0 is none.
 *
 * Not here: where the columns lie (memory-map.ts) and how memory is put behind them (meta-memory.ts).
 */

import type { Purpose } from '../os/accounts.ts';

/** Few kinds, so that V8's access sites stay monomorphic. */
export type ColumnKind = 'u8' | 'i32' | 'u32' | 'f64';

/**
 * Who may touch a column.
 * - `heap`: the thread that owns an unshared heap, or the holder of the heap's lock
 * - `p`: the thread that holds this row's P (and, with the heap's lock, a cycle that flushes it)
 * - `atomic`: any thread, through Atomics only
 * - `setup`: written once before the heap is used, read by all
 */
export type Guard = 'heap' | 'p' | 'atomic' | 'setup';

export interface Column<K extends ColumnKind = ColumnKind> {
  readonly kind: K;
  /** Elements a row has; a fraction for bit columns (1/32: one bit a row in 32-bit words). */
  readonly perRow: number;
  readonly guard: Guard;
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

/** The typed arrays of a table's columns, by name. */
export type Views<T extends Table> = { readonly [N in keyof T['columns']]: ViewOf[T['columns'][N]['kind']] };

export const bytesPerElement: Readonly<Record<ColumnKind, number>> = { u8: 1, i32: 4, u32: 4, f64: 8 };

function column<K extends ColumnKind>(kind: K, guard: Guard, perRow: number): Column<K> {
  return { kind, perRow, guard };
}

export const u8 = (guard: Guard, perRow = 1): Column<'u8'> => column('u8', guard, perRow);
export const i32 = (guard: Guard, perRow = 1): Column<'i32'> => column('i32', guard, perRow);
export const u32 = (guard: Guard, perRow = 1): Column<'u32'> => column('u32', guard, perRow);
export const f64 = (guard: Guard, perRow = 1): Column<'f64'> => column('f64', guard, perRow);
/** A bitmap of `bits` bits a row, in 32-bit words. */
export const bitmap = (guard: Guard, bits = 1): Column<'i32'> => column('i32', guard, bits / 32);

export function table<const C extends ColumnSet>(name: string, purpose: Purpose, columns: C): Table<C> {
  return { name, purpose, columns };
}
