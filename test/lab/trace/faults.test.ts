/** Traces as people have them: cut off, written by several processes, emptied while they were written. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opAllocate, opFree, opMoveFrom, opMoveTo } from '../../../lib/lab/trace/operations.ts';
import { times } from '../../support/extent.ts';
import { heldByBuffers } from '../../support/garbage.ts';
import { cut, errorOf, faultsOf, known, type Operation, parseChunks, parseText } from './support.ts';

const real = gunzipSync(readFileSync('traces/git.mtrace.gz')).subarray(0, 1000);

describe('a trace that was cut off', () => {
  it('counts up to the cut, at every byte', () => {
    const whole = parseChunks([real.subarray(0, real.lastIndexOf(10) + 1)], 10_000).ops;
    for (let n = 1; n <= real.length; n++) {
      const { ops, parser } = parseChunks([real.subarray(0, n)], 10_000);
      const lines = real.subarray(0, n).filter((byte) => byte === 10).length;
      // The first line is the mark.
      expect(ops).toEqual(whole.slice(0, Math.max(0, lines - 1)));
      const isWhole = real[n - 1] === 10 || real.toString('latin1', 0, n) === '= Start';
      const inRealloc = ops.at(-1)?.[0] === opMoveFrom;
      const cutLine = isWhole ? (inRealloc ? lines : 0) : lines + 1;
      expect(known(parser.faults.counts)).toEqual(cutLine === 0 ? {} : { cutLine });
    }
  });

  it.each<[string, string]>([
    ['a .rep', '1\n2\n3\n0\na 0 16\na 1 32\nf 0\n'],
    ['a .rep of Windows', '1\r\n2\r\n3\r\n0\r\na 0 16\r\na 1 32\r\nf 0\r\n'],
    ['a script', '# of mine\na 5 10\nr 5 20 # more\nf 5\n'],
  ])('is no error in %s either, at every byte', (_what, text) => {
    const whole = parseText(text);
    for (let n = 1; n < text.length; n++) {
      // A comment alone is no trace yet.
      if (text.startsWith('#') && n <= text.indexOf('\n') + 1) continue;
      const { ops, parser } = parseChunks([Buffer.from(text.slice(0, n))]);
      const { cutLine, missingOps, ...others } = known(parser.faults.counts);
      expect(others).toEqual({});
      // The last number of a script may be cut without a trace of it; an operation less is not made up.
      expect(ops.length).toBeLessThanOrEqual(whole.length);
      expect(ops.slice(0, -1)).toEqual(whole.slice(0, Math.max(0, ops.length - 1)));
      if (ops.length < whole.length && !text.startsWith('#'))
        expect(cutLine ?? missingOps).toBeGreaterThan(0);
    }
  });

  it('may end in a line that is whole without its newline', () => {
    expect(faultsOf('= Start\n+ 0x10 0x1\n= End')).toEqual({});
    expect(faultsOf('1\n1\n2\n0\na 0 8\nf 0')).toEqual({});
    expect(faultsOf('a 0 8\nf 0')).toEqual({});
    expect(faultsOf('a 0 8\nf')).toEqual({ cutLine: 2 });
  });

  it('says what its header promised', () => {
    expect(faultsOf('1\n2\n3\n0\na 0 8\na 1 8\n')).toEqual({ missingOps: 1 });
    expect(faultsOf('1\n2\n')).toEqual({ cutLine: 2 });
  });
});

describe('several processes in one file', () => {
  it.each<[string, string, Operation[], Record<string, number>]>([
    [
      'half a line of a buffer that was written twice',
      '= Start\n@ ./a:[0x1] + 0x50 0x10\nb8] + 0x60 0x10\n@ ./a:[0x1] - 0x50\n= End\n',
      [
        [opAllocate, 0x50, 0x10, 2],
        [opFree, 0x50, 0, 4],
      ],
      { malformedLines: 1, firstMalformedLine: 3 },
    ],
    [
      'a half line first',
      'x8] + 0x60 0x10\n+ 0x50 0x10\n',
      [[opAllocate, 0x50, 0x10, 2]],
      { malformedLines: 1, firstMalformedLine: 1 },
    ],
    [
      'output of the program between',
      'hello\n= Start\nworld\n\n  \t\n+ 0x50 0x10\n',
      [[opAllocate, 0x50, 0x10, 6]],
      { malformedLines: 2, firstMalformedLine: 1 },
    ],
    [
      'numbers that cannot be',
      '+ 0x10 0x800000000001\n- 0x200000000000000\n+ 0x50 0x10\n',
      [[opAllocate, 0x50, 0x10, 3]],
      { malformedLines: 2, firstMalformedLine: 1, outOfRangeLines: 2 },
    ],
    [
      'a hole at a line’s start',
      `= Start\n+ 0x50 0x10\n= End\n${'\0'.repeat(300)}- 0x50\n= End\n`,
      [
        [opAllocate, 0x50, 0x10, 2],
        [opFree, 0x50, 0, 4],
      ],
      { holeBytes: 300, parts: 2 },
    ],
    ['a hole at the beginning', '\0\0\0\0\0+ 0x50 0x10\n', [[opAllocate, 0x50, 0x10, 1]], { holeBytes: 5 }],
    [
      'a hole in a caller',
      '+ 0x50 0x10\n@ ./a:[0x1\0\0@ ./b:[0x2] - 0x50\n',
      [
        [opAllocate, 0x50, 0x10, 1],
        [opFree, 0x50, 0, 2],
      ],
      { holeBytes: 2, malformedLines: 1, firstMalformedLine: 2 },
    ],
    [
      'a hole in an operation',
      '= Start\n+ 0x50 0x1\0\0+ 0x60 0x20\n',
      [[opAllocate, 0x60, 0x20, 2]],
      { holeBytes: 2, malformedLines: 1, firstMalformedLine: 2 },
    ],
    [
      'halves on both sides of a hole',
      '= Start\n+ 0x50\0\0x60 0x20\n- 0x50\n',
      [[opFree, 0x50, 0, 3]],
      { holeBytes: 2, malformedLines: 1, firstMalformedLine: 2 },
    ],
    ['a hole at the end', '= Start\n- 0x50\n\0\0\0', [[opFree, 0x50, 0, 2]], { holeBytes: 3 }],
    [
      'a byte-order mark first, and in the middle',
      '\xef\xbb\xbf= Start\n- 0x50\n\xef\xbb\xbf= Start\n- 0x60\n',
      [
        [opFree, 0x50, 0, 2],
        [opFree, 0x60, 0, 4],
      ],
      { parts: 2 },
    ],
  ])('%s', (_what, text, ops, faults) => {
    expect(parseText(text)).toEqual(ops);
    expect(faultsOf(text)).toEqual(faults);
  });

  it.each<[string, string, number, RegExp]>([
    [
      'capitals',
      '= START\n+ 0X10 0X20\n- 0X10\n',
      1,
      /no line of this file was understood; the first: .*"= START"/,
    ],
    ['after the mark', '= Start\n\n+ 0X10 0X20\n', 3, /no line of this file but its marks .*"\+ 0X10 0X20"/],
    ['numbers that cannot be', '- 0x200000000000000\n', 1, /no line .*: a pointer beyond 57 bits/],
    ['the last one cut', '= START\n+ 0X10 0X20\n- 0X', 1, /no line of this file was/],
  ])('is an error where no line is an operation: %s', (_what, text, line, message) => {
    const error = errorOf(text, false);
    expect(error).toMatchObject({ code: 'ERR_TRACE', line, message: expect.stringMatching(message) });
  });

  it('half a realloc: a lone > allocates, a lone < is nothing', () => {
    expect(parseText('> 0x20 0x10\n< 0x20\n- 0x20\n< 0x30\nnoise\n> 0x40 0x1\n')).toEqual([
      [opAllocate, 0x20, 0x10, 1],
      [opMoveFrom, 0x20, 0, 2],
      [opFree, 0x20, 0, 3],
      [opMoveFrom, 0x30, 0, 4],
      [opMoveTo, 0x40, 1, 6],
    ]);
    expect(faultsOf('> 0x20 0x10\n< 0x20\n- 0x20\n')).toEqual({ halfReallocs: 2 });
  });

  it('passes over holes larger than memory may be', () => {
    const hole = new Uint8Array(1024 * 1024);
    let held = 0;
    function* chunks(): Generator<Uint8Array> {
      yield Buffer.from('= Start\n+ 0x10');
      const before = heldByBuffers();
      for (let i = 0; i < 64; i++) yield hole;
      held = heldByBuffers() - before;
      yield Buffer.from('- 0x20\n');
    }
    const { ops, parser } = parseChunks(chunks());
    expect(ops).toEqual([[opFree, 0x20, 0, 2]]);
    expect(known(parser.faults.counts)).toEqual({
      holeBytes: 64 * 1024 * 1024,
      malformedLines: 1,
      firstMalformedLine: 2,
    });
    expect(held).toBeLessThan(4 * 1024 * 1024);
  });

  it('is read the same wherever chunks fall', () => {
    const piece = fc.constantFrom(
      '+ 0x10 0x20\n',
      '@ a:[0x1] - 0x10\n',
      '< 0x10\n',
      '> 0x20 0x1\n',
      'noise\n',
      '= End\n',
      '@ a:[0x',
      '\0',
      '\0\0\0',
      '\n',
      '\xef\xbb\xbf',
      '\r\n',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat(4000), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (pieces, places, rows) => {
          const bytes = Buffer.from(`= Start\n- 0x10\n${pieces.join('')}`, 'latin1');
          const whole = parseChunks([bytes], 1000);
          const parts = parseChunks(cut(bytes, places), rows);
          expect(parts.ops).toEqual(whole.ops);
          expect(parts.parser.faults.counts).toEqual(whole.parser.faults.counts);
        },
      ),
      { numRuns: times(100, 300) },
    );
  });
});

describe('what courses’ drivers accept', () => {
  it('comments anywhere', () => {
    const text = '# mine\n20000 # bytes\n1\n# between\n2\n1\n# comment\na 0 5 # five\n\nf 0#\n# end';
    expect(parseText(text).map(([kind]) => kind)).toEqual([opAllocate, opFree]);
    expect(faultsOf(text)).toEqual({});
    expect(parseText('# mine\na 0 5 # five\nf 0\n')).toEqual([
      [opAllocate, 1, 5, 2],
      [opFree, 1, 0, 3],
    ]);
  });

  it('more operations than the header counts, and whatever follows', () => {
    const text = '1\n2\n2\n0\na 0 16\nf 0\nf 1\n\n# end\nand so on\n';
    expect(parseText(text)).toHaveLength(2);
    expect(faultsOf(text)).toEqual({ surplusOps: 2 });
  });
});
