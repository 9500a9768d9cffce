import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
} from '../../../lib/lab/trace/operations.ts';
import { TraceParser } from '../../../lib/lab/trace/parser.ts';
import { forEachBatch, measureTrace, TraceReader } from '../../../lib/lab/trace/reader.ts';
import { fileOf } from './support.ts';

const formats = fileURLToPath(new URL('../../fixtures/traces/formats/', import.meta.url));
const words: Readonly<Record<number, string>> = {
  [opAllocate]: '+',
  [opFree]: '-',
  [opMoveFrom]: '<',
  [opMoveTo]: '>',
  [opFailedMove]: '!',
};

/** Kinds and sizes of a trace, threads where it tells. */
async function shortly(path: string, strict = false): Promise<string> {
  const reader = await TraceReader.open(path, strict);
  const batch = new OperationBatch();
  const rows: string[] = [];
  try {
    while (await reader.fill(batch))
      for (let i = 0; i < batch.count; i++) {
        const kind = batch.kinds[i];
        const size = kind === opFree || kind === opMoveFrom ? '' : batch.sizes[i];
        rows.push(
          `${batch.threaded && batch.threads[i] > 0 ? `${batch.threads[i]}:` : ''}${words[kind]}${size}`,
        );
      }
    return `${reader.format} ${rows.join(' ')}`;
  } finally {
    await reader.close();
  }
}

const expected: Readonly<Record<string, string>> = {
  // What valgrind 3.19, ltrace 0.7.3 heaptrack 1.4 and bpftrace 0.17 wrote of one program; the others by hand.
  'valgrind.txt': 'calls +100 < >5000 - +21 - +200 - +300 - +320 - +11 - +15 - +77 -',
  'heaptrack.raw.zst': 'heaptrack +72704 +100 - +5000 - +21 - - +300 - +320 - +11 +15 - +77 - -',
  'heaptrack.zst': 'heaptrack +72704 +100 - +5000 - +21 - +300 - +320 - +11 +15 - +77 - -',
  'android.txt': 'android +48 < >96 1:+64 +200 - 1:- +0 -',
  'threads.ltrace.txt': 'calls 1:+60 +16 1:- < >100 -',
  'bpftrace.txt': 'calls +100 < >5000 - +21 - - - - +11 - +15 - - 1:+18446744073709552000',
  'malloc-workload.wl': 'malloc-workload +100 1:+60 < >900 1:+500 1:- 1:-',
  'malloc-trace.bin': 'malloc-trace +100 +60 1:+500 < >900 1:- - -',
};

