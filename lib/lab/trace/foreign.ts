/**
 * Files that are no traces: what one seems to be, and what to do with it.
 *
 * A file is judged by its first bytes, or by the first line that no trace format has. The list is of what people
 * gave in earnest: other tools' output about memory, archives, downloads that failed, files of this package.
 *
 * Not here: which lines are a trace's (shapes.ts), when this is asked (head.ts, bytes.ts).
 */

/** What a file seems to be, and what to do. */
export interface Foreign {
  readonly what: string;
  readonly advice: string;
}

const record = 'record the program with glibc’s mtrace instead, as `pageheap run --help` tells';
const unpack = (command: string): string => `unpack it: ${command} FILE | pageheap run -`;

interface Magic extends Foreign {
  readonly bytes: readonly number[];
}

const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];

/** What begins with bytes that no text begins with. */
const magics: readonly Magic[] = [
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed with zstd', advice: unpack('zstd -dc') },
  { bytes: [0xfd, 0x37, 0x7a, 0x58], what: 'compressed with xz', advice: unpack('xz -dc') },
  { bytes: ascii('BZh'), what: 'compressed with bzip2', advice: unpack('bzip2 -dc') },
  { bytes: [0x04, 0x22, 0x4d, 0x18], what: 'compressed with lz4', advice: unpack('lz4 -dc') },
  { bytes: ascii('LZIP'), what: 'compressed with lzip', advice: unpack('lzip -dc') },
  { bytes: [0x1f, 0x9d], what: 'compressed with compress', advice: unpack('uncompress -c') },
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

/** What a file is whose first bytes are known; only those of a whole file are fewer than 4. */
export function foreignBytes(head: Uint8Array): Foreign | undefined {
  return magics.find(({ bytes }) => bytes.every((byte, i) => head[i] === byte));
}

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
  { line: /^\{"k":"run"/, what: 'a run file of pageheap', advice: 'show it: pageheap report FILE' },
  {
    line: /^\{.*("baseAddr"|"freeListOrder"|"k":"hdr")/,
    what: 'a golden trace, decisions of the real runtime',
    advice: 'verify it: pageheap verify FILE',
  },
  {
    line: /^version https:\/\/git-lfs/,
    what: 'a pointer of Git LFS, not the file',
    advice: 'fetch the file: git lfs pull',
  },
  {
    line: /^\s*(```|~~~)/,
    what: 'a fenced block of a document (Markdown)',
    advice: "take the fences out: sed '/^ *[`~]/d' FILE | pageheap run -",
  },
  {
    line: /^[-+] 0x[\da-f]+ (Free|Alloc|Realloc) \d+ |^(Memory not freed:|No memory leaks\.)/,
    what: 'the report that the command `mtrace` makes of a trace',
    advice: 'give the trace, the file that MALLOC_TRACE named',
  },
  { line: /^--\d+-- (\w+\(|.*valgrind)/i, what: 'output of valgrind --trace-malloc', advice: record },
  { line: /^==\d+== ?/, what: 'output of valgrind or a sanitizer', advice: record },
  { line: /^(desc|cmd|time_unit): |^snapshot=/, what: 'output of massif', advice: record },
  { line: /^v [\da-f]+ [\da-f]+$|^# ?heaptrack/i, what: 'data of heaptrack', advice: record },
  {
    line: /^\[?(pid )?\d+\]? .*?\b(mmap|munmap|brk|execve|openat?|read|write|close|mprotect|madvise)\d?\(|^(execve|brk|mmap|munmap|openat|mprotect)\(/,
    what: 'output of strace',
    advice: `it tells of system calls, not of allocations: ${record}`,
  },
  {
    line: /^\d+ \d+ (malloc|calloc|realloc|free|memalign|posix_memalign|aligned_alloc|valloc)\(/,
    what: 'a log of logalloc (Firefox)',
    advice: record,
  },
  {
    line: /^(\[pid \d+\] |\d+ )?(\S+(->|@))?(malloc|calloc|realloc|free|memalign|posix_memalign|operator new|_Zn[wa]m|_Zd[la]Pv)\b.*\(?.*\)\s*=/,
    what: 'output of ltrace',
    advice: record,
  },
  {
    line: /^\d+: (malloc|calloc|realloc|memalign|free|thread_done) 0x/,
    what: 'a trace of Android’s memory_replay',
    advice: record,
  },
  {
    line: /^(tracealloc|tracefree|tracegc)\(/,
    what: 'output of GODEBUG=allocfreetrace (Go)',
    advice: `it tells of a collected heap, where nothing is freed by the program: ${record}`,
  },
  {
    line: /^\[\d\d:\d\d:\d\d\] Top \d+ stacks|^Attaching to (pid|kernel|malloc)/,
    what: 'output of memleak (bcc)',
    advice: `it tells of sums, not of single allocations: ${record}`,
  },
  { line: /^heap_v\d|^heap profile:/, what: 'a heap profile', advice: `it tells of sums: ${record}` },
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
    advice: 'take the trace out of it: tar -xOf FILE NAME | pageheap run -',
  },
];

const shownText = 1024;
/** A line with more than this share of bytes that no text has is binary. */
const mostBinary = 0.1;

/** What a line that is no trace's tells of its file; runs of zero bytes are one byte in it. */
export function foreignLine(bytes: Uint8Array): Foreign | undefined {
  const text = Buffer.from(bytes.subarray(0, shownText)).toString('latin1').replace(/\r$/, '');
  const known = signatures.find(({ line }) => line.test(text));
  if (known !== undefined) return known;
  const odd = bytes.subarray(0, shownText).reduce((n, byte) => n + (isControl(byte) ? 1 : 0), 0);
  if (odd > mostBinary * text.length) return { what: 'binary data', advice: `traces are text: ${record}` };
  if (/\r[^\n]/.test(text)) {
    return {
      what: 'text whose lines end in carriage returns alone',
      advice: "turn them into newlines: tr '\\r' '\\n' < FILE | pageheap run -",
    };
  }
  return undefined;
}

/** Colours of a terminal begin with an escape, which text may have. */
const escapeByte = 0x1b;
const isControl = (byte: number): boolean => byte < 9 || (byte > 13 && byte < 32 && byte !== escapeByte);
