/** How memory was asked for: what formats tell of calloc and of alignments. */
import { describe, expect, it } from 'vitest';
import { OperationBatch, wayAligned } from '../../../lib/lab/trace/operations.ts';
import { TraceParser } from '../../../lib/lab/trace/parser.ts';
import { recordingHead } from '../../../lib/lab/trace/recording-writer.ts';

/** What each operation is in words, or that the file is refused. */
function wordsOf(bytes: Uint8Array, strict = true): string[] {
  const parser = new TraceParser('test.trace', strict);
  const batch = new OperationBatch(64);
  const words: string[] = [];
  const drain = (): void => {
    for (let more = true; more; ) {
      batch.clear(parser.lines);
      more = parser.parse(batch);
      for (let i = 0; i < batch.count; i++) words.push(batch.wordsOf(i));
    }
  };
  parser.feed(bytes);
  drain();
  parser.end();
  drain();
  return words;
}

/** A raw file of such records: kind, pointer, size. */
function rawFile(version: number, records: readonly (readonly [number, number, number])[]): Buffer {
  const header = Buffer.alloc(4096);
  header.write('PHEAPRAW', 'latin1');
  header.writeUInt32LE(version, 8);
  header.writeUInt32LE(4096, 12);
  const rows = records.map(([kind, pointer, size]) => {
    const row = Buffer.alloc(16);
    row.writeBigUInt64LE(BigInt(kind) | (1n << 4n) | ((BigInt(pointer) / 8n) << 20n), 0);
    row.writeUInt32LE(size, 8);
    return row;
  });
  return Buffer.concat([header, ...rows]);
}

it.each([
  [1, 0],
  [8, 0],
  [16, 4],
  [64, 6],
  [4096, 12],
  [48, 0],
  [0, 0],
  [2 ** 46, 46],
  [2 ** 47, 0],
])('an alignment of %d is the way %d', (alignment, way) => {
  expect(wayAligned(alignment)).toBe(way);
});

describe('raw files', () => {
  it('tell of calloc, and of an alignment by the lowest bit of the pointer', () => {
    const cases: [number, number, number][] = [
      [10, 0x7f00_0000_0010, 24],
      [11, 0x7f00_0000_0040 + 32, 200],
      [11, 0x7f00_0000_0000 + 2048, 600],
      [11, 0x7f00_0000_0000 + 8, 5],
      [11, 2 ** 33 + 2 ** 32, 7],
      [11, 2048, 9],
      [1, 0x7f00_0000_0020, 48],
    ];
    expect(wordsOf(rawFile(2, cases))).toEqual([
      'calloc(1, 24) = 0x7f0000000010',
      'memalign(64, 200) = 0x7f0000000040',
      'memalign(4096, 600) = 0x7f0000000000',
      'memalign(16, 5) = 0x7f0000000000',
      'memalign(8589934592, 7) = 0x200000000',
      'memalign(4096, 9) = (nil)',
      'malloc(48) = 0x7f0000000020',
    ]);
  });

  it('of the first version are read', () => {
    expect(wordsOf(rawFile(1, [[1, 64, 8]]))).toEqual(['malloc(8) = 0x40']);
    expect(() => wordsOf(rawFile(3, [[1, 64, 8]]))).toThrow('a raw recording of version 3, not 1 or 2');
  });

  it.each([[[11, 0, 8]], [[12, 64, 8]], [[15, 64, 8]]] as const)(
    'with a record that is none (%j) say so',
    (row) => {
      expect(() => wordsOf(rawFile(2, [row]))).toThrow('no record of the recorder at byte 4096');
    },
  );
});

describe('recordings', () => {
  const about = { pid: 7, executable: '/x', command: ['x'], started: '2026-01-01', threads: 1, samples: [] };
  const rowsOf = (...bytes: number[]): Buffer => Buffer.from([...bytes, 15, ...Array(32).fill(0)]);

  it('of the first format are read', () => {
    const head = Buffer.from(
      Buffer.from(recordingHead(about)).toString().replace('recording/2', 'recording/1'),
    );
    expect(wordsOf(Buffer.concat([head, rowsOf(1, 4, 100)]))).toEqual(['malloc(100) = 0x10']);
  });

  it.each([0, 1, 3, 47, 255])('with an alignment that there is not (2^%d) are refused', (way) => {
    const file = Buffer.concat([recordingHead(about), rowsOf(7, 4, 100, way)]);
    expect(() => wordsOf(file)).toThrow('operation 1 of the recording is damaged');
  });
});

describe('what other tools print', () => {
  it.each([
    ['--1-- calloc(2,8) = 0x40', 'calloc(1, 16) = 0x40'],
    ['--1-- memalign(al 64, size 200) = 0x40', 'memalign(64, 200) = 0x40'],
    ['--1-- _ZnwmSt11align_val_t(size 200, al 128) = 0x80', 'memalign(128, 200) = 0x80'],
    ['--1-- _Znwm(200) = 0x80', 'malloc(200) = 0x80'],
    ['aligned_alloc(4096, 100) = 0x1000', 'memalign(4096, 100) = 0x1000'],
    ['valloc(100) = 0x1000', 'memalign(4096, 100) = 0x1000'],
    ['7: memalign 0x1000 64 200', 'memalign(64, 200) = 0x1000'],
    ['7: calloc 0x1000 4 16', 'calloc(1, 64) = 0x1000'],
  ])('%s', (line, words) => {
    expect(wordsOf(Buffer.from(`${line}\n`))).toEqual([words]);
  });
});
