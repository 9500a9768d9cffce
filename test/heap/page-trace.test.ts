/** The page trace: its words, held against the format as it is described; and a heap's, against the heap. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { generations } from '../../lib/design/design.ts';
import { PageTrace, pageEvent } from '../../lib/heap/page-trace.ts';
import { PageEventParser } from '../../lib/lab/trace/page-events.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { spanState } from '../../lib/spans/span-table.ts';
import { codeOf } from '../support/codes.ts';
import { Random } from '../support/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));

function traced() {
  const chunks: Uint8Array[] = [];
  let now = 1e9;
  const trace = new PageTrace(
    (bytes) => chunks.push(bytes),
    () => now,
    3,
  );
  return {
    trace,
    pass: (ns: number) => void (now += ns),
    bytes: () => {
      trace.flush();
      return Buffer.concat(chunks);
    },
    chunks,
  };
}

const wordsOf = (bytes: Buffer): bigint[] =>
  Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigUInt64LE(8 * i));

test('has the words that the format describes', () => {
  const { trace, pass, bytes } = traced();
  trace.add(pageEvent.allocated, 0xc000002000, 1);
  pass(256);
  trace.add(pageEvent.freed, 0x7f00_0000_4000, 1023);
  pass(128 * 65_536);
  trace.add(pageEvent.released, 0xc000002000, 1024);
  const start = 1_000_000_000n >> 7n;
  const later = (1_000_000_000n + 256n + 128n * 65_536n) >> 7n;
  expect(wordsOf(bytes())).toEqual([
    (3n << 3n) | 4n,
    start << 3n,
    1n | (1n << 3n) | 0xc000002000n,
    2n | (1023n << 3n) | 0x7f0000004000n | (2n << 48n),
    later << 3n,
    3n | 4n | 0xc000002000n,
    1024n,
  ]);
});

test('comes back as it was, in chunks of any size', () => {
  const random = new Random(9);
  const { trace, pass, bytes, chunks } = traced();
  const wanted: [number, number, number, number][] = [];
  let time = 0;
  for (let i = 0; i < 20_000; i++) {
    const ns = 128 * random.below(random.below(50) === 0 ? 1e6 : 1000);
    pass(ns);
    time += i === 0 ? 0 : ns;
    const kind = (1 + random.below(3)) as 1 | 2 | 3;
    const base = (1 + random.below(2 ** 30)) * 8192;
    const npages = 1 + random.below(random.below(10) === 0 ? 2 ** 20 : 300);
    trace.add(kind, base, npages);
    wanted.push([kind, base, npages, time]);
  }
  const all = bytes();
  // Each buffer begins with the number of its P and a time.
  for (const chunk of chunks) expect(chunk[0]).toBe((3 << 3) | 4);
  for (const size of [all.length, 1000, 13]) {
    const parser = new PageEventParser('t');
    for (let at = 0; at < all.length; at += size) parser.feed(all.subarray(at, at + size));
    const { count, kinds, bases, pages, times, ps, cutBytes } = parser.end();
    expect([count, ps, cutBytes]).toEqual([wanted.length, 1, 0]);
    expect(wanted.map((_, i) => [kinds[i], bases[i], pages[i], times[i]])).toEqual(wanted);
  }
});

test('what is no event is an error; what is cut off is counted', () => {
  const parser = new PageEventParser('t');
  const words = new BigUint64Array([4n, 1000n << 3n, 1n | (1n << 3n) | 0x4000n]);
  parser.feed(new Uint8Array(words.buffer).subarray(0, 21));
  expect(parser.end()).toMatchObject({ count: 0, cutBytes: 5 });
  const refused = (words: bigint[]): string =>
    codeOf(() => new PageEventParser('t').feed(new Uint8Array(new BigUint64Array(words).buffer)));
  expect(refused([4n, 1n | (1n << 3n) | 0x4000n])).toBe('ERR_TRACE');
  expect(refused([4n, 8n, 1n | 0x4000n])).toBe('ERR_TRACE');
  expect(refused([4n, 8n, 1n | (1n << 3n)])).toBe('ERR_TRACE');
});

describe.each(generations)('of a heap, %s', (generation) => {
  test('what it leaves are the spans there are', () => {
    const file = join(folder, generation);
    const clock = new ManualClock(1e9);
    const heap = new Heap({ environment: false, reach: 2 ** 28, generation, clock, pageTrace: file });
    const random = new Random(4);
    const held: number[] = [];
    for (let i = 0; i < 3000; i++) {
      clock.advance(1000 * random.below(5000));
      if (random.below(3) > 0) held.push(heap.malloc(random.below(random.below(20) === 0 ? 300_000 : 3000)));
      else if (held.length > 0) heap.drop(held.splice(random.below(held.length), 1)[0]!);
      if (i % 500 === 0) heap.freeStack(heap.allocStack(100_000));
      if (i % 700 === 0) heap.freeOSMemory();
    }
    const { spans, arenas } = runtimeOf(heap).state;
    const c = spans.columns;
    const wanted = new Map<number, number>();
    for (let s = 1; s < spans.end; s++)
      if (c.state[s] === spanState.inUse || c.state[s] === spanState.manual)
        wanted.set(arenas.addressOf(c.startPage[s]!), c.pages[s]!);
    const { HeapReleased } = heap.readMemStats();
    heap.dispose();
    const parser = new PageEventParser('t');
    parser.feed(readFileSync(file));
    const { count, kinds, bases, pages } = parser.end();
    const live = new Map<number, number>();
    let released = 0;
    for (let i = 0; i < count; i++) {
      if (kinds[i] === pageEvent.allocated) {
        expect(live.has(bases[i]!)).toBe(false);
        live.set(bases[i]!, pages[i]!);
      } else if (kinds[i] === pageEvent.freed) {
        expect(live.get(bases[i]!)).toBe(pages[i]);
        live.delete(bases[i]!);
      } else {
        released += pages[i]!;
      }
    }
    expect(live).toEqual(wanted);
    expect(released).toBeGreaterThan(0);
    expect(HeapReleased).toBeGreaterThan(0);
  });
});
