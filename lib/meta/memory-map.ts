/**
 * The memory map: where each table and column of a heap lies within its one reservation.
 *
 *   base ─►┌───────────────────────────────────────────────┐
 *          │ header: magic, version, parameters, accounts  │ 4 KiB, committed
 *          ├───────────────────────────────────────────────┤
 *          │ granule bitmap: one bit for each 4 KiB below, │ committed at once,
 *          │ set where memory is committed                 │ touched as needed
 *          ├───────────────────────────────────────────────┤ granule-aligned
 *          │ table 0 ─ column a │ column b │ …             │ ┐ reserved, readable,
 *          ├───────────────────────────────────────────────┤ │ committed row by row
 *          │ table 1 ─ …                                   │ │ as the heap grows
 *          └───────────────────────────────────────────────┘ ┘
 *
 * Offsets follow from the declarations and the number of rows alone, so another thread that knows
 * the base address computes the same map. Columns start on cache lines, tables on granules. What
 * JavaScript views is cut into *windows*, each one external ArrayBuffer, as few as fit: V8 on Node 20
 * caps one at 4 GiB, and where it counts them as memory each new one provokes a collection
 * (native/windows.cc). A table lies in one window; the header opens the first.
 *
 * Not here: memory. This file is arithmetic.
 */
import { alignUp } from '../base/units.ts';
import { bytesPerElement, cacheLineBytes, type Table } from './column.ts';

export const granuleBytes = 4096;
export const headerBytes = granuleBytes;

/** The largest table and the largest window: what one external ArrayBuffer may be on Node 20. */
export const maxTableBytes = 2 ** 32;

export interface ColumnPlace {
  readonly name: string;
  /** Bytes from the table's start. */
  readonly offset: number;
  readonly elements: number;
  readonly bytesPerRow: number;
}

export interface TablePlace {
  readonly table: Table;
  readonly rows: number;
  /** Bytes from the reservation's base. */
  readonly offset: number;
  readonly bytes: number;
  readonly columns: readonly ColumnPlace[];
  /** Index of the window it lies in. */
  readonly window: number;
}

/** A part of the reservation that one ArrayBuffer views. */
export interface Window {
  /** Bytes from the reservation's base. */
  readonly offset: number;
  readonly bytes: number;
}

export interface MemoryMap {
  readonly tables: readonly TablePlace[];
  readonly windows: readonly Window[];
  readonly bitmapOffset: number;
  readonly bitmapBytes: number;
  /** Bytes of the whole reservation. */
  readonly bytes: number;
}

/** A table and the number of rows it can ever have. */
export type Capacity = readonly [table: Table, rows: number];

function placeColumns(table: Table, rows: number): { columns: ColumnPlace[]; bytes: number } {
  const columns: ColumnPlace[] = [];
  let offset = 0;
  for (const [name, column] of Object.entries(table.columns)) {
    const elements = Math.ceil(rows * column.perRow);
    const size = bytesPerElement[column.kind];
    columns.push({ name, offset, elements, bytesPerRow: column.perRow * size });
    offset = alignUp(offset + elements * size, cacheLineBytes);
  }
  return { columns, bytes: alignUp(offset, granuleBytes) };
}

/** Lays tables out one after the other. Throws nothing: a table too large is for the caller to refuse. */
export function layOut(capacities: readonly Capacity[]): MemoryMap {
  const sized = capacities.map(([table, rows]) => ({ table, rows, ...placeColumns(table, rows) }));
  const tableBytes = sized.reduce((sum, place) => sum + place.bytes, 0);
  const bitmapOffset = headerBytes;
  const bitmapBytes = alignUp(Math.ceil(tableBytes / granuleBytes / 8), granuleBytes);
  const tables: TablePlace[] = [];
  const windows: Window[] = [];
  let offset = bitmapOffset + bitmapBytes;
  let start = 0;
  for (const { table, rows, columns, bytes } of sized) {
    if (offset + bytes - start > maxTableBytes) {
      windows.push({ offset: start, bytes: offset - start });
      start = offset;
    }
    tables.push({ table, rows, offset, bytes, columns, window: windows.length });
    offset += bytes;
  }
  windows.push({ offset: start, bytes: offset - start });
  return { tables, windows, bitmapOffset, bitmapBytes, bytes: offset };
}

/** The map as text, one line a column: for documents and debugging. */
export function diagram(map: MemoryMap): string {
  const lines = [`${'offset'.padStart(14)}  ${'bytes'.padStart(14)}  what`];
  const line = (offset: number, bytes: number, what: string): void => {
    lines.push(`${offset.toString(16).padStart(14)}  ${bytes.toString().padStart(14)}  ${what}`);
  };
  line(0, headerBytes, 'header');
  line(map.bitmapOffset, map.bitmapBytes, 'granule bitmap');
  for (const place of map.tables) {
    line(place.offset, place.bytes, `${place.table.name} × ${place.rows} (${place.table.purpose})`);
    for (const column of place.columns) {
      const { kind, guard } = place.table.columns[column.name];
      line(
        place.offset + column.offset,
        column.elements * bytesPerElement[kind],
        `  .${column.name} ${kind}, ${guard}`,
      );
    }
  }
  line(map.bytes, 0, 'end');
  return lines.join('\n');
}
