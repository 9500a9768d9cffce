/**
 * How fast traces are parsed, in million lines a second.
 *
 *     node dist/bench/parse.js [trace …]      without traces: two of those in traces/
 *
 * Each trace is read whole into memory and unpacked first, so that the parser alone is timed: chunks
 * of 256 KiB in, batches out. Median of seven rounds after a warm-up.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { OperationBatch } from '../lib/lab/trace/operations.ts';
import { TraceParser } from '../lib/lab/trace/parser.ts';
import { median } from './workload.ts';

const chunkBytes = 256 * 1024;
const rounds = 7;

function parseOnce(text: Uint8Array, batch: OperationBatch): { lines: number; ops: number; ns: number } {
  const parser = new TraceParser('bench');
  const begin = process.hrtime.bigint();
  let ops = 0;
  const drain = (): void => {
    let more = true;
    while (more) {
      batch.clear(parser.lines);
      more = parser.parse(batch);
      ops += batch.count;
    }
  };
  for (let at = 0; at < text.length; at += chunkBytes) {
    parser.feed(text.subarray(at, at + chunkBytes));
    drain();
  }
  parser.end();
  drain();
  return { lines: parser.lines, ops, ns: Number(process.hrtime.bigint() - begin) };
}

const named = process.argv.slice(2);
const shipped = ['sqlite-ramp.mtrace.gz', 'perl.mtrace.gz'];
const files = named.length > 0 ? named : shipped.map((name) => `traces/${name}`);
const batch = new OperationBatch();
for (const file of files) {
  const packed = readFileSync(file);
  const text = packed[0] === 0x1f ? gunzipSync(packed) : packed;
  parseOnce(text, batch);
  const results = Array.from({ length: rounds }, () => parseOnce(text, batch));
  const rate = median(results.map((r) => (r.lines / r.ns) * 1e3));
  const { lines, ops } = results[0];
  const bytesRate = (rate * text.length) / lines;
  console.log(
    `${file}: ${lines} lines, ${ops} operations, ${rate.toFixed(1)} million lines/s, ${bytesRate.toFixed(0)} MB/s`,
  );
}
