/**
 * A run's summary on the terminal.
 *
 * Not here: the numbers (lab/metrics/summary.ts).
 */

import type { Payload } from '../lab/metrics/payload.ts';
import type { Moment, PhaseMoment, RunSummary } from '../lab/metrics/summary.ts';
import { traceNotes } from '../lab/metrics/trace-notes.ts';
import { rssPeak } from '../lab/record/moments.ts';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatShare,
  formatTime,
} from '../lab/report/client/format.ts';
import { optionsInWords } from '../lab/report/option-names.ts';
import { heldUpWords, stretchWords, waitedWords } from '../lab/report/pace-words.ts';
import { drawFacts, drawTable } from './table.ts';
import { type Colors, plain } from './terminal.ts';

/** What stands for a figure that the kernel did not tell. */
const notKnown = '–';

const bytesOrNone = (n: number | null): string => (n === null ? notKnown : formatBytes(n));

const counted = (n: number, thing: string): string => `${formatNumber(n)} ${n === 1 ? thing : `${thing}s`}`;

function drawPhases(phases: readonly PhaseMoment[], columns: number, colors: Colors): string {
  return drawTable(
    {
      head: ['end of', 'at', 'in use', 'idle', 'released', 'RSS, heap'],
      numeric: [1, 2, 3, 4, 5],
      rows: phases.map(({ name, t, inuse, idle, released, rss }) => [
        name,
        formatTime(t),
        ...[inuse, idle, released].map(bytesOrNone),
        colors.bold(bytesOrNone(rss)),
      ]),
    },
    columns,
    colors,
  );
}

function payloadFacts(payload: Payload | null): [string, string][] {
  if (payload === null) return [];
  const { peakLiveBytes, allocations, frees, reallocations, heapBytes, utilisation } = payload;
  const share =
    heapBytes === null || utilisation === null
      ? ''
      : `: utilisation ${formatShare(utilisation, 1)} (HeapSys ${formatBytes(heapBytes)})`;
  const asked: [string, string] = ['asked for', callWords(allocations, frees, reallocations)];
  if (peakLiveBytes === null) return [asked];
  return [['payload', `${formatBytes(peakLiveBytes)} alive at most${share}`], asked];
}

function markingFacts({ marking }: RunSummary): [string, string][] {
  if (marking === null) return [];
  const { assist, background, pauses, longest } = marking;
  const beside =
    assist + background === 0
      ? ''
      : `assists ${formatDuration(assist)}, background ${formatDuration(background)}; `;
  return [
    ['marking', `${beside}pauses ${formatDuration(pauses)}; the longest wait ${formatDuration(longest)}`],
  ];
}

function finalizerFacts({ finalizers: { queued, run, mostWaiting } }: RunSummary): [string, string][] {
  if (queued === 0) return [];
  const words = `${formatNumber(queued)} due, ${formatNumber(run)} called, ${formatNumber(mostWaiting)} waiting at most`;
  return [['finalizers', words]];
}

/** Why memory that was released is resident at the end all the same. */
function restWords({ lazyFreeAtEnd, hugeReleasedAtEnd }: RunSummary): string {
  const [lazy, huge] = [lazyFreeAtEnd ?? 0, hugeReleasedAtEnd ?? 0];
  return [
    lazy > 0 ? `; ${formatBytes(lazy)} of it LazyFree, the kernel's to take` : '',
    huge > 0 ? `; ${formatBytes(huge)} of it released, and resident in huge pages` : '',
  ].join('');
}

/** How the run went against the clock, where somebody asked for a time or a CPU was waited for. */
function paceFacts({ pace }: RunSummary): [string, string][] {
  if (pace === null) return [];
  const { work, idle } = pace;
  const asked = [
    ...(work.asked === null ? [] : [`replay ${stretchWords(work)}`]),
    ...(idle.asked === null || idle.took === 0 ? [] : [`idle ${stretchWords(idle)}`]),
  ];
  return [
    ...(asked.length === 0 ? [] : [['time', asked.join('; ')] satisfies [string, string]]),
    ['waited for a CPU', waitedWords(pace)],
  ];
}

function givenBackWords({ madvise }: RunSummary): string {
  if (madvise === null) return notKnown;
  const { calls, bytes, ns } = madvise;
  return `${formatBytes(bytes)} in ${counted(calls, 'call')} of madvise, ${formatDuration(ns / 1e6)}`;
}

