/// <reference lib="dom" />
/** The tables of what happened until a moment, the latest first: collections, releases, and what was changed by hand. */
import type { RunData } from '../../record/run-data.ts';
import { byId, make } from '../../report/client/dom.ts';
import { formatBytes, formatDuration, formatNumber, formatTime } from '../../report/client/format.ts';
import { steerWords } from '../../report/steer-words.ts';

const mostRows = 60;
const kinds: Readonly<Record<string, string>> = {
  bg: 'background',
  eager: 'for an allocation',
  forced: 'on demand',
};

interface EventTable<T> {
  readonly id: string;
  readonly head: readonly string[];
  /** What stands where there is nothing. */
  readonly none: string;
  readonly of: (run: RunData) => readonly T[];
  readonly row: (event: T) => readonly string[];
}

const known = (value: number | null | undefined, write: (value: number) => string): string =>
  typeof value === 'number' ? write(value) : '–';

const collections: EventTable<RunData['collections'][number]> = {
  id: 'gc',
  head: ['at', 'gc', 'before', 'live', 'took'],
  none: 'None so far.',
  of: ({ collections }) => collections,
  row: ({ t, n, forced, heap0, live, ms }) => [
    formatTime(t),
    `${n ?? ''}${forced === true ? ', forced' : ''}`,
    known(heap0, formatBytes),
    known(live, formatBytes),
    known(ms, formatDuration),
  ],
};

const releases: EventTable<RunData['scavenges'][number]> = {
  id: 'scav',
  head: ['at', 'bytes', 'how'],
  none: 'Nothing so far.',
  of: ({ scavenges }) => scavenges.filter(({ bytes = 0 }) => bytes > 0),
  row: ({ t, bytes, kind = '' }) => [formatTime(t), known(bytes, formatBytes), kinds[kind] ?? kind],
};

const steers: EventTable<NonNullable<RunData['steers']>[number]> = {
  id: 'steer',
  head: ['at', 'what', 'operations so far'],
  none: 'Nothing: the run is as its command line says.',
  of: ({ steers = [] }) => steers,
  row: (steer) => [formatTime(steer.t), steerWords(steer), known(steer.ops, formatNumber)],
};

const shown = new Map<string, string>();

function show<T extends { readonly t: number }>(table: EventTable<T>, run: RunData, until: number): void {
  const all = table.of(run);
  // Events are in order of time.
  const count = all.findLastIndex(({ t }) => t <= until) + 1;
  const state = `${all.length} ${count}`;
  if (shown.get(table.id) === state) return;
  shown.set(table.id, state);
  byId(`${table.id}-count`).textContent = count === 0 ? '' : `${formatNumber(count)}`;
  const host = byId(`${table.id}-table`);
  if (count === 0) {
    host.replaceChildren(make('p', { class: 'none' }, table.none));
    return;
  }
  const rows = all.slice(Math.max(0, count - mostRows), count).reverse();
  const cells = (tag: 'th' | 'td', texts: readonly string[]): HTMLElement[] =>
    texts.map((text) => make(tag, tag === 'th' ? { scope: 'col' } : {}, text));
  host.replaceChildren(
    make(
      'table',
      {},
      make('thead', {}, make('tr', {}, ...cells('th', table.head))),
      make('tbody', {}, ...rows.map((event) => make('tr', {}, ...cells('td', table.row(event))))),
    ),
    ...(count > mostRows
      ? [make('p', { class: 'meta' }, `The last ${mostRows} of ${formatNumber(count)}.`)]
      : []),
  );
}

/** Shows what happened until a moment of the run's time. */
export function showEvents(run: RunData, until: number): void {
  show(collections, run, until);
  show(releases, run, until);
  show(steers, run, until);
}
