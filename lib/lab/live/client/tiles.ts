/// <reference lib="dom" />
/** The figures of one moment, from the sample that counts then. */
import type { RunSample } from '../../record/lines.ts';
import { byId, make } from '../../report/client/dom.ts';
import { formatBytes, formatCompact, formatNumber } from '../../report/client/format.ts';
import { gauges, type Quantity } from '../../report/quantities.ts';

interface Tile {
  readonly label: string;
  readonly of: (sample: RunSample) => number | null | undefined;
  readonly write: (value: number, exact: boolean) => string;
  readonly note?: (sample: RunSample) => string;
}

const bytes = (label: string, quantity: Quantity): Tile => ({ label, of: quantity.of, write: formatBytes });

const tiles: readonly Tile[] = [
  bytes('RSS of the heap', gauges.rss),
  bytes('in use', gauges.inuse),
  bytes('free', gauges.free),
  bytes('released', gauges.released),
  bytes('objects', gauges.alloc),
  bytes('goal', gauges.goal),
  { label: 'collections', of: ({ gcs }) => gcs, write: formatNumber },
  { label: 'given back so far', of: ({ madvB }) => madvB, write: formatBytes },
  {
    label: 'operations',
    of: ({ ops }) => ops,
    write: (ops, exact) => (exact ? formatNumber(ops) : formatCompact(ops)),
  },
];

const values = new Map<Tile, HTMLElement>();

/** Shows the figures of a sample. @param exact to the last operation: of a run that goes one by one */
export function showTiles(sample: RunSample | undefined, exact = false): void {
  const host = byId('live-tiles');
  if (values.size === 0) {
    for (const tile of tiles) {
      const value = make('b', {}, '–');
      values.set(tile, value);
      host.append(make('div', {}, make('dt', {}, tile.label), make('dd', {}, value)));
    }
  }
  for (const [tile, element] of values) {
    const value = sample === undefined ? undefined : tile.of(sample);
    element.textContent = typeof value === 'number' ? tile.write(value, exact) : '–';
  }
}
