/** Run files with something wrong in them, and what becomes of each: a report, or an error that names file and line. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { metricsOf } from '../../../lib/lab/metrics/run-metrics.ts';
import { summarize } from '../../../lib/lab/metrics/summary.ts';
import { parseRun } from '../../../lib/lab/record/run-file.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';

const kept = (name: string): Buffer =>
  gunzipSync(readFileSync(new URL(`../../fixtures/records/${name}.jsonl.gz`, import.meta.url)));

export const whole: readonly Buffer[] = ['trace', 'workload', 'custom'].map(kept);

/** `read`, `refused`, or what else came of it. */
export function outcomeOf(bytes: Buffer): string {
  try {
    const data = parseRun(bytes, 'damaged.jsonl');
    summarize(data);
    metricsOf(data);
    return renderReport(data).endsWith('</html>\n') ? 'read' : 'half a page';
  } catch (error) {
    if (!(error instanceof PageHeapError)) return String((error as Error).stack);
    return error.code === 'ERR_RUN_FILE' && error.line !== undefined ? 'refused' : error.message;
  }
}

/** What a member can be made to hold. */
export const oddities: readonly unknown[] = [
  null,
  -1,
  1e300,
  'x',
  '\u001b[31m',
  true,
  [],
  [null],
  [[1, 1e15]],
  {},
  { a: { b: 1 } },
  { toString: 1 },
];

type Json = Record<string, unknown>;

/** A file with one member of one line changed, or taken away where `value` is undefined. */
export function changed(lines: readonly Json[], at: number, path: readonly string[], value: unknown): Buffer {
  const copy = structuredClone(lines[at]);
  let parent: Json = copy;
  for (const name of path.slice(0, -1)) parent = parent[name] as Json;
  const last = path.at(-1) as string;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return Buffer.from(lines.map((line, i) => JSON.stringify(i === at ? copy : line)).join('\n'));
}

/** The first line of each kind, and every member in it that is no list, with those of members. */
export function placesIn(bytes: Buffer): { lines: Json[]; places: { at: number; path: string[] }[] } {
  const lines = bytes
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
  const kinds = [...new Set(lines.map(({ k }) => k))];
  const membersOf = (value: Json, path: string[]): string[][] =>
    Object.entries(value).flatMap(([name, inner]) => {
      const here = [...path, name];
      const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      return [here, ...(isObject ? membersOf(inner as Json, here) : [])];
    });
  const places = kinds.flatMap((kind) => {
    const at = lines.findIndex(({ k }) => k === kind);
    return membersOf(lines[at], []).map((path) => ({ at, path }));
  });
  return { lines, places };
}