describe('traces of other tools', () => {
  it.each(Object.entries(expected))('%s is read for what it is', async (name, ops) => {
    expect(await shortly(formats + name, true)).toBe(ops);
  });

  it('posix_memalign of ltrace does not tell its address, which is told', async () => {
    expect(await shortly(`${formats}ltrace.txt`)).toBe(
      'calls +100 < >5000 - +21 - +200 - - +320 - +11 - +15 - +77 -',
    );
    await expect(shortly(`${formats}ltrace.txt`, true)).rejects.toThrow(
      ':8: a posix_memalign does not tell the address',
    );
  });

  it('calls of ltrace that have no end are frees all the same, and no allocations', async () => {
    const text = [
      '[pid 11] malloc(16)                              = 0x55d0a0',
      '[pid 11] free(0x55d0a0 <no return ...>',
      '[pid 12] malloc(24 <no return ...>',
      '[pid 12] posix_memalign(0x7ffd, 64, 300, 11)     = 0',
      '[pid 12] calloc(2, 30)                           = 0x55d0c0',
      '',
    ].join('\n');
    const file = fileOf(Buffer.from(text), 'ended.ltrace.txt');
    expect(await shortly(file)).toBe('calls +16 - 1:+60');
    await expect(shortly(file, true)).rejects.toThrow(/:3: an allocation whose answer did not come/);
    const parser = new TraceParser('ended');
    const batch = new OperationBatch();
    parser.feed(Buffer.from(text));
    while (parser.parse(batch));
    parser.end();
    while (parser.parse(batch));
    expect(parser.faults.counts).toMatchObject({ malformedLines: 0, untoldAddresses: 1, unendedCalls: 1 });
  });

  it.each(Object.keys(expected).filter((name) => !name.endsWith('.zst')))(
    '%s gzipped is the same',
    async (name) => {
      const bytes = gzipSync(readFileSync(formats + name));
      expect(await shortly(fileOf(bytes, 'x.bin'), true)).toBe(expected[name]);
    },
  );

  it.each(Object.keys(expected))('%s byte by byte is the same', async (name) => {
    const whole = new OperationBatch();
    await forEachBatch(formats + name, (batch) => {
      whole.count = batch.count;
    });
    if (name.endsWith('.zst')) return;
    const parser = new TraceParser('bytes');
    const batch = new OperationBatch();
    for (const byte of readFileSync(formats + name)) {
      parser.feed(Uint8Array.of(byte));
      while (parser.parse(batch));
    }
    parser.end();
    while (parser.parse(batch));
    expect(batch.count).toBe(whole.count);
  });

  it('counts their operations', async () => {
    expect(await measureTrace(`${formats}malloc-trace.bin`)).toMatchObject({ lines: 7, ops: 7 });
  });

  it.each([
    [
      'half a call of valgrind',
      '--7-- malloc(16) = 0x4A40\n--7-- malloc(16',
      2,
      'the file ends in the middle of a line',
    ],
    [
      'a second process of valgrind',
      '--7-- malloc(16) = 0x4A40\n--8-- malloc(16) = 0x4A40\n',
      2,
      'a second process',
    ],
    [
      'an undefined number of heaptrack',
      'v 10400 3\na 10 1\n+ 0\n+ 5\n',
      4,
      'an allocation that was not defined',
    ],
    [
      'a line of Android without its size',
      '1: malloc 0x10 5\n1: malloc 0x20\n',
      2,
      'no line of record_allocs',
    ],
    [
      'a size beyond the address space',
      'malloc(9) = 0x10\nmalloc(999999999999999999) = 0x10\n',
      2,
      'a size beyond',
    ],
  ])('refuses %s in strict mode, with its line', async (_name, text, line, message) => {
    await expect(shortly(fileOf(text, 'x.txt'), true)).rejects.toThrow(`:${line}: ${message}`);
  });

  it('tells a zstd stream that was cut off, or is damaged', async () => {
    const bytes = readFileSync(`${formats}heaptrack.raw.zst`);
    await expect(shortly(fileOf(bytes.subarray(0, 300), 'x.zst'), true)).rejects.toThrow(
      /cut off|broken|ends/,
    );
    const damaged = Uint8Array.from(bytes);
    damaged.fill(0xff, 20, 60);
    await expect(shortly(fileOf(damaged, 'y.zst'))).rejects.toThrow('zstd');
  });

  it.each([
    ['massif', 'desc: (none)\ncmd: ./a\ntime_unit: i\n', 'output of massif'],
    ['DHAT', '{"dhatFileVersion":2\n,"mode":"heap"\n', 'output of DHAT'],
    ['pprof of tcmalloc', 'heap profile:   1:  2 [ 3: 4] @ heapprofile\n', 'a heap profile (pprof)'],
    ['memleak', '[12:00:00] Top 10 stacks with outstanding allocations:\n', 'output of memleak (bcc)'],
    [
      'valgrind without the option',
      '==7== Memcheck, a memory error detector\n==7== HEAP SUMMARY\n',
      'without --trace-malloc',
    ],
  ])('%s has no events, and is named', async (_name, text, what) => {
    await expect(shortly(fileOf(text, 'x.txt'))).rejects.toThrow(what);
  });

  it('a profile of pprof has no events, and is named', async () => {
    const bytes = gzipSync(
      Buffer.from([0x0a, 0x04, 0x08, 0x01, 0x10, 0x02, 0x0a, 0x04, 0x08, 0x03, 0x10, 0x04]),
    );
    await expect(shortly(fileOf(bytes, 'x.gz'))).rejects.toThrow('a profile (pprof)');
  });
});
