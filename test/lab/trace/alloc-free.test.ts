/** The lines of allocfreetrace: as Go wrote them, and as a heap writes them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Heap } from '../../../lib/api/heap.ts';
import { generations } from '../../../lib/design/design.ts';
import { OperationBatch, opAllocate, opFree } from '../../../lib/lab/trace/operations.ts';
import { TraceParser } from '../../../lib/lab/trace/parser.ts';
import { codeOf } from '../../support/codes.ts';
import { Random } from '../../support/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-aft-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All operations of a text, parsed in chunks and batches of some size: `+address size`, `-address`. */
function parsed(text: string, rows = 100, chunk = 1 << 20, strict = false) {
  const parser = new TraceParser('t', strict);
  const batch = new OperationBatch(rows);
  const found: string[] = [];
  const drain = (): void => {
    for (let more = true; more; ) {
      batch.clear(parser.lines);
      more = parser.parse(batch);
      for (let i = 0; i < batch.count; i++) {
        const at = `0x${batch.pointers[i]!.toString(16)}`;
        found.push(batch.kinds[i] === opAllocate ? `+${at} ${batch.sizes[i]}` : `-${at}`);
        if (batch.kinds[i] !== opAllocate) expect(batch.kinds[i]).toBe(opFree);
      }
    }
  };
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) {
    parser.feed(bytes.subarray(at, at + chunk));
    drain();
  }
  parser.end();
  drain();
  return { found, parser };
}

/** As Go 1.20 prints it. */
const ofGo = `tracealloc(0xc0000160d0, 0x8, uint64)
goroutine 1 [running]:
runtime.mallocgc(0x8, 0x45a0e0, 0x1)
\t/usr/lib/go/src/runtime/malloc.go:1129 +0x6d7 fp=0xc00003c6f8 sp=0xc00003c698 pc=0x40c8f7
main.main()
\t/tmp/x.go:7 +0x25
tracealloc(0xc0000160d8, 0x4)
goroutine 1 [running]:
tracealloc(0xc000100000, 0x8000, []uint8)
tracegc()
goroutine 1 [running]:
end tracegc

tracefree(0xc0000160d0, 0x10)
tracefree(0xc000100000, 0x8000)
tracealloc(0xc0000160d0, 0x10, string)
`;
const wanted = [
  '+0xc0000160d0 8',
  '+0xc0000160d8 4',
  '+0xc000100000 32768',
  '-0xc0000160d0',
  '-0xc0000160d8',
  '-0xc000100000',
  '+0xc0000160d0 16',
];

describe('lines as Go wrote them', () => {
  test.each([
    [100, 1 << 20],
    [1, 1 << 20],
    [2, 7],
    [100, 1],
  ])('%i rows a batch, chunks of %i bytes', (rows, chunk) => {
    const { found, parser } = parsed(ofGo, rows, chunk);
    expect(found).toEqual(wanted);
    expect(parser.format).toBe('allocfree');
    expect(parser.faults.counts.malformedLines).toBe(0);
  });

  test('a last line without its end', () => {
    expect(parsed('tracealloc(0x10, 0x20)\ntracefree(0x10, 0x20)').found).toEqual(['+0x10 32', '-0x10']);
    const { found, parser } = parsed('tracealloc(0x10, 0x20)\ntracefree(0x10, 0x');
    expect(found).toEqual(['+0x10 32']);
    expect(parser.faults.counts.cutLine).toBe(2);
  });

  test.each([
    'tracealloc(0x10, 32)',
    'tracefree(0x10)',
    'tracealloc(0x0, 0x10)',
    'tracegc(1)',
    'tracealloc(0x10, 0xffffffffffff)',
  ])('a line that is none is malformed: %s', (line) => {
    const text = `tracealloc(0x100, 0x20)\n${line}\n`;
    const { found, parser } = parsed(text);
    expect(found).toEqual(['+0x100 32']);
    expect(parser.faults.counts).toMatchObject({ malformedLines: 1, firstMalformedLine: 2 });
    expect(codeOf(() => parsed(text, 10, 100, true))).toBe('ERR_TRACE');
  });
});

describe.each(generations)('a heap writes them, %s', (generation) => {
  test.each(['explicit', 'tracing'] as const)('each object once, each free once: %s', (liveness) => {
    const file = join(folder, `${generation}-${liveness}`);
    const heap = new Heap({ environment: false, reach: 2 ** 28, generation, liveness, allocFreeTrace: file });
    const type = heap.type({ p: 'pointer', x: 'f64' });
    const random = new Random(5);
    const living = new Map<number, number>();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 400; i++) {
        const size = [random.below(15), 16, random.below(2000), 40_000][random.below(4)]!;
        const addr = random.below(3) === 0 ? heap.new(type) : heap.malloc(size);
        const bytes = addr === heap.malloc(0) ? 0 : (heap.findObject(addr)?.size ?? 0);
        if (bytes > 0) living.set(addr, bytes);
      }
      if (liveness === 'explicit') {
        heap.dropAll(living.keys());
      } else {
        heap.malloc(0);
      }
      heap.gc();
      living.clear();
    }
    heap.check(3);
    const { HeapObjects } = heap.readMemStats();
    heap.dispose();
    const text = readFileSync(file, 'utf8');
    expect(text.split('tracegc()\n').length - 1).toBeGreaterThanOrEqual(3);
    // Every free is of what was allocated, and at the end as much is there as the heap says.
    const known = new Set<string>();
    for (const operation of parsed(text).found) {
      const at = operation.slice(1).split(' ')[0]!;
      if (operation.startsWith('+')) {
        expect(known.has(at), operation).toBe(false);
        known.add(at);
      } else {
        expect(known.delete(at), operation).toBe(true);
      }
    }
    expect(known.size).toBe(HeapObjects);
  });
});
