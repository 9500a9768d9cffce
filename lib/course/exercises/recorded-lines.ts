/**
 * Operations as the records of Go have them, a letter and numbers a line, for `lab step`. What stands behind the numbers that are
 * asked for is what a real Go answered, and is not looked at; what is behind # is a remark.
 */
import { PageHeapError } from '../../base/errors.ts';

export interface RecordedLine {
  readonly word: string;
  readonly numbers: readonly number[];
  /** @throws PageHeapError ERR_FILE with the line */
  refuse(what: string): never;
}

/** @param counts how many numbers each letter has @throws PageHeapError ERR_FILE with the line */
export function recordedLines(
  text: string,
  counts: Readonly<Record<string, readonly [count: number, told: string]>>,
): RecordedLine[] {
  return text.split('\n').flatMap((whole, i): RecordedLine[] => {
    const [word = '', ...rest] = whole.replace(/#.*/, '').trim().split(/\s+/);
    if (word === '') return [];
    const refuse = (what: string): never => {
      throw new PageHeapError('ERR_FILE', what, { file: 'the trace', line: i + 1 });
    };
    const count = counts[word]?.[0] ?? Number.POSITIVE_INFINITY;
    const numbers = rest.slice(0, count).map(Number);
    if (numbers.length < count || !numbers.every((n) => Number.isInteger(n) && n >= 0)) {
      const known = Object.values(counts).map(([, told]) => told);
      refuse(`is no line of ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`);
    }
    return [{ word, numbers, refuse }];
  });
}
