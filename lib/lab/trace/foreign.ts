/**
 * Files that are no traces: what one seems to be, and what to do with it.
 *
 * A file is judged by its first bytes, or by the first line that no trace format has. The list is of what people
 * gave in earnest: other tools' output about memory, archives, downloads that failed, files of this package.
 *
 * Not here: which lines are a trace's (shapes.ts), when this is asked (head.ts, bytes.ts).
 */

import { calledAs } from '../../base/called-as.ts';
import { formatOf } from './shapes.ts';

/** What a file seems to be, and what to do. */
export interface Foreign {
  /** What follows may be a trace all the same: it is told only where nothing is. */
  readonly patient?: true;
  readonly what: string;
  readonly advice: string;
}

const record = `record the program instead: ${calledAs()} record -- COMMAND…`;
const unpack = (command: string): string => `unpack it: ${command} FILE | ${calledAs()} run -`;
const unpackTwice = (outer: Outer, command: string): string =>
  `unpack it: ${outer} FILE | ${command} | ${calledAs()} run -`;

/** What takes the compression off that every reader undoes, if a file has one. */
export type Outer = 'gunzip -c' | 'zstd -dc';

/** What a file of the real runtime's decisions is called. */
export const goldenWords = 'a golden trace, decisions of the real runtime';

interface Magic {
  readonly bytes: readonly number[];
  readonly what: string;
  /** What unpacks it from a file, or from standard input. */
  readonly unpack?: string;
  /** What to do where that is not enough, or is nothing. */
  readonly advice?: string;
}

const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];

/** What begins with bytes that no text begins with. */
const magics: readonly Magic[] = [
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed with zstd', unpack: 'zstd -dc' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58], what: 'compressed with xz', unpack: 'xz -dc' },
  // The fourth byte is of the dictionary's size: 1, 4 or 8 MiB.
  ...[0x10, 0x40, 0x80].map((size) => ({
    ...{ bytes: [0x5d, 0x00, 0x00, size], what: 'compressed with lzma', unpack: 'xz -dc' },
  })),
  { bytes: ascii('BZh'), what: 'compressed with bzip2', unpack: 'bzip2 -dc' },
  { bytes: [0x04, 0x22, 0x4d, 0x18], what: 'compressed with lz4', unpack: 'lz4 -dc' },
  { bytes: ascii('LZIP'), what: 'compressed with lzip', unpack: 'lzip -dc' },
  { bytes: [0x1f, 0x9d], what: 'compressed with compress', unpack: 'uncompress -c' },
  { bytes: ascii('PK\x03\x04'), what: 'a zip archive', advice: unpack('unzip -p') },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf], what: 'a 7z archive', advice: unpack('7z x -so') },
  { bytes: ascii('Rar!'), what: 'a rar archive', advice: unpack('unrar p -inul') },
  {
    bytes: [0x7f, ...ascii('ELF')],
    what: 'a program, a library or a core dump (ELF)',
    advice: 'give the trace that the program wrote, not the program',
  },
  { bytes: ascii('%PDF'), what: 'a PDF document', advice: 'give the trace itself' },
  { bytes: [0x89, ...ascii('PNG')], what: 'a picture (PNG)', advice: 'give the trace itself' },
  { bytes: ascii('PERF'), what: 'data of perf', advice: record },
];

/** A profile of pprof is a message of protobuf that begins with types of samples, which are messages of two numbers. */
const isProfile = (head: Uint8Array): boolean => head[0] === 0x0a && head[1] < 64 && head[2] === 0x08;
const profile: Foreign = {
  what: 'a profile (pprof)',
  advice: `it tells of sums, not of single allocations: ${record}`,
};

/** Text of four bytes a character, by its mark: without one it may be numbers. Its zeros are not yet taken for holes of a file here. */
const isUtf32 = ([a, b, c, d]: Uint8Array): boolean =>
  (a === 0 && b === 0 && c === 0xfe && d === 0xff) || (a === 0xff && b === 0xfe && c === 0 && d === 0);

/** gzip within another layer: the outer one is taken off by every reader. */
const gzipIn = (outer: Outer): Magic & Foreign => ({
  bytes: [0x1f, 0x8b],
  what: outer === 'gunzip -c' ? 'gzipped twice' : 'gzipped, and then compressed with zstd',
  advice: unpack(outer),
});

