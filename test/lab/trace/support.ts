/** Traces in memory, and the operations a parser makes of them as plain tuples. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationBatch } from '../../../lib/lab/trace/operations.ts';
import { TraceParser } from '../../../lib/lab/trace/parser.ts';

/** [kind, pointer, size, line] */
export type Operation = readonly [kind: number, pointer: number, size: number, line: number];

/** Parses chunks, with batches of so many rows. */
export function parseChunks(
  chunks: Iterable<Uint8Array>,
  rows = 64,
  strict = false,
): { ops: Operation[]; parser: TraceParser } {
  const parser = new TraceParser('test.trace', strict);
  const batch = new OperationBatch(rows);
  const ops: Operation[] = [];
  const drain = (): void => {
    let more = true;
    while (more) {
      batch.clear(parser.lines);
      more = parser.parse(batch);
      for (let i = 0; i < batch.count; i++) {
        ops.push([batch.kinds[i], batch.pointers[i], batch.sizes[i], batch.lineOf(i)]);
      }
    }
  };
  for (const chunk of chunks) {
    parser.feed(chunk);
    drain();
  }
  parser.end();
  drain();
  return { ops, parser };
}

export function parseText(text: string): Operation[] {
  return parseChunks([Buffer.from(text, 'latin1')]).ops;
}

/** The faults of a text that are counted, by name. */
export function faultsOf(text: string | Uint8Array): Record<string, number> {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  return known(parseChunks([bytes]).parser.faults.counts);
}

/** Those that are not zero. */
export function known(counts: object): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0));
}

/** The error that parsing a text stops with; in strict mode, unless told otherwise. */
export function errorOf(text: string, strict = true): unknown {
  try {
    parseChunks([Buffer.from(text, 'latin1')], 64, strict);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Cuts bytes at the given places. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((p) => p % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.slice(at[i], end));
}

const folder = mkdtempSync(join(tmpdir(), 'pageheap-trace-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** A file with this in it, until the process ends. */
export function fileOf(content: string | Uint8Array, name: string): string {
  const path = join(mkdtempSync(join(folder, 'f-')), name);
  writeFileSync(path, content);
  return path;
}
