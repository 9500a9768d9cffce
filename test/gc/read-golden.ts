/** Reads a gzipped file of JSON lines from test/fixtures/golden: its header, then one array a line. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export type GoldenValue = string | number | boolean | null | number[];
export type GoldenLine = readonly GoldenValue[];

export function readGolden(name: string): { header: Record<string, unknown>; lines: GoldenLine[] } {
  const file = new URL(`../fixtures/golden/${name}.jsonl.gz`, import.meta.url);
  const [first, ...rest] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return {
    header: JSON.parse(first) as Record<string, unknown>,
    lines: rest.map((line) => JSON.parse(line) as GoldenLine),
  };
}
