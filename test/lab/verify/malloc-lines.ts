/** Lines of malloc traces, as they were recorded and edited. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { type MallocVerdict, verifyMalloc } from '../../../lib/lab/verify/malloc.ts';
import { mallocFixture } from './malloc-fixture.ts';

export const linesOf = (name: string): string[] =>
  gunzipSync(readFileSync(mallocFixture(name)))
    .toString()
    .trimEnd()
    .split('\n');

export const fresh = linesOf('f1');
export const swept = linesOf('g1');

export type Fields = Record<string, unknown>;

/** The lines before the first allocation. */
export const startOf = (lines: readonly string[]): string[] => lines.slice(0, firstOf(lines));
export const firstOf = (lines: readonly string[]): number => lines.findIndex((text) => text.startsWith('['));

export const edited = (text: string, edit: (fields: Fields) => void): string => {
  const fields = JSON.parse(text) as Fields;
  edit(fields);
  return JSON.stringify(fields);
};

export const kindIs = (kind: string, text: string): boolean => text.startsWith(`{"k":"${kind}"`);

/** The lines with the first of a kind, where `which` holds, edited. */
export function editing(
  lines: readonly string[],
  kind: string,
  edit: (fields: Fields) => void,
  which: (fields: Fields) => boolean = () => true,
): string[] {
  const at = lines.findIndex((text) => kindIs(kind, text) && which(JSON.parse(text) as Fields));
  expect(at).toBeGreaterThanOrEqual(0);
  return lines.map((text, i) => (i === at ? edited(text, edit) : text));
}

/** A trace of these lines, which goes with its test. */
export function write(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-verify-malloc-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'trace');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

export const verify = (lines: readonly string[], last = 20): Promise<MallocVerdict> =>
  verifyMalloc(write(lines), { last });

/** A trace without an allocation: its end is its start. */
export function still(lines: readonly string[], edit: (heap1: Fields) => void = () => {}): string[] {
  const start = editing(startOf(lines), 'hdr', (header) => {
    header.n = 0;
  });
  const heap0 = start.find((text) => kindIs('heap0', text))!;
  return [
    ...start,
    edited(heap0, (fields) => {
      fields.k = 'heap1';
      edit(fields);
    }),
  ];
}

export async function refusal(lines: readonly string[]): Promise<[code: string, line: number | undefined]> {
  try {
    await verify(lines);
  } catch (error) {
    if (error instanceof PageHeapError) return [error.code, error.line];
    throw error;
  }
  return ['none', undefined];
}
