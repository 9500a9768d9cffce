/** What people give that is no trace: what it seems to be, and in which line. */
import { describe, expect, it } from 'vitest';
import { errorOf, parseChunks } from './support.ts';

const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');
const bigEndian = (text: string): string => Buffer.from(text, 'utf16le').swap16().toString('latin1');
const tar = `a.mtrace${'\0'.repeat(92)}0000644\0${'\0'.repeat(400)}`;

describe('a file that is no trace', () => {
  it.each<[string, number, RegExp]>([
    ['', 1, /the file is empty: mtrace writes 512 bytes at a time/],
    ['\n \n\t\r\n', 1, /empty: the file has blank lines only/],
    ['\0\0\0\0', 1, /the (file|trace) is empty/],
    ['\xef\xbb\xbf', 1, /the file is empty/],
    ['# mine\n\n# and yours', 1, /empty: the file has comments only/],
    ['\n\n\nhello world\n', 4, /neither a recording, mtrace text nor another trace: "hello world"; .*--help/],
    ['hello\nworld', 1, /neither .*"hello"/],
    ['x'.repeat(100_000), 1, /neither .*"xxx/],
    ['word\n'.repeat(20_000), 1, /neither .*"word"/],
    ['\n\n\x7f\x01\x02\x03\x04\x05\n', 3, /binary data/],
    [`\xff\xfe${utf16('= Start\n+ 0x10 0x1\n')}`, 1, /UTF-16.*iconv -f UTF-16 -t UTF-8 test\.trace/],
    [`\xfe\xff${bigEndian('= Start\n')}`, 1, /UTF-16/],
    [utf16('= Start\n'), 1, /UTF-16/],
    [bigEndian('= Start\n'), 1, /UTF-16/],
    ['\xff\xfe', 1, /UTF-16/],
    ['<!DOCTYPE html><html>404</html>', 1, /HTML.*download that failed/],
    ['\n  <html lang="en">\n', 2, /HTML/],
    ['<?xml version="1.0"?>\n', 1, /XML/],
    ['[{"a":1}]\n', 1, /JSON/],
    ['{\n  "a": 1\n}\n', 1, /JSON/],
    [
      '{"k":"run","format":"pageheap-run/1"}\n',
      1,
      /a run file of pageheap; show it: pageheap report test\.trace/,
    ],
    ['{"baseAddr":"0x3000000000","chunks":[0]}\n', 1, /golden trace.*pageheap verify test\.trace/],
    ['version https://git-lfs.github.com/spec/v1\n', 1, /Git LFS.*git lfs pull/],
    ['```\n= Start\n+ 0x10 0x1\n```\n', 1, /fenced block/],
    [
      "- 0x0000000000005000 Free 2 was never alloc'd 0x1000\n",
      1,
      /the report that the command `mtrace` makes/,
    ],
    ['\nMemory not freed:\n-----------------\n', 2, /the report that the command `mtrace` makes/],
    ['==77== Memcheck, a memory error detector\n', 1, /valgrind/],
    ['desc: --massif-out-file=x\ncmd: ./a\n', 1, /massif/],
    ['100 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, -1, 0) = 0x7f00\n', 1, /strace/],
    ['execve("./a", ["./a"], 0x7ffd /* 20 vars */) = 0\n', 1, /strace/],
    ['1 1 malloc(42)=#1\n', 1, /logalloc/],
    ['[12:00:00] Top 10 stacks with outstanding allocations:\n', 1, /memleak/],
    ['heap profile: 1: 2 [3: 4] @ heap_v2/1\n', 1, /heap profile/],
    ['shard,operation_index,size_or_alloc_index\n', 1, /jemalloc/],
    ['#!/bin/sh\nmake\n', 1, /a program/],
    ['#include <stdlib.h>\nint main(void) {\n', 1, /source code/],
    [tar, 1, /a tar archive.*tar -xOf test\.trace/],
    ['= Start\r+ 0x10 0x1\r- 0x10\r', 1, /carriage returns alone/],
    ['@ ./a:[0x1] + 0x10 0x10\r@ ./a:[0x1] - 0x10\r', 1, /carriage returns alone/],
    ['hello\rworld\n', 1, /neither .*"hello/],
    ['77 12:00:01 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, -1, 0) = 0x7f00\n', 1, /strace/],
    ['     0.000123 brk(NULL) = 0x55d0\n', 1, /strace/],
    ['# callgrind format\nversion: 1\ncreator: xtree-1\n', 1, /callgrind.*xtree/],
    ['version: 1\ncreator: callgrind-3.19.0\ncmd: ./a\n', 2, /callgrind/],
    ['gc 1 @0.012s 2%: 0.026+0.39+0.10 ms clock, 0.21+0.88/0.52/0+0.8 ms cpu, 4->4->0 MB\n', 1, /gctrace/],
    ['scvg0: inuse: 4, idle: 1, sys: 5, released: 0, consumed: 5 (MB)\n', 1, /gctrace/],
    ['SCHED 0ms: gomaxprocs=8 idleprocs=6 threads=3 spinningthreads=1\n', 1, /schedtrace/],
    ['Attaching 3 probes...\n\n@[77]: 12\n', 1, /bpftrace/],
    ['\n@bytes[malloc, 77]: 1234\n', 2, /bpftrace/],
    ['@: 3\n', 1, /bpftrace/],
    ['[4, 8)                12 |@@@@@      |\n', 1, /bpftrace/],
  ])('%j', (text, line, message) => {
    for (const error of [errorOf(text), errorOf(text, false)]) {
      expect(error).toMatchObject({ code: 'ERR_TRACE', file: 'test.trace', line });
      expect((error as Error).message).toMatch(message);
    }
    // The same, byte by byte.
    const crumbs = [...Buffer.from(text.slice(0, 3000), 'latin1')].map((byte) => Uint8Array.of(byte));
    if (text.length <= 3000) expect(() => parseChunks(crumbs)).toThrow(message);
  });

  it('is random bytes, whichever', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const bytes = Buffer.alloc(100_000);
      let state = seed;
      for (let i = 0; i < bytes.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        bytes[i] = state >>> 24;
      }
      expect(errorOf(bytes.toString('latin1'), false)).toMatchObject({
        code: 'ERR_TRACE',
        message: expect.stringContaining('it seems to be binary data'),
      });
    }
  });

  it.each<[string, string, RegExp]>([
    ['Latin-1', 'd\xe9j\xe0 \xe9t\xe9\n', /neither a recording/],
    ['colours', '\x1b[31mred\x1b[0m\n', /neither a recording/],
  ])('is text in %s', (_what, text, message) => {
    expect((errorOf(text, false) as Error).message).toMatch(message);
  });

  it('keeps memory flat however many comments come first', () => {
    const chunk = Buffer.from(`# ${'a comment and nothing else '.repeat(40)}\n`.repeat(1000));
    const before = process.memoryUsage().arrayBuffers;
    const { ops, parser } = parseChunks([...Array.from({ length: 12 }, () => chunk), Buffer.from('a 0 1\n')]);
    expect([ops.length, parser.lines]).toEqual([1, 12_001]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });
});
