/**
 * Calls as many tools print them: a function, its arguments, and what it answered.
 *
 *   --1234-- malloc(16) = 0x4A40040                        valgrind --trace-malloc=yes
 *   --1234-- memalign(al 64, size 200) = 0x4A41580
 *   --1234-- realloc(0x0,11)malloc(11) = 0x4A416B0         of one within the other the inner counts
 *   [pid 77] malloc(16 <unfinished ...>                    ltrace -f: another thread came between
 *   [pid 77] <... malloc resumed> ) = 0x55d0
 *   [pid 77] malloc(16 <no return ...>                     the process ended within it, or ltrace lost its answer
 *   malloc(16, 2, 3)                 = 0x55d0              ltrace: it does not know how many arguments there are
 *   a.out->free(0x55d0)              = <void>
 *   malloc(16) = 0x55d0                                    what people write in bpftrace, gdb, and libraries to preload
 *
 * What stands before the name does not matter, but for the first number in it, which is taken for a thread, or a process.
 * C++'s operators count by their mangled names and as c++filt prints them.
 *
 * Where several processes are in one file, their addresses mean different objects; of valgrind, whose number is that of the
 * process, that is told.
 */
import { LineGrammar } from './line-grammar.ts';
import { wayAligned, wayPlain, wayZeroed } from './operations.ts';

const allocating = 'malloc|valloc|pvalloc|_Zn[wa][mj]\\w*|operator new(?:\\[\\])?';
const freeing = 'free|cfree|_Zd[la]Pv\\w*|operator delete(?:\\[\\])?';
const aligning = 'memalign|aligned_alloc|posix_memalign';
const names = `${allocating}|${freeing}|${aligning}|calloc|realloc|reallocarray`;
/** The types of a demangled operator. */
const types = '(?:\\((?:unsigned (?:long|int)|void ?\\*)[^)]*\\))?';
const before = '(?<=^|[\\s>@:|)\\]-])';
const answer = '0x[\\da-f]+|\\(nil\\)|NULL|<void>|\\d+';

const call = new RegExp(
  `${before}(${names})${types}\\(([^()<]*)(?:\\)(?:\\s*=\\s*(${answer}))?|\\s*(<unfinished|<no return))`,
  'gi',
);
const resumed = new RegExp(`<\\.\\.\\. (${names})${types} resumed>[^)]*\\)\\s*=\\s*(${answer})`, 'i');
/** A call without arguments that can be read: half a line. */
const half = new RegExp(`${before}(${names})\\([^()]*$`);
const number = /0x[\da-f]+|\b\d+\b/gi;
const firstNumber = /\d+/;
const valgrind = /^--(\d+)-- /;
const isAllocating = new RegExp(`^(?:${allocating})$`);
const isFreeing = new RegExp(`^(?:${freeing})$`);

const lineShape = new RegExp(
  `^.{0,120}?(?:${before}(?:${names})${types}\\([^()<]*(?:\\)(?:\\s*=\\s*(?:${answer})\\s*)?$|\\s*<unfinished)|<\\.\\.\\. (?:${names}) resumed>)`,
  'i',
);

/** Whether a line is a call of an allocator's, as one of these tools prints it. */
export const isCallLine = (line: string): boolean => {
  const text = line.replaceAll('(nil)', '0').trimEnd();
  return lineShape.test(text) && (/=\s*\S+$|unfinished|resumed/.test(text) || valgrind.test(text));
};

/** Of a call with its size first: valloc's alignment is a page, C++'s with one have it second. */
function wayOf(name: string, second: number): number {
  if (name.endsWith('valloc')) return wayAligned(4096);
  return name.includes('align_val_t') ? wayAligned(second) : wayPlain;
}

function answerOf(text: string): number {
  return text === 'NULL' || text === '(nil)' || text === '<void>' ? 0 : Number(text);
}

export class CallsGrammar extends LineGrammar {
  readonly format = 'calls';
  /** By thread: a call whose answer has not come. */
  readonly #unfinished = new Map<number, { readonly name: string; readonly given: number[] }>();
  #process = 0;
  /** The call told last: allocated or freed, where, and how much. */
  #last: readonly [kind: string, pointer: number, size: number] = ['', 0, 0];

