/** A recorded trace of Go's page allocator, replayed: see `radix-trace` in ../workload.ts. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { chunkPages, pageCount, pageIndex, pageSize } from '../../lib/base/units.ts';
import { setRange } from '../../lib/pages/radix/bitmap.ts';
import { checkText, figures, fold } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { addChunks, type Bare, emptyPageAlloc, physicalPages } from './page-heap.ts';

const params = caseParams({ trace: 'any', file: 'any', repeats: 'any' });

type Runs = readonly (readonly [from: number, n: number])[];
type Row = readonly (string | number | null | Runs)[];

const opAlloc = 1;
const opFree = 2;
const opFill = 3;
const opTake = 4;
const opFlush = 5;
const opScavenge = 6;
const opBackground = 7;
const opGeneration = 8;

/** A trace, decoded: a row an operation. `bytes` is what a scavenge asks for. */
interface Trace {
  readonly chunks: readonly { readonly chunk: number; readonly allocated: Runs; readonly scavenged: Runs }[];
  readonly length: number;
  readonly kinds: Uint8Array;
  readonly slots: Uint8Array;
  readonly counts: Int32Array;
  readonly pages: Int32Array;
  readonly bytes: Float64Array;
  readonly slotCount: number;
  readonly hugePages: boolean;
  /** What the recorded answers fold to. */
  readonly expected: number;
}

/** One number of a placement: pages from the base plus scavenged pages, all ones if there was none. */
function placement(page: number, scavengedBytes: number): number {
  return page < 0 ? -1 : page + scavengedBytes / pageSize;
}

function decode(file: string): Trace {
  const lines = gunzipSync(readFileSync(file)).toString('latin1').trimEnd().split('\n');
  const chunks: { chunk: number; allocated: Runs; scavenged: Runs }[] = [];
  const kinds = new Uint8Array(lines.length);
  const slots = new Uint8Array(lines.length);
  const counts = new Int32Array(lines.length);
  const pages = new Int32Array(lines.length);
  const wanted = new Float64Array(lines.length);
  let length = 0;
  let expected = 0;
  let slotCount = 1;
  let hugePages = true;
  for (const line of lines) {
    const row = JSON.parse(line) as Row | { physHugePageSize: number };
    if (!Array.isArray(row)) {
      hugePages = (row as { physHugePageSize: number }).physHugePageSize > 0;
      continue;
    }
    const at = (i: number): number => row[i] as number;
    let answer = 0;
    switch (row[0]) {
      case 'i':
        chunks.push({ chunk: at(1), allocated: row[2] as Runs, scavenged: row[3] as Runs });
        continue;
      case 'h':
      case 'n':
        continue;
      case 'a':
        kinds[length] = opAlloc;
        counts[length] = at(1);
        answer = placement(at(2), at(3));
        break;
      case 'f':
        kinds[length] = opFree;
        pages[length] = at(1);
        counts[length] = at(2);
        break;
      case 'c':
        kinds[length] = opFill;
        slots[length] = at(1);
        answer = placement(at(2), 0);
        break;
      case 'k':
        kinds[length] = opTake;
        slots[length] = at(1);
        counts[length] = at(2);
        answer = placement(at(3), at(4));
        break;
      case 'u':
        kinds[length] = opFlush;
        slots[length] = at(1);
        break;
      case 's':
      case 'b':
        kinds[length] = row[0] === 's' ? opScavenge : opBackground;
        wanted[length] = at(1);
        answer = at(2) / pageSize;
        break;
      case 'g':
        kinds[length] = opGeneration;
        break;
      default:
        throw new Error(`unknown operation ${line}`);
    }
    slotCount = Math.max(slotCount, slots[length] + 1);
    expected = fold(expected, answer);
    length++;
  }
  return { chunks, length, kinds, slots, counts, pages, bytes: wanted, slotCount, hugePages, expected };
}

/** An allocator in the state that the trace begins with. */
function prepare(trace: Trace): Bare {
  const highest = Math.max(...trace.chunks.map(({ chunk }) => chunk));
  const physical = trace.hugePages ? physicalPages : { ...physicalPages, physHugePageSize: 0 };
  const bare = emptyPageAlloc(highest + 1, trace.slotCount, physical);
  for (const { chunk, allocated, scavenged } of trace.chunks) {
    addChunks(bare.pages, chunk, 1);
    const words = (chunk * chunkPages) / 32;
    for (const [from, n] of scavenged) setRange(bare.pages.memory.chunks.scavenged, words, from, n);
    for (const [from, n] of allocated)
      bare.pages.allocRange(pageIndex(chunk * chunkPages + from), pageCount(n));
  }
  return bare;
}

const nothing = (): void => {};

function replay({ pages: heap, caches }: Bare, trace: Trace): number {
  const { kinds, slots, counts, pages, bytes, length } = trace;
  let check = 0;
  for (let i = 0; i < length; i++) {
    let answer = 0;
    switch (kinds[i]) {
      case opAlloc: {
        const page = heap.alloc(pageCount(counts[i]));
        answer = page < 0 ? -1 : page + heap.lastScavenged;
        break;
      }
      case opFree:
        heap.free(pageIndex(pages[i]), pageCount(counts[i]));
        break;
      case opFill: {
        const cache = caches[slots[i]];
        answer = heap.allocToCache(cache) ? cache.base : -1;
        break;
      }
      case opTake: {
        const cache = caches[slots[i]];
        const page = cache.alloc(pageCount(counts[i]));
        answer = page < 0 ? -1 : page + cache.lastScavenged;
        break;
      }
      case opFlush:
        heap.flushCache(caches[slots[i]]);
        break;
      case opScavenge:
        answer = heap.scavenge(bytes[i], true, nothing) / pageSize;
        break;
      case opBackground:
        answer = heap.scavenge(bytes[i], false, nothing) / pageSize;
        break;
      case opGeneration:
        heap.nextGeneration();
        break;
    }
    check = fold(check, answer);
  }
  return check;
}

const trace = decode(params.text('file'));
// V8 compiles meanwhile; a short trace must run often enough for that.
const warmUps = Math.max(2, Math.ceil(400_000 / trace.length));
const times: number[] = [];
for (let i = 0; i < params.number('repeats') + warmUps; i++) {
  const bare = prepare(trace);
  const start = now();
  const check = replay(bare, trace);
  const elapsed = now() - start;
  if (check !== trace.expected) {
    throw new Error(
      `the answers differ from the recorded ones: ${checkText(check)}, expected ${checkText(trace.expected)}`,
    );
  }
  if (i >= warmUps) times.push(elapsed / trace.length);
}
const { file: _file, ...shown } = params.all;
emit({ name: 'radix-trace', params: shown, ...figures(times), check: checkText(trace.expected) });
