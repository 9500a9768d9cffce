/**
 * What the entry files of this folder share: the case from the command line, the result line.
 *
 * Each entry measures one workload in a process of its own: V8's optimised code depends on what ran
 * before, and a heap's memory on what was allocated before.
 */

import type { Heap } from '../../lib/api/index.ts';
import { type Measurement, unknownCase } from '../workload.ts';

/** A case with a word or a value that this entry does not know. */
export class UnknownCase extends Error {}

/** The `key=value` words of a case. */
export class Params {
  readonly all: Readonly<Record<string, string>>;

  constructor(words: readonly string[]) {
    const all: Record<string, string> = {};
    for (const word of words) {
      const equals = word.indexOf('=');
      if (equals < 1) throw new Error(`not key=value: ${word}`);
      all[word.slice(0, equals)] = word.slice(equals + 1);
    }
    this.all = all;
  }

  /**
   * Only these words, some with only these values.
   * @throws UnknownCase for another: a later commit asks for what this one cannot measure.
   */
  only(known: Readonly<Record<string, readonly string[] | 'any'>>): this {
    for (const [key, value] of Object.entries(this.all)) {
      const values = known[key];
      if (values === undefined || (values !== 'any' && !values.includes(value))) {
        throw new UnknownCase(`this entry does not know ${key}=${value}`);
      }
    }
    return this;
  }

  text(key: string): string {
    const value = this.all[key];
    if (value === undefined) throw new Error(`the case needs ${key}=…`);
    return value;
  }

  number(key: string): number {
    const value = Number(this.text(key));
    if (!Number.isSafeInteger(value)) throw new Error(`${key} must be an integer, not ${this.text(key)}`);
    return value;
  }
}

/**
 * The case this process was started for, with the words that the entry knows. For another it ends the process
 * with `unknownCase`.
 */
export function caseParams(known: Readonly<Record<string, readonly string[] | 'any'>>): Params {
  try {
    return new Params(process.argv.slice(2)).only(known);
  } catch (error) {
    if (!(error instanceof UnknownCase)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(unknownCase);
  }
}

/** What a heap of this project has allocated so far, by its own accounts: the same for the same work, wherever objects lie. */
export function outcomeOf(heap: Heap): string {
  const { Mallocs, TotalAlloc } = heap.readMemStats();
  return `${Mallocs} objects, ${TotalAlloc} bytes`;
}

/** Prints a result line. */
export function emit(measurement: Measurement): void {
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}

/** Nanoseconds on a monotonic clock, as a double; costs some 40 ns, so batches are timed. */
export function now(): number {
  return performance.now() * 1e6;
}
