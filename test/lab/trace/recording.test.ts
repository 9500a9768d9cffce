import { describe, expect, it } from 'vitest';
import { placeUnit } from '../../../lib/lab/trace/grammar.ts';
import {
  OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  wayPlain,
  wayZeroed,
} from '../../../lib/lab/trace/operations.ts';
import { TraceParser } from '../../../lib/lab/trace/parser.ts';
import { recordingFormat } from '../../../lib/lab/trace/recording.ts';
import { RecordingWriter, recordingHead } from '../../../lib/lab/trace/recording-writer.ts';
import { randomNumbers } from '../support/synthetic-run.ts';
import { parseChunks } from './support.ts';

const header = {
  pid: 7,
  executable: '/bin/x',
  command: ['x', 'y'],
  started: '2026-01-01T00:00:00.000Z',
  threads: 3,
};

type Row = readonly [kind: number, pointer: number, size: number, thread: number, time: number, way: number];

/** Rows of all kinds, with small and large numbers of all sorts. */
function randomRows(n: number, seed: number): Row[] {
  const next = randomNumbers(seed);
  let time = 0;
  return Array.from({ length: n }, () => {
    const kind = [opAllocate, opFree, opMoveFrom, opMoveTo, opFailedMove][Math.floor(next() * 5)];
    const base = [0x5500_0000_0000, 0x7f00_0000_0000, 0][Math.floor(next() * 3)];
    const unit = next() < 0.9 ? 16 : 1;
    const pointer = kind !== opAllocate && base === 0 ? 16 : base + unit * Math.floor(next() * 1000);
    const size = kind === opFree || kind === opMoveFrom ? 0 : Math.floor(2 ** (47 * next()));
    time += next() < 0.5 ? 0 : Math.floor(2 ** (30 * next()));
    const way = [wayPlain, wayZeroed, 4 + Math.floor(43 * next())][Math.floor(3 * next())];
    const thread = Math.floor(2 ** (16 * next())) - 1;
    return [kind, pointer, size, thread, time, kind === opAllocate ? way : wayPlain];
  });
}

function fileOfRows(rows: readonly Row[], more: object = {}): Buffer {
  const batch = new OperationBatch(Math.max(2, rows.length));
  rows.forEach(([kind, pointer, size, thread, time, way], i) => {
    batch.kinds[i] = kind;
    batch.pointers[i] = pointer;
    batch.sizes[i] = size;
    batch.threads[i] = thread;
    batch.times[i] = time;
    batch.ways[i] = way;
  });
  batch.count = rows.length;
  batch.hasWays = true;
  const writer = new RecordingWriter();
  const head = recordingHead({ ...header, ops: rows.length, samples: [[1, 2, 3, 4]], ...more });
  return Buffer.concat([head, writer.rows(batch), writer.end()]);
}

/** What is read of a file, in pieces of so many bytes. */
function read(bytes: Uint8Array, piece: number, strict = true): { rows: Row[]; parser: TraceParser } {
  const parser = new TraceParser('test.rec', strict);
  const batch = new OperationBatch(100);
  const rows: Row[] = [];
  const drain = (): void => {
    for (let more = true; more; ) {
      batch.clear(parser.lines);
      more = parser.parse(batch);
      for (let i = 0; i < batch.count; i++)
        rows.push([
          batch.kinds[i],
          batch.pointers[i],
          batch.sizes[i],
          batch.threads[i],
          batch.times[i],
          batch.ways[i],
        ]);
    }
  };
  for (let at = 0; at < bytes.length; at += piece) {
    parser.feed(bytes.subarray(at, at + piece));
    drain();
  }
  parser.end();
  drain();
  return { rows, parser };
}

describe('a recording', () => {
  it.each([1, 2, 3])('is read as it was written, in pieces of any length (seed %i)', (seed) => {
    const rows = randomRows(3000, seed);
    const bytes = fileOfRows(rows);
    for (const piece of [1, 7, 1000, bytes.length]) expect(read(bytes, piece).rows).toEqual(rows);
  });

  it('tells of its program', () => {
    const { parser } = read(fileOfRows(randomRows(5, 1), { mostResident: 77, stopped: 'diskFull' }), 1000);
    expect(parser.recorded).toEqual({
      ...header,
      ops: 5,
      mostResident: 77,
      stopped: 'diskFull',
      samples: [{ ms: 1, ops: 2, rss: 3, anon: 4 }],
    });
    expect([parser.format, parser.announcedOps, parser.lines]).toEqual(['recording', 5, 5]);
  });

  it('that was cut off counts as far as it goes, and is told', () => {
    const rows = randomRows(1000, 5);
    const bytes = fileOfRows(rows);
    for (const share of [0.3, 0.6, 0.999]) {
      const { rows: got, parser } = read(bytes.subarray(0, Math.floor(bytes.length * share)), 1000, false);
      expect(got).toEqual(rows.slice(0, got.length));
      expect(parser.faults.counts.cutLine).toBe(got.length + 1);
      expect(() => read(bytes.subarray(0, Math.floor(bytes.length * share)), 1000)).toThrow(
        'ends before its end',
      );
    }
  });

  it.each([
    ['another format', `pageheap-recording/9\n{}\n`, 'this version reads pageheap-recording/2'],
    ['a header that is no JSON', `${recordingFormat}\nhello\n`, 'must be JSON about its program'],
    ['a header without its program', `${recordingFormat}\n{"pid":1}\n`, 'must be JSON about its program'],
    [
      'a kind that there is not',
      `${recordingFormat}\n${JSON.stringify({ ...header, samples: [] })}\n${'\x09'.repeat(40)}`,
      'operation 1 of the recording is damaged',
    ],
    [
      'a pointer below zero',
      `${recordingFormat}\n${JSON.stringify({ ...header, samples: [] })}\n\x02\x7f${'\0'.repeat(40)}`,
      'operation 1 of the recording is damaged',
    ],
    [
      'numbers without an end',
      `${recordingFormat}\n${JSON.stringify({ ...header, samples: [] })}\n\x02${'\xff'.repeat(80)}`,
      'operation 1 of the recording is damaged',
    ],
  ])('refuses %s', (_name, text, message) => {
    expect(() => parseChunks([Buffer.from(text, 'latin1')])).toThrow(message);
  });

  it('of which the header alone is there is told', () => {
    expect(() => parseChunks([Buffer.from(`${recordingFormat}\n{"pi`)], 64, true)).toThrow(
      'ends in the header',
    );
    expect(() => parseChunks([Buffer.from('PHEAPRAW12345')], 64, true)).toThrow('ends in the header');
  });

  it('with bytes that are wrong never leads out of the range of operations', () => {
    const next = randomNumbers(9);
    const bytes = fileOfRows(randomRows(200, 4));
    const from = bytes.indexOf('\n', bytes.indexOf('\n') + 1) + 1;
    for (let n = 0; n < 300; n++) {
      const damaged = Buffer.from(bytes);
      damaged[from + Math.floor(next() * (bytes.length - from))] = Math.floor(next() * 256);
      try {
        const { rows } = read(damaged, 1000, false);
        for (const [kind, pointer] of rows) expect(kind > 0 && pointer >= 0 && pointer < 2 ** 57).toBe(true);
      } catch (error) {
        expect((error as Error).message).toMatch(/is damaged/);
      }
    }
  });
});

it('a place in it is an operation, since it has no lines', () => {
  expect(
    (['recording', 'raw', 'malloc-workload', 'mtrace', 'calls', undefined] as const).map(placeUnit),
  ).toEqual([...['operation', 'operation', 'operation'], ...['line', 'line', 'line']]);
});
