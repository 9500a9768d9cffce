import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import {
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  opResize,
  opWrite,
} from '../../../lib/lab/trace/operations.ts';
import { maxLineBytes } from '../../../lib/lab/trace/parser.ts';
import { times } from '../../support/extent.ts';
import { cut, errorOf, known, type Operation, parseChunks, parseText } from './support.ts';

describe('mtrace text', () => {
  it.each<[string, string, Operation[]]>([
    ['an allocation', '+ 0x55f1fa1192a0 0x5\n', [[opAllocate, 0x55f1fa1192a0, 5, 1]]],
    ['a free', '- 0x55f1fa1192a0\n', [[opFree, 0x55f1fa1192a0, 0, 1]]],
    [
      'a realloc of two lines',
      '< 0x10\n> 0x20 0x400\n',
      [
        [opMoveFrom, 0x10, 0, 1],
        [opMoveTo, 0x20, 0x400, 2],
      ],
    ],
    ['a failed realloc', '! 0x10 0xffffffffffffffff\n', [[opFailedMove, 0x10, 2 ** 64, 1]]],
    ['a failed allocation of any size', '+ (nil) 0xffffffffffffffff\n', [[opAllocate, 0, 2 ** 64, 1]]],
    ['size zero as C prints it', '+ 0x10 0\n', [[opAllocate, 0x10, 0, 1]]],
    ['the largest size', '+ 0x10 0x800000000000\n', [[opAllocate, 0x10, 2 ** 47, 1]]],
    ['a pointer of 57 bits', '+ 0x1fffffffffffff0 0x1\n', [[opAllocate, 2 ** 57 - 16, 1, 1]]],
    [
      'a pointer of 32 bits and its neighbours',
      '- 0xffffffff\n- 0x100000000\n- 0x80000000\n',
      [
        [opFree, 2 ** 32 - 1, 0, 1],
        [opFree, 2 ** 32, 0, 2],
        [opFree, 2 ** 31, 0, 3],
      ],
    ],
    ['digits of both cases', '- 0xAbCdEf\n', [[opFree, 0xabcdef, 0, 1]]],
    [
      'marks, anywhere, and no end',
      '= Start\n+ 0x10 0x1\n= End\n= Start\n- 0x10\n',
      [
        [opAllocate, 0x10, 1, 2],
        [opFree, 0x10, 0, 5],
      ],
    ],
    ['an end without newline', '= Start\n+ 0x10 0x1\n= End', [[opAllocate, 0x10, 1, 2]]],
    [
      'lines ended as on Windows',
      '= Start\r\n+ 0x10 0x1\r\n- 0x10\r\n= End\r\n',
      [
        [opAllocate, 0x10, 1, 2],
        [opFree, 0x10, 0, 3],
      ],
    ],
    ['blank lines, also first', '\n\n= Start\n\n+ 0x10 0x1\n', [[opAllocate, 0x10, 1, 5]]],
    [
      'a caller',
      '@ libc.so.6:(_IO_file_doallocate+8c)[0x758cc] + 0x10 0x1000\n',
      [[opAllocate, 0x10, 0x1000, 1]],
    ],
    ['a caller with spaces', '@ /home/me/my own program:(main+1)[0x1] - 0x10\n', [[opFree, 0x10, 0, 1]]],
    [
      'a caller that looks like an operation',
      '@ /tmp/a + 0x5 0x6/b - 0x7:[0x1] + 0x10 0x20\n',
      [[opAllocate, 0x10, 0x20, 1]],
    ],
    [
      'a caller full of operators',
      '@ + - < > ! + 0x1 x - 0x2y > + 0x10 0x20\n',
      [[opAllocate, 0x10, 0x20, 1]],
    ],
    ['a caller without brackets', '@ a.out:main - 0x10\n', [[opFree, 0x10, 0, 1]]],
    ['an older caller', '[0x8048209] - 0x8064cc8\n', [[opFree, 0x8064cc8, 0, 1]]],
    [
      'callers of a realloc',
      '@ p:[0x1] < 0x10\n@ p:[0x1] > 0x10 0x2\n',
      [
        [opMoveFrom, 0x10, 0, 1],
        [opMoveTo, 0x10, 2, 2],
      ],
    ],
  ])('reads %s', (_what, text, ops) => {
    expect(parseText(text)).toEqual(ops);
  });

  it.each<[string, string, number, RegExp]>([
    [
      'half a line in the middle',
      '= Start\n+ 0x10 0x1\n+ 0x2\n- 0x10\n',
      3,
      /not a line of mtrace: "\+ 0x2"/,
    ],
    ['half a line at the end', '= Start\n+ 0x10 0x1\n+ 0x2', 3, /ends in the middle of a line: "\+ 0x2"/],
    ['a last line that was cut in its number', '= Start\n+ 0x10 0x1', 2, /ends in the middle of a line/],
    ['`<` without `>`', '= Start\n< 0x10\n+ 0x20 0x1\n', 2, /`<` without the `>`/],
    ['`<` before the end mark', '= Start\n< 0x10\n= End\n', 2, /`<` without the `>`/],
    ['`<` before the end', '= Start\n< 0x10\n', 2, /`<` without the `>`/],
    ['`<` twice', '< 0x10\n< 0x10\n> 0x10 0x1\n', 1, /`<` without the `>`/],
    ['`>` without `<`', '= Start\n> 0x10 0x1\n', 2, /`>` without the `<`/],
    ['a realloc to nothing', '< 0x10\n> (nil) 0x5\n', 2, /not a line of mtrace/],
    ['a second start', '= Start\n+ 0x10 0x1\n= End\n= Start\n- 0x10\n= End\n', 4, /a second `= Start`/],
    ['a second end', '= Start\n- 0x10\n= End\n= End', 4, /a second `= End`: .* more than one trace/],
    [
      'a size beyond the address space',
      '= Start\n+ 0x10 0x3c00000000000000\n',
      2,
      /beyond the address space/,
    ],
    ['one byte beyond it', '+ 0x10 0x800000000001\n', 1, /beyond the address space/],
    ['a realloc beyond it', '< 0x10\n> 0x10 0xffffffffffffffff\n', 2, /beyond the address space/],
    ['a pointer beyond 57 bits', '+ 0x200000000000000 0x1\n', 1, /pointer beyond 57 bits/],
    ['a pointer of too many digits', '- 0x00000000000000010\n', 1, /pointer beyond 57 bits/],
    ['a number without digits', '= Start\n- 0x\n', 2, /not a line/],
    ['a decimal number', '= Start\n+ 0x10 25\n', 2, /not a line/],
    ['a negative size', '= Start\n+ 0x10 -0x5\n', 2, /not a line/],
    ['more after the operation', '= Start\n- 0x10 0x20\n', 2, /not a line/],
    ['a caller without operation', '= Start\n@ libc.so.6:[0x758cc]\n', 2, /not a line/],
    ['an unknown mark', '= Start\n= Pause\n', 2, /not a line/],
    ['a zero byte', '= Start\n\0\n', 2, /a hole of zero bytes/],
    ['a hole in a line', '= Start\n+ 0x10\0\0+ 0x10 0x1\n', 2, /a hole of zero bytes/],
  ])('strictly refuses %s', (_what, text, line, message) => {
    const error = errorOf(text);
    expect(error).toBeInstanceOf(PageHeapError);
    expect(error).toMatchObject({ code: 'ERR_TRACE', file: 'test.trace', line });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(`test.trace:${line}: `);
  });

  it('strictly takes what a program asked for and did not get', () => {
    expect(errorOf('= Start\n+ 0x10 0x1\n! 0x10 0xffffffffffffffff\n+ (nil) 0x9\n= End\n')).toBeUndefined();
  });

  it('passes over a line without end, in bounded memory, or refuses it', () => {
    const chunk = Buffer.alloc(maxLineBytes / 4, '@ a');
    const chunks = [
      Buffer.from('= Start\n'),
      ...Array.from({ length: 50 }, () => chunk),
      Buffer.from('\n+ 0x10 0x1\n'),
    ];
    const { ops, parser } = parseChunks(chunks);
    expect(ops).toEqual([[opAllocate, 0x10, 1, 3]]);
    expect(known(parser.faults.counts)).toEqual({ malformedLines: 1, firstMalformedLine: 2 });
    expect(() => parseChunks(chunks, 64, true)).toThrow(/^test\.trace:2: .*a line of more than 1 MiB/);
  });

  it('shows only the beginning of a long line', () => {
    const error = errorOf(`@ ${'x'.repeat(5000)}\n`);
    expect((error as Error).message.length).toBeLessThan(200);
  });
});

