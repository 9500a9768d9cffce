/**
 * The lines of GODEBUG=allocfreetrace, as Go wrote them until 1.22, and as a heap of this package writes them:
 *
 *   tracealloc(0xADDR, 0xSIZE, type)     tracealloc(0xADDR, 0xSIZE)     tracefree(0xADDR, 0xSIZE)     tracegc()
 *
 * Under each Go writes the stack of the goroutine; whatever is none of these lines is passed over, what begins like one and
 * is none is malformed. A heap that is collected tells frees late, when a sweep finds them: the trace has objects live
 * longer than a program that frees by itself.
 *
 * Tiny objects share blocks of 16 bytes, and the free of a block is that of all objects in it. So objects of less than 16
 * bytes are remembered by their blocks, and such a free becomes one for each.
 */
import type { TraceFaults } from './faults.ts';
import { maxTraceSize, newline, pointerEnd, readHex, showLine, type TraceGrammar } from './grammar.ts';
import { type OperationBatch, opAllocate, opFree } from './operations.ts';

const allocStart = Buffer.from('tracealloc(');
const freeStart = Buffer.from('tracefree(');
const anyStart = Buffer.from('trace');
const comma = 44;
const closing = 41;
const blank = 32;
const tinyBlock = 16;
const ended = /^trace(alloc\(0x[\da-f]+, 0x[\da-f]+(, .*)?|free\(0x[\da-f]+, 0x[\da-f]+|gc\()\)\r?$/;

function startsWith(bytes: Uint8Array, at: number, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}

export class AllocFreeGrammar implements TraceGrammar {
  readonly format = 'allocfree';
  readonly announcedOps = undefined;
  lines = 0;
  readonly #faults: TraceFaults;
  readonly #numbers = new Float64Array(2);
  /** Tiny objects by the block that they lie in. */
  readonly #tiny = new Map<number, number[]>();
  /** Frees that stand for the block of the line before, and that line. */
  #owed: number[] = [];

  constructor(faults: TraceFaults) {
    this.#faults = faults;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    const { kinds, pointers, sizes, lineOffsets, rows } = batch;
    const numbers = this.#numbers;
    batch.ids = false;
    const put = (kind: number, pointer: number, size: number): void => {
      const row = batch.count++;
      kinds[row] = kind;
      pointers[row] = pointer;
      sizes[row] = size;
      lineOffsets[row] = this.lines - batch.firstLine;
    };
    let start = from;
    for (;;) {
      while (this.#owed.length > 0 && batch.count < rows) put(opFree, this.#owed.pop() ?? 0, 0);
      if (start >= to || batch.count >= rows) return start;
      this.lines++;
      const line = start;
      start = bytes.indexOf(newline, start) + 1;
      const isAlloc = startsWith(bytes, line, allocStart);
      if (!isAlloc && !startsWith(bytes, line, freeStart)) {
        if (startsWith(bytes, line, anyStart)) this.#checkOther(bytes, line, start);
        continue;
      }
      if (!this.#read(bytes, line + (isAlloc ? allocStart : freeStart).length, isAlloc)) {
        this.#malformed(bytes, line);
        continue;
      }
      const [pointer, size] = numbers;
      const block = pointer - (pointer % tinyBlock);
      const tiny = this.#tiny.get(block);
      if (isAlloc) {
        if (size < tinyBlock) {
          if (tiny === undefined) this.#tiny.set(block, [pointer]);
          else if (!tiny.includes(pointer)) tiny.push(pointer);
        }
        put(opAllocate, pointer, size);
      } else if (tiny === undefined) {
        put(opFree, pointer, 0);
      } else {
        this.#tiny.delete(block);
        this.#owed = tiny.reverse();
      }
    }
  }

  mayEndWith(line: string): boolean {
    return ended.test(line) || !line.startsWith('trace');
  }

  finish(): void {
    // What is not freed at the end was not swept.
  }

  /** Reads the two numbers from behind the bracket on. */
  #read(bytes: Uint8Array, at: number, isAlloc: boolean): boolean {
    const numbers = this.#numbers;
    let p = readHex(bytes, at, numbers, 0);
    if (p < 0 || bytes[p] !== comma || bytes[p + 1] !== blank) return false;
    p = readHex(bytes, p + 2, numbers, 1);
    if (p < 0 || !(bytes[p] === closing || (isAlloc && bytes[p] === comma))) return false;
    return numbers[0] > 0 && numbers[0] < pointerEnd && numbers[1] <= maxTraceSize;
  }

  #checkOther(bytes: Uint8Array, from: number, end: number): void {
    const text = Buffer.from(bytes.subarray(from, end - 1)).toString('latin1');
    if (/^trace(alloc|free|gc)/.test(text) && !ended.test(text)) this.#malformed(bytes, from);
  }

  #malformed(bytes: Uint8Array, line: number): void {
    this.#faults.malformed(this.lines, `no line of allocfreetrace: ${showLine(bytes, line)}`);
  }
}
