/**
 * What a heap tells the crash report about itself: where its columns lie.
 */
import { chunkPages, pageSize } from '../base/units.ts';
import { bumpPageTable } from '../heap/bump-memory.ts';
import type { Table } from '../meta/column.ts';
import type { CrashHeap } from '../os/crash.ts';
import { radixChunks } from '../pages/radix/columns.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { pageTable } from '../spans/page-table.ts';
import { spanStateNames, spanTable, spanUseNames } from '../spans/span-table.ts';

export function crashHeapOf(runtime: Runtime): CrashHeap {
  const { meta, origin, reach, design } = runtime.memory;
  const column = (
    table: Table,
    name: string,
    elementBytes: number,
  ): { address: number; elementBytes: number; length: number } => ({
    address: meta.addressOf(table, name),
    elementBytes,
    length: meta.rows(table),
  });
  const bitmapBytes = chunkPages / 8;
  return {
    origin,
    pages: reach / pageSize,
    ranges: [
      { low: origin, high: origin + reach, name: 'heap' },
      { low: meta.base, high: meta.base + meta.map.bytes, name: 'metadata' },
    ],
    columns: {
      pageSpan: column(pageTable, 'spanOf', 4),
      spanState: column(spanTable, 'state', 1),
      spanUse: column(spanTable, 'use', 1),
      spanBase: column(spanTable, 'startPage', 4),
      spanPages: column(spanTable, 'pages', 4),
      spanClass: column(spanTable, 'spanClass', 1),
      elementSize: column(spanTable, 'elemSize', 4),
      ...(runtime.alloc.bump === undefined ? {} : { pageBlock: column(bumpPageTable, 'first', 4) }),
      // The other designs tell of a free page by its span's state.
      ...(design.pageHeap === 'radix'
        ? {
            allocatedBits: column(radixChunks, 'allocated', bitmapBytes),
            scavengedBits: column(radixChunks, 'scavenged', bitmapBytes),
          }
        : {}),
    },
    stateNames: spanStateNames,
    useNames: spanUseNames,
  };
}