/** The summary as tables, no wider than `columns`. */
export function drawSummary(s: RunSummary, columns: number, colors: Colors): string {
  // Short names: three moments then fit into 50 columns.
  const row = (name: string, of: (m: Moment) => number | null, format = formatBytes): string[] => [
    name,
    ...s.moments.map((m) => {
      const value = of(m);
      return value === null ? notKnown : format(value);
    }),
  ];
  const moments = drawTable(
    {
      head: ['', ...s.moments.map((m) => m.label)],
      numeric: s.moments.map((_, i) => i + 1),
      rows: [
        row('at', (m) => m.t, formatTime),
        row('in use', (m) => m.inuse),
        row('free', (m) => m.free),
        ...(s.moments.some((m) => m.trapped !== undefined)
          ? [row('of it trapped', (m) => m.trapped ?? 0)]
          : []),
        row('released', (m) => m.released),
        row('RSS, heap', (m) => m.rss).map((cell) => colors.bold(cell)),
        row('RSS, process', (m) => m.processRss),
        ...(s.moments.some((m) => m.ranRss !== undefined)
          ? [row('RSS, as it ran', (m) => m.ranRss ?? null)]
          : []),
      ],
    },
    columns,
    colors,
  );
  const facts: [string, string][] = [
    [
      'operations',
      `${formatNumber(s.operations)} in ${formatDuration(s.seconds * 1000)}, ${formatNumber(s.operationsPerSecond)} a second`,
    ],
    ...(Object.keys(s.otherThanGo).length === 0
      ? []
      : [["other than Go's", plain(optionsInWords(s.otherThanGo))] satisfies [string, string]]),
    ...payloadFacts(s.payload),
    ...paceFacts(s),
    ['collections', s.collections === null ? notKnown : formatNumber(s.collections)],
    ...markingFacts(s),
    ...finalizerFacts(s),
    ['given back', givenBackWords(s)],
    ['page faults', `${formatNumber(s.faults.minor)} minor, ${formatNumber(s.faults.major)} major`],
    [
      'samples',
      `${formatNumber(s.samples.count)}, which took ${formatDuration(s.samples.ns / 1e6)}; ${counted(s.samples.missed, 'beat')} missed`,
    ],
  ];
  if (s.moments.length > 0) {
    const peak = s.moments[0].rss;
    const end = s.moments[s.moments.length - 1].rss;
    const words =
      peak === null || end === null
        ? 'not told by this kernel'
        : `${formatShare(end, peak)} of the ${rssPeak}${restWords(s)}`;
    facts.unshift(['RSS at the end', words]);
  }
  const tables = s.moments.length > 0 ? [moments] : [];
  if (s.phases.length > 0) tables.unshift(drawPhases(s.phases, columns, colors));
  return [...tables, drawFacts(facts, columns, colors)].join('\n\n');
}

/** A sentence for each irregularity of the trace. */
export function irregularityNotes({ irregular }: Pick<RunSummary, 'irregular'>): string[] {
  return traceNotes(irregular, { count: formatNumber, bytes: formatBytes });
}

/** What the program asked for, without the heap. */
export function payloadWords({ peakLiveBytes, allocations, frees, reallocations }: Payload): string {
  const calls = callWords(allocations, frees, reallocations);
  return peakLiveBytes === null ? calls : `${formatBytes(peakLiveBytes)} alive at most; ${calls}`;
}

/** Calls of the program, of those kinds that were counted. */
function callWords(allocations: number, frees: number | null, reallocations: number | null): string {
  const calls: [number | null, string][] = [
    [allocations, 'allocation'],
    [frees, 'free'],
    [reallocations, 'realloc'],
  ];
  return calls.flatMap(([n, call]) => (n === null ? [] : [counted(n, call)])).join(', ');
}

/** Everything that has to be known to read a summary, a sentence each. */
export function summaryNotes(summary: RunSummary): string[] {
  const { pace, leftOut } = summary;
  const heldUp = pace === null ? undefined : heldUpWords(pace);
  return [
    ...irregularityNotes(summary),
    ...leftOut.map((text) => `not looked at: ${text}`),
    ...(heldUp === undefined ? [] : [heldUp]),
  ];
}
