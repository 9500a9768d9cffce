/**
 * What Android's record_allocs writes, and memory_replay reads: a thread, a call, addresses and sizes.
 *
 *   1001: malloc 0x7ae0 48                  1001: realloc 0x7b00 0x7ae0 96       new, old, size
 *   1001: calloc 0x7c00 4 16                1001: memalign 0x7d00 64 200         address, alignment, size
 *   1001: free 0x7b00                       1001: thread_done 0x0
 *
 * Newer ones have two times behind, of beginning and end, which are passed over.
 */
import { LineGrammar } from './line-grammar.ts';
import { wayAligned, wayZeroed } from './operations.ts';

const line =
  /^(\d+): (malloc|calloc|realloc|memalign|free|thread_done) (0x[\da-f]+|0)((?: (?:0x[\da-f]+|\d+))*)\r?$/i;
const begin = /^\d+: (?:malloc|calloc|realloc|memalign|free|thread_done)\b/;

/** How many numbers follow the address. */
const given = { malloc: 1, calloc: 2, realloc: 2, memalign: 2, free: 0, thread_done: 0 } as const;

export const isAndroidLine = (text: string): boolean => line.test(text);

export class AndroidGrammar extends LineGrammar {
  readonly format = 'android';

  protected read(text: string): void {
    const found = line.exec(text);
    if (found === null) {
      if (begin.test(text)) this.malformed('no line of record_allocs');
      return;
    }
    const [, thread, name, address, rest] = found;
    const numbers = rest === '' ? [] : rest.trim().split(' ').map(Number);
    const [a = 0, b = 0] = numbers;
    const needed = given[name as keyof typeof given];
    if (numbers.length !== needed && numbers.length !== needed + 2) {
      this.malformed('no line of record_allocs');
      return;
    }
    this.ofThread(Number(thread));
    const pointer = Number(address);
    if (name === 'malloc') this.allocate(pointer, a);
    else if (name === 'calloc') this.allocate(pointer, a * b, wayZeroed);
    else if (name === 'memalign') this.allocate(pointer, b, wayAligned(a));
    else if (name === 'realloc') this.reallocate(a, pointer, b);
    else if (name === 'free') this.free(pointer);
  }
}
