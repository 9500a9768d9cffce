/**
 * Loaded into a process under callgrind before anything else: its `performance.now` counts instructions.
 *
 * A million instructions are a "millisecond", so an entry that reports nanoseconds reports instructions, whatever commit it
 * is of. Callgrind is told to write what it counted, and begin anew, whenever the C function `getpriority` is entered
 * (`--dump-before`): nothing else in the process calls it, and JavaScript can. The clock does so twice: the first
 * time ends the count of the measured code; the second drops what reading the result took. What is left of the clock
 * itself, the way back and the way in, is measured once and taken off.
 */
import { readFileSync, unlinkSync } from 'node:fs';
import { getPriority } from 'node:os';

/** Where callgrind writes: this name, and a number for each time. count.ts sets it. */
const file = process.env.PAGEHEAP_BENCH_COUNTS;
let written = 0;
let counted = 0;
let own = 0;

/** The instructions since the last time. */
function take(): number {
  getPriority();
  written++;
  const name = `${file}.${written}`;
  const found = /^summary: (\d+)$/m.exec(readFileSync(name, 'latin1'));
  if (found === null) throw new Error(`callgrind wrote no summary to ${name}`);
  unlinkSync(name);
  return Number(found[1]);
}

function now(): number {
  counted += Math.max(0, take() - own);
  take();
  return counted / 1e6;
}

if (file !== undefined) {
  take();
  const shortest = Array.from({ length: 5 }, take);
  own = Math.min(...shortest);
  counted = 0;
  Object.defineProperty(performance, 'now', { value: now, writable: true, configurable: true });
}