/**
 * What a file is whose first bytes are known; only those of a whole file are fewer than 4.
 * @param outer what takes them out of the stream that they were in
 */
export function foreignBytes(head: Uint8Array, outer?: Outer): Foreign | undefined {
  if (outer !== undefined && isProfile(head)) return profile;
  if (isUtf32(head)) {
    const [reader, file] = outer === undefined ? ['', ' FILE'] : [`${outer} FILE | `, ''];
    return {
      what: 'text in UTF-32',
      advice: `turn it into UTF-8: ${reader}iconv -f UTF-32 -t UTF-8${file} | ${calledAs()} run -`,
    };
  }
  const is = ({ bytes }: Magic): boolean => bytes.every((byte, i) => head[i] === byte);
  if (outer !== undefined && is(gzipIn(outer))) return gzipIn(outer);
  const known = magics.find(is);
  if (known === undefined) return undefined;
  const { what, unpack: command, advice = record } = known;
  if (command !== undefined)
    return { what, advice: outer === undefined ? unpack(command) : unpackTwice(outer, command) };
  return {
    what,
    advice:
      outer !== undefined && advice.startsWith('unpack it')
        ? `take it out of its ${outer === 'gunzip -c' ? 'gzip' : 'zstd'} stream first (${outer}), then ${advice}`
        : advice,
  };
}

/** The beginning of a line of strace and ltrace: process, time of day or since the epoch, address of the call. */
const tracer = (rest: string): RegExp =>
  new RegExp(
    `^ *(\\[pid +\\d+\\] |\\d+ +)?(\\d\\d:\\d\\d:\\d\\d(\\.\\d+)? |\\d+\\.\\d+ +)?(\\[[\\dx a-f]+\\] )?(${rest})`,
  );
interface Signature extends Foreign {
  readonly line: RegExp;
}