  protected read(text: string): void {
    if (!text.includes('(') && !text.includes('resumed>')) return;
    const line = text.includes('(nil)') ? text.replaceAll('(nil)', '0') : text;
    const back = line.includes('resumed>') ? resumed.exec(line) : null;
    if (back !== null) {
      const id = this.#idIn(line, back.index);
      const asked = this.#unfinished.get(id);
      this.#unfinished.delete(id);
      // Of one that began before the trace nothing is known.
      if (asked !== undefined) this.#tell(asked.name, asked.given, back[2]);
      return;
    }
    let last: RegExpExecArray | undefined;
    for (const found of line.matchAll(call)) last = found;
    if (last === undefined) {
      if (half.test(line)) this.malformed('half a call');
      return;
    }
    const [, name, words, result, isUnfinished] = last;
    const id = this.#idIn(line, last.index);
    const given = (words.replaceAll('NULL', '0').match(number) ?? []).map(Number);
    if (isUnfinished === undefined) this.#tell(name, given, result);
    else if (isFreeing.test(name)) this.#tell(name, given, '0');
    else if (isUnfinished.startsWith('<no'))
      this.faults.add(
        'unendedCalls',
        this.lines,
        'an allocation whose answer did not come (<no return ...>)',
      );
    else this.#unfinished.set(id, { name, given });
  }

  /** Whose line it is: the first number before the call. */
  #idIn(line: string, end: number): number {
    const process = valgrind.exec(line);
    if (process !== null) {
      const id = Number(process[1]);
      if (this.#process !== 0 && id !== this.#process) {
        this.faults.add('parts', this.lines, 'a second process: an address may be another object in it');
        this.#process = id;
      }
      this.#process ||= id;
      this.ofThread(0);
      return id;
    }
    const found = firstNumber.exec(line.slice(0, end));
    const id = found === null ? 0 : Number(found[0]);
    this.ofThread(id);
    return id;
  }

  /** Who watches malloc and free within the C library sees those of a realloc, just before its answer. */
  #reallocate(old: number, pointer: number, size: number): void {
    const [kind, at, bytes] = this.#last;
    if (old === 0 && kind === '+' && at === pointer && bytes === size) return;
    if (size === 0 && pointer === 0 && kind === '-' && at === old) return;
    this.reallocate(old, pointer, size);
  }

  #tell(name: string, given: readonly number[], result: string | undefined): void {
    this.#tellCall(name, given, result);
    const [a = 0] = given;
    if (isFreeing.test(name)) this.#last = ['-', a, 0];
    else this.#last = isAllocating.test(name) ? ['+', answerOf(result ?? '0'), a] : ['', 0, 0];
  }

  #tellCall(name: string, given: readonly number[], result: string | undefined): void {
    const [a = 0, b = 0, c = 0] = given;
    if (isFreeing.test(name)) {
      if (given.length === 0) this.malformed('a free without a pointer');
      else this.free(a);
      return;
    }
    if (given.length === 0) {
      this.malformed('a call without its size');
      return;
    }
    if (result === undefined) {
      // Valgrind writes the answer of a realloc to nothing on a line of its own.
      if (name === 'realloc' && b === 0) this.free(a);
      else this.malformed('a call without its answer');
      return;
    }
    const pointer = answerOf(result);
    if (isAllocating.test(name)) this.allocate(pointer, a, wayOf(name, b));
    else if (name === 'calloc') this.allocate(pointer, a * b, wayZeroed);
    else if (name === 'realloc') this.#reallocate(a, pointer, b);
    else if (name === 'reallocarray') this.reallocate(a, pointer, b * c);
    else if (name !== 'posix_memalign') this.allocate(pointer, b, wayAligned(a));
    else if (pointer !== 0 && given.length === 2) this.allocate(pointer, b, wayAligned(a));
    else this.faults.add('untoldAddresses', this.lines, 'a posix_memalign does not tell the address');
  }
}
