/**
 * What a line of each trace format looks like, to tell formats apart and whole lines from halves.
 *
 * A shape is coarse: a number out of range has it as well. What a line means, and whether it may be, is the
 * grammar's to say (mtrace.ts, rep.ts).
 */
import { isAndroidLine } from './android.ts';
import { isCallLine } from './calls.ts';
import type { TextFormat } from './grammar.ts';
import { isHeaptrackLine } from './heaptrack.ts';

const pointer = '(?:0x[\\da-f]+|\\(nil\\))';
const size = '(?:0x[\\da-f]+|0)';
const mtrace = new RegExp(
  `^(?:= (?:Start|End)|(?:@ .* |\\[.*\\] )?(?:[-<] ${pointer}|[+>!] ${pointer} ${size}))\\r?$`,
  'i',
);
const allocFree = /^trace(alloc|free)\(0x[\da-f]+, 0x[\da-f]+[,)]|^tracegc\(\)/;
const comment = '[ \\t]*(?:#.*)?\\r?$';
const number = new RegExp(`^[ \\t]*\\d+${comment}`);
const operation = new RegExp(`^[ \\t]*(?:f[ \\t]+-?\\d+|[arw][ \\t]+\\d+[ \\t]+\\d+)${comment}`);
/** An operation that lacks something: a script all the same, with a fault that its grammar tells. */
const likeOperation = /^[ \t]*[arfw](?:[ \t]+-?\d+){1,2}[ \t]*(?:#.*)?\r?$/;

const markStart = '= Start';
/** The beginning of a line that has no end. */
const mtraceStart = /^(?:@(?: .*)?|\[(?:0(?:x.*)?)?|[-+<>!](?: .*)?)$/;
const scriptStart = /^[ \t]*[arfw](?:[ \t].*)?$/;
const numberStart = /^[ \t]*\d+[ \t]*$/;

/** The format that has such a whole line. */
export function formatOf(line: string): TextFormat | undefined {
  if (mtrace.test(line)) return 'mtrace';
  if (number.test(line)) return 'rep';
  if (allocFree.test(line)) return 'allocfree';
  if (likeOperation.test(line)) return 'script';
  if (isAndroidLine(line)) return 'android';
  if (isHeaptrackLine(line)) return 'heaptrack';
  return isCallLine(line) ? 'calls' : undefined;
}

/** The format that may have a line beginning so, where the file ends in it. */
export function formatOfStart(line: string): TextFormat | undefined {
  if (markStart.startsWith(line) || mtraceStart.test(line)) return 'mtrace';
  if (numberStart.test(line)) return 'rep';
  return scriptStart.test(line) ? 'script' : undefined;
}

export const isNumberLine = (line: string): boolean => number.test(line);
export const isOperationLine = (line: string): boolean => operation.test(line);
/** Nothing, or a comment of .rep and .script. */
export const isEmptyLine = (line: string): boolean => /^\s*(?:#.*)?$/.test(line);
export const isMark = (line: string): boolean => /^= (?:Start|End)\s*$/.test(line);
