/**
 * What a real program left, to be laid over the curve of a run: a log with lines of gctrace and scavtrace, or a CSV of
 * time and RSS.
 *
 * - gctrace (Go 1.5 and later) tells when a collection began, the heap at its start and what of it was alive, and the goal. Lines of
 *   scavtrace have no time; they get that of the collection before. Anything else in the log is passed over.
 * - A CSV has a header. Its time is a column called t, time, seconds or so; milliseconds where the name says ms, or is just t, as in
 *   what `pageheap export` writes; dates and times since 1970 count from the first row. Its memory is every column whose
 *   name has rss or resident in it, in bytes unless the name says KiB (kB) or MiB (MB). Where a column says which
 *   configuration a row is of, each has a curve of its own, of its first round.
 *
 * Times count from the program's start, as those of a run.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import papaparse from 'papaparse';
import { PageHeapError } from '../../base/errors.ts';
import { whileWaiting } from '../../base/waits.ts';
import { fileError } from '../../os/file-error.ts';

/** A curve in steps: each value holds until the next; times in milliseconds, in order. */
export interface BesideCurve {
  readonly label: string;
  readonly points: readonly { readonly t: number; readonly bytes: number }[];
}

const mib = 2 ** 20;
const gcLine = /^gc \d+ @([\d.]+)s .*?([\d.+]+) ms clock,.* (\d+)->(\d+)->(\d+) MB, (\d+) MB goal/;
const scavLine = /^scav .*?(\d+) KiB now/;
/** Of Go 1.4 and older: without a time. */
const timelessGc = /^gc\d+\(\d+\): /m;

type Points = { t: number; bytes: number }[];

function fromLog(text: string, name: string): BesideCurve[] {
  const heap: Points = [];
  const goal: Points = [];
  const released: Points = [];
  let last: number | undefined;
  for (const line of text.split('\n')) {
    // A program may write its own words before them.
    const gc = gcLine.exec(line.slice(Math.max(0, line.search(/\bgc \d+ @/))));
    if (gc !== null) {
      const [, at, clock, start, , live, aim] = gc;
      const t = Number(at) * 1000;
      const took = clock.split('+').reduce((sum, ms) => sum + Number(ms), 0);
      heap.push({ t, bytes: Number(start) * mib }, { t: t + took, bytes: Number(live) * mib });
      goal.push({ t: t + took, bytes: Number(aim) * mib });
      last = t;
      continue;
    }
    const scav = scavLine.exec(line.slice(Math.max(0, line.search(/\bscav \d+ KiB/))));
    if (scav !== null && last !== undefined) released.push({ t: last, bytes: Number(scav[1]) * 1024 });
  }
  const curves = [
    { label: `${name}: heap, gctrace`, points: heap },
    { label: `${name}: goal, gctrace`, points: goal },
    { label: `${name}: released, scavtrace`, points: released },
  ];
  return curves.filter(({ points }) => points.length > 0);
}

const timeName = /^(?:t|time|timestamp|date|seconds?|secs?|s|ms|millis\w*|elapsed\w*)(?:[ _(].*)?$/i;
const memoryName = /rss|resident/i;

/** By what a value of a column is multiplied. */
function bytesIn(column: string): number {
  if (/mib|mb/i.test(column)) return mib;
  return /kib|kb/i.test(column) ? 1024 : 1;
}

/** Milliseconds of a text in a column of times; undefined for what is none. */
function timeOf(text: string, column: string): number | undefined {
  const number = Number(text);
  if (text.trim() === '') return undefined;
  if (!Number.isFinite(number)) {
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : date;
  }
  const isMs = /ms|millis/i.test(column) || /^t$/i.test(column) || number >= 1e11;
  return isMs ? number : number * 1000;
}

/** Times since 1970 say nothing of when a program began. */
const isOfCalendar = (t: number): boolean => t >= 1e11;

/** A number as spreadsheets write it in many languages; `Date.parse` would take it for a date. */
const decimalComma = /^\s*-?\d+,\d+\s*$/;

function fromCsv(text: string, name: string, file: string): BesideCurve[] {
  const { data, meta } = papaparse.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: true,
  });
  const columns = meta.fields ?? [];
  const time = columns.find((column) => timeName.test(column.trim()));
  const memory = columns.filter((column) => memoryName.test(column) && column !== time);
  if (time === undefined || memory.length === 0)
    throw new PageHeapError(
      'ERR_FILE',
      `neither lines of gctrace nor a CSV of time and RSS: it needs a header with a column of times (t, time, seconds, t_ms) and one with rss in its name; there are ${columns.slice(0, 12).join(', ') || 'none'}`,
      { file },
    );
  const comma = data
    .flatMap((row) => [time, ...memory].map((column) => row[column] ?? ''))
    .find((cell) => decimalComma.test(cell));
  if (comma !== undefined)
    throw new PageHeapError(
      'ERR_FILE',
      `its numbers have decimal commas (${comma.trim()}), and points are read (${comma.trim().replace(',', '.')})`,
      { file },
    );
  const isFirstRound = (row: Record<string, string>): boolean => row.round === undefined || row.round === '1';
  const groups = new Map<string, Record<string, string>[]>();
  for (const row of data.filter(isFirstRound)) {
    const group = row.configuration ?? '';
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const curves: BesideCurve[] = [];
  for (const [group, rows] of groups)
    for (const column of memory) {
      const points = rows.flatMap((row): Points => {
        const t = timeOf(row[time] ?? '', time);
        const value = Number(row[column]);
        return t === undefined || (row[column] ?? '').trim() === '' || !Number.isFinite(value)
          ? []
          : [{ t, bytes: value * bytesIn(column) }];
      });
      points.sort((a, b) => a.t - b.t);
      const begin = points.length > 0 && isOfCalendar(points[0].t) ? points[0].t : 0;
      if (points.length > 0)
        curves.push({
          label: [name, group, column].filter((part) => part !== '').join(': '),
          points: points.map(({ t, bytes }) => ({ t: t - begin, bytes })),
        });
    }
  return curves;
}

/** @throws PageHeapError ERR_FILE for a file that cannot be read, or holds nothing of the kind */
export function readBeside(file: string): BesideCurve[] {
  let text: string;
  try {
    text = whileWaiting(file, () => readFileSync(file, 'utf8'));
  } catch (cause) {
    throw fileError(file, cause);
  }
  const name = basename(file);
  const log = fromLog(text, name);
  if (log.length > 0) return log;
  if (timelessGc.test(text) || scavLine.test(text))
    throw new PageHeapError(
      'ERR_FILE',
      'its lines of gctrace or scavtrace have no times: those of Go 1.5 and later do',
      {
        file,
      },
    );
  const curves = fromCsv(text, name, file);
  if (curves.length === 0)
    throw new PageHeapError('ERR_FILE', 'it has no row with a time and a number', { file });
  return curves;
}

/** A curve at these times: null before its first point, and behind its last. */
export function valuesAt({ points }: BesideCurve, times: readonly number[]): (number | null)[] {
  let i = 0;
  return times.map((t) => {
    while (i < points.length && points[i].t <= t) i++;
    return i === 0 || (i === points.length && t > points[i - 1].t) ? null : points[i - 1].bytes;
  });
}