const signatures: readonly Signature[] = [
  {
    line: /^\s*<(!doctype|html|head|body|meta|title)\b/i,
    what: 'a web page (HTML)',
    advice: 'a download that failed, most likely: look into it, and fetch the file itself (the raw one)',
  },
  { line: /^\s*<\?xml|^\s*<\w+[ >]/, what: 'XML', advice: record },
  { line: /^\{"k":"run"/, what: 'a run file of pageheap', advice: `show it: ${calledAs()} report FILE` },
  {
    line: /^\{.*("baseAddr"|"freeListOrder"|"k":"hdr")/,
    what: goldenWords,
    advice: `verify it: ${calledAs()} verify FILE`,
  },
  {
    line: /^version https:\/\/git-lfs/,
    what: 'a pointer of Git LFS, not the file',
    advice: 'fetch the file: git lfs pull',
  },
  {
    line: /^\s*(```|~~~)/,
    what: 'a fenced block of a document (Markdown)',
    advice: `take the fences out: sed '/^ *[\`~]/d' FILE | ${calledAs()} run -`,
  },
  {
    line: /^[-+] 0x[\da-f]+ (Free|Alloc|Realloc) \d+ |^(Memory not freed:|No memory leaks\.)/,
    what: 'the report that the command `mtrace` makes of a trace',
    advice: 'give the trace, the file that MALLOC_TRACE named',
  },
  {
    line: /^==\d+== ?|^--\d+-- /,
    what: 'output of valgrind or a sanitizer, without --trace-malloc=yes',
    advice: record,
    patient: true,
  },
  {
    line: /^# callgrind format|^creator: (callgrind|xtree)|^(positions|events): \w/,
    what: 'output of callgrind, or an execution tree of valgrind (--xtree-memory)',
    advice: `it tells of sums: ${record}`,
  },
  {
    line: /^(desc|cmd|time_unit): |^snapshot=/,
    what: 'output of massif',
    advice: `it tells of sums, not of single allocations: ${record}`,
  },
  {
    line: /^\s*\{"dhatFileVersion"/,
    what: 'output of DHAT',
    advice: `it tells of sums, not of single allocations: ${record}`,
  },
  {
    line: tracer(
      '(mmap|munmap|brk|execve|openat?|read|write|close|mprotect|madvise)\\d?\\(.*(= |unfinished)',
    ),
    what: 'output of strace',
    advice: `it tells of system calls, not of allocations: ${record}`,
  },
  {
    line: /^\d+ \d+ (malloc|calloc|realloc|free|memalign|posix_memalign|aligned_alloc|valloc)\(/,
    what: 'a log of logalloc (Firefox)',
    advice: record,
  },
  {
    line: /^(gc \d+ @[\d.]+s |scvg\d*: |scav \d+ .*work|pacer: |SCHED \d+ms: |init \S+ @[\d.]+ ms)/,
    what: 'what Go’s runtime prints under GODEBUG (gctrace, scavtrace, schedtrace)',
    advice: `it tells of cycles and times, not of allocations: ${record}`,
  },
  {
    line: /^Attach(ing|ed) \d+ probes?|^@\w*(\[.*\])?: |^\[\d+[KMGT]?(, \d+[KMGT]?)?[\])] +\d+ \|/,
    what: 'output of bpftrace',
    patient: true,
    advice: `it tells of sums, not of single allocations: ${record}`,
  },
  {
    line: /^\[\d\d:\d\d:\d\d\] Top \d+ stacks|^Attaching to (pid|kernel|malloc)/,
    what: 'output of memleak (bcc)',
    advice: `it tells of sums, not of single allocations: ${record}`,
  },
  {
    line: /^heap_v\d|^heap profile:|^--- heapz/,
    what: 'a heap profile (pprof)',
    advice: `it tells of sums, not of single allocations: ${record}`,
  },
  { line: /^shard,operation_index/, what: 'a page trace of jemalloc', advice: record },
  { line: /^#!/, what: 'a program (a script)', advice: 'give the trace that the program wrote' },
  {
    line: /^\s*(#include\b|#define\b|\/\*|\/\/|int main\b)/,
    what: 'source code',
    advice: 'give the trace that the program wrote',
  },
  // After those of other tools that begin so.
  { line: /^\s*[{[]\s*(["{[\d\]}]|$)/, what: 'JSON', advice: `give the trace itself, or ${record}` },
  // A name, filled up with zero bytes (which are one here), and the mode of the file.
  {
    line: /^[^\0]{1,100}\0[0-7]{6,7}[ \0]/,
    what: 'a tar archive',
    advice: `take the trace out of it: tar -xOf FILE NAME | ${calledAs()} run -`,
  },
];

const shownText = 1024;
/** A line with a control character, and more than this share of bytes that no text has, is binary. */
const mostBinary = 0.1;

/** What a line that is no trace's tells of its file; runs of zero bytes are one byte in it. */
export function foreignLine(bytes: Uint8Array): Foreign | undefined {
  const text = Buffer.from(bytes.subarray(0, shownText)).toString('latin1').replace(/\r$/, '');
  const known = signatures.find(({ line }) => line.test(text));
  if (known !== undefined) return known;
  if (isBinary(bytes.subarray(0, shownText)))
    return { what: 'binary data', advice: `traces are text: ${record}` };
  if (hasLinesOfCarriageReturns(text)) {
    return {
      what: 'text whose lines end in carriage returns alone',
      advice: `turn them into newlines: tr '\\r' '\\n' < FILE | ${calledAs()} run -`,
    };
  }
  return undefined;
}

/** Colours of a terminal begin with an escape, which text may have. */
const escapeByte = 0x1b;
const isControl = (byte: number): boolean =>
  byte < 9 || (byte > 13 && byte < 32 && byte !== escapeByte) || byte === 0x7f;

/** What is no UTF-8 is odd as well, but not alone: there are older encodings. */
function isBinary(bytes: Uint8Array): boolean {
  const controls = bytes.reduce((n, byte) => n + (isControl(byte) ? 1 : 0), 0);
  const undecodable = Buffer.from(bytes).toString('utf8').split('\ufffd').length - 1;
  return controls > 0 && controls + undecodable > mostBinary * bytes.length;
}

/** Whether carriage returns stand between lines of a trace, most of them whole: other text has them, too. */
function hasLinesOfCarriageReturns(text: string): boolean {
  const lines = text.split('\r').filter((line) => line !== '');
  const whole = lines.filter((line) => formatOf(line) !== undefined).length;
  return lines.length > 1 && 2 * whole >= lines.length;
}