describe('.rep traces', () => {
  it('reads the classic order of the header', () => {
    const { ops, parser } = parseChunks([Buffer.from('20000\n2\n3\n1\na 0 512\na 1 128\nf 0\n')]);
    expect(ops).toEqual([
      [opAllocate, 1, 512, 5],
      [opAllocate, 2, 128, 6],
      [opFree, 1, 0, 7],
    ]);
    expect([parser.format, parser.announcedOps, parser.lines]).toEqual(['rep', 3, 7]);
  });

  it('reads the order of 2010, resizes, writes, and frees of nothing', () => {
    expect(parseText('2\n1\n5\n640\na 0 512\nr 0 640\nw 0 640\nf -1\nf 0')).toEqual([
      [opAllocate, 1, 512, 5],
      [opResize, 1, 640, 6],
      [opWrite, 1, 640, 7],
      [opFree, 0, 0, 8],
      [opFree, 1, 0, 9],
    ]);
  });

  it('is generous with blanks', () => {
    expect(parseText('\n 0 \n1\r\n\n2\n0\n\n\ta  0\t7 \r\n  f 0  \n\n')).toEqual([
      [opAllocate, 1, 7, 8],
      [opFree, 1, 0, 9],
    ]);
  });

  it('reads scripts, which have no header', () => {
    expect(parseText('# a 9 9\na 5 10\n\n  # more\nr 5 20\nf 5\n')).toEqual([
      [opAllocate, 6, 10, 2],
      [opResize, 6, 20, 5],
      [opFree, 6, 0, 6],
    ]);
  });

  it.each<[string, string, number, RegExp]>([
    [
      'an id beyond the header’s count',
      '1\n2\n1\n0\na 2 8\n',
      5,
      /an id beyond the 2 of the header.*"a 2 8"/,
    ],
    [
      'a giant id',
      '1\n2\n1\n0\na 99999999999999999999999 8\n',
      5,
      /beyond the 2 of the header.*"a 99999999999999999999999 8"/,
    ],
    ['a giant id of a script', 'a 99999999999999999999 5\n', 1, /out of range: "a 99999999999999999999 5"/],
    ['a negative id', '1\n2\n1\n0\na -1 8\n', 5, /not an operation/],
    ['a free of −2', '1\n2\n1\n0\nf -2\n', 5, /not an operation/],
    ['a negative size', '1\n2\n1\n0\na 1 -8\n', 5, /not an operation/],
    ['the sizes of syn-giant', '0\n2\n2\n0\na 0 8\na 1 272730705000000000\n', 6, /beyond the address space/],
    ['a fractional size', '1\n2\n1\n0\na 1 8.5\n', 5, /not an operation/],
    ['an operation in the header', '1\n2\na 0 8\n', 3, /not a number of a .rep header/],
    ['an absurd number in the header', '1\n99999999999999999999\n1\n1\n', 2, /out of range/],
    ['an unknown operation', '1\n2\n1\n0\nz 0 8\n', 5, /not an operation/],
  ])('refuses %s, strict or not', (_what, text, line, message) => {
    for (const error of [errorOf(text), errorOf(text, false)]) {
      expect(error).toMatchObject({ code: 'ERR_TRACE', file: 'test.trace', line });
      expect((error as Error).message).toMatch(message);
    }
  });

  it.each<[string, string, number, RegExp]>([
    ['half a line', '1\n2\n2\n0\na 0 8\na 1', 6, /ends in the middle of a line: "a 1"/],
    [
      'fewer operations than promised',
      '1\n2\n3\n0\na 0 8\na 1 8\n',
      6,
      /promises 3 operations, the file ends after 2/,
    ],
    ['more operations than promised', '1\n2\n1\n0\na 0 8\na 1 8\n', 6, /more operations than the 1/],
    ['a header cut short', '1\n2\n3\n', 3, /ends in its header/],
  ])('strictly refuses %s', (_what, text, line, message) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: 'ERR_TRACE', file: 'test.trace', line });
    expect((error as Error).message).toMatch(message);
  });
});

describe('chunks and batches', () => {
  const pointer = fc.integer({ min: 1, max: 2 ** 43 }).map((n) => `0x${(n * 16).toString(16)}`);
  const size = fc.integer({ min: 0, max: 2 ** 47 }).map((n) => (n === 0 ? '0' : `0x${n.toString(16)}`));
  const caller = fc.oneof(
    fc.constant(''),
    fc.constant('[0x1234] '),
    fc.stringMatching(/^[ -~]{0,40}$/).map((text) => `@ ${text}[0x1f] `),
  );
  const line = fc.oneof(
    fc.tuple(caller, pointer, size).map(([c, p, s]) => `${c}+ ${p} ${s}\n`),
    fc.tuple(caller, pointer).map(([c, p]) => `${c}- ${p}\n`),
    fc
      .tuple(caller, pointer, caller, pointer, size)
      .map(([c, p, d, q, s]) => `${c}< ${p}\n${d}> ${q} ${s}\n`),
    fc.tuple(caller, pointer, size).map(([c, p, s]) => `${c}! ${p} ${s}\n`),
    fc.constant('+ (nil) 0xffffffffffff\r\n'),
    fc.constant('= End\n'),
  );

  it('do not change what is read, wherever they fall', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 40 }),
        fc.array(fc.nat(4000), { maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (lines, places, rows) => {
          const bytes = Buffer.from(`= Start\n${lines.join('')}`, 'latin1');
          const whole = parseChunks([bytes], 10_000);
          const parts = parseChunks(cut(bytes, places), rows);
          expect(parts.ops).toEqual(whole.ops);
          expect(parts.parser.lines).toBe(whole.parser.lines);
          expect(parts.parser.faults.counts).toEqual(whole.parser.faults.counts);
          expect(whole.parser.lines).toBe(bytes.toString('latin1').split('\n').length - 1);
        },
      ),
    );
  });

  it('reads what a naive reader reads', () => {
    const naive = (text: string): unknown[] =>
      text.split('\n').flatMap((l, i) => {
        const m = /^(?:@ .* |\[.*\] )?([-+<>!]) (\(nil\)|0x[0-9a-f]+)(?: (0x[0-9a-f]+|0))?\r?$/.exec(l);
        return m === null ? [] : [[m[1], m[2] === '(nil)' ? 0 : Number(m[2]), Number(m[3] ?? 0), i + 1]];
      });
    const kinds = ['', '+', '-', '<', '>', '', '', '!'];
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const text = `= Start\n${lines.join('')}`;
        expect(parseText(text).map(([k, p, s, l]) => [kinds[k], p, s, l])).toEqual(naive(text));
      }),
    );
  });

  it('do not change where an error is found', () => {
    const text = `= Start\n${'+ 0x10 0x20\n- 0x10\n'.repeat(50)}+ 0x1 zz\n- 0x10\n`;
    fc.assert(
      fc.property(
        fc.array(fc.nat(2000), { maxLength: 20 }),
        fc.integer({ min: 1, max: 200 }),
        (places, rows) => {
          expect(() => parseChunks(cut(Buffer.from(text), places), rows, true)).toThrow(
            /^test\.trace:102: not a line/,
          );
        },
      ),
    );
  });

  it('never fail otherwise than with a typed error, on any bytes', () => {
    const header = fc.constantFrom('= Start\n', '1\n9\n9\n9\n', '# x\n', '');
    const soup = fc.array(
      fc.constantFrom(
        '+',
        '-',
        '<',
        '>',
        '!',
        '@',
        '[',
        ' ',
        '\n',
        '\r',
        '0x',
        '(nil)',
        'a',
        'f',
        'r',
        '7',
        '1f',
        '\0',
        'ÿ',
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        header,
        soup,
        fc.array(fc.nat(100), { maxLength: 5 }),
        fc.boolean(),
        (head, pieces, places, strict) => {
          const bytes = Buffer.from(head + pieces.join(''), 'latin1');
          let failure: unknown;
          try {
            parseChunks(cut(bytes, places), 3, strict);
          } catch (error) {
            failure = error;
          }
          if (failure !== undefined) expect(failure).toMatchObject({ code: 'ERR_TRACE', file: 'test.trace' });
        },
      ),
      { numRuns: times(500, 2000) },
    );
  });

  it('reads a real trace the same in whole and in crumbs', () => {
    const bytes = gunzipSync(readFileSync('traces/git.mtrace.gz'));
    const whole = parseChunks([bytes], 100_000);
    expect(whole.ops.length).toBe(8655);
    const crumbs = Array.from({ length: Math.ceil(bytes.length / 61) }, (_, i) =>
      bytes.subarray(i * 61, (i + 1) * 61),
    );
    expect(parseChunks(crumbs, 7).ops).toEqual(whole.ops);
  });
});
