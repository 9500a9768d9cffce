/**
 * What a reader should know of the trace of a run: each irregularity that was counted, in a sentence.
 *
 * A sentence says what was seen, and why, most likely, only with those words. Of an address it is known when it was
 * allocated and freed in the order of the file; not by which thread, and not what the file does not hold.
 *
 * Not here: counting (trace/faults.ts, run/replay.ts), where the sentences stand (cli, report).
 */
import type { RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';

/** Counts by name, as in the end line of a run file; those that are zero left out. */
export type Irregular = Readonly<Record<string, number>>;

/** How numbers and bytes are written. */
export interface NumberWords {
  readonly count: (n: number) => string;
  readonly bytes: (n: number) => string;
}

interface Irregularity {
  /** Its sentence; undefined where another one says it. */
  readonly says: (n: number, all: Irregular, words: NumberWords) => string | undefined;
}

/** "1 line is", "3 lines are": a number with what depends on it. */
const some = (n: number, { count }: NumberWords, one: string, more: string): string =>
  `${count(n)} ${n === 1 ? one : more}`;

const killed = 'as when a program is killed; everything before counts';

/** How many of n lines hold a number that cannot be, and what comes of it. */
function rangeWords(outOfRange: number, n: number, words: NumberWords): string {
  if (outOfRange === 0) return '';
  const which =
    outOfRange === n ? (n === 1 ? 'it holds' : 'they hold') : `${words.count(outOfRange)} of them hold`;
  return `; ${which} a number that cannot be (a size of more than 2^47 bytes, or such a pointer), so the free of that object is one of what was not live`;
}

/** By their names, in the order in which they are told. */
export const irregularities: Readonly<Record<string, Irregularity>> = {
  noOperations: {
    says: () =>
      'it has no operation: nothing was allocated, or what wrote it was killed before its first lines were in the file',
  },
  gzipCutLine: {
    says: (line, _all, { count }) => `the gzip stream was cut off in line ${count(line)}, ${killed}`,
  },
  cutLine: { says: (line, _all, { count }) => `the file was cut off in line ${count(line)}, ${killed}` },
  missingOps: {
    says: (n, _all, words) =>
      `${some(n, words, 'operation', 'operations')} of those that the header promises did not come`,
  },
  surplusOps: {
    says: (n, _all, words) =>
      `${some(n, words, 'line', 'lines')} beyond the operations that the header promises did not count`,
  },
  lostBytes: { says: (n, _all, { bytes }) => `the file became ${bytes(n)} shorter while it was read` },
  grownBytes: {
    says: (n, _all, { bytes }) =>
      `the file grew by ${bytes(n)} while it was read, so its program still runs; what was there when it was opened counts`,
  },
  malformedLines: {
    says: (n, { firstMalformedLine = 0, malformedLinesOfMtrace = 0, outOfRangeLines = 0 }, words) =>
      `${some(n, words, 'line is no operation and was', 'lines are no operations and were')} passed over, ` +
      `${n === 1 ? 'line' : 'the first of them line'} ${words.count(firstMalformedLine)}` +
      rangeWords(outOfRangeLines, n, words) +
      // By this variable several processes share a file; no other tool has it.
      (malformedLinesOfMtrace === 0
        ? ''
        : '; most likely several processes wrote into the file (a program that forks, or starts another): trace one alone, ' +
          'without MALLOC_TRACE for the others'),
  },
  malformedLinesOfMtrace: { says: () => undefined },
  outOfRangeLines: { says: () => undefined },
  firstMalformedLine: { says: () => undefined },
  untoldAddresses: {
    says: (n, _all, words) =>
      `${some(n, words, 'allocation tells no address and was', 'allocations tell no address and were')} passed over ` +
      '(posix_memalign, of which ltrace prints only that it succeeded); the free of such an object is one of what was not live',
  },
  unendedCalls: {
    says: (n, _all, words) =>
      `${some(n, words, 'allocation has no answer and was', 'allocations have no answer and were')} passed over ` +
      '(<no return ...>: the process ended within it, or ltrace lost it)',
  },
  halfReallocs: {
    says: (n, _all, words) => `${some(n, words, 'realloc has', 'reallocs have')} only one of the two lines`,
  },
  holeBytes: {
    says: (n, _all, { bytes }) =>
      `${bytes(n)} of zeros were passed over; most likely another process emptied the file while this one wrote ` +
      '(fork, exec)',
  },
  parts: {
    says: (n, _all, { count }) =>
      `the file holds ${count(n)} traces, one after the other (= Start, = End); the same address may be another object in each`,
  },
  liveReuse: {
    says: (n, { lateFrees = 0 }, words) => {
      const what = `${some(n, words, 'allocation', 'allocations')} of what was not freed before, by the order of the file`;
      if (lateFrees === 0) return `${what}: the older object counts as dropped`;
      const late = `the free came later for ${words.count(lateFrees)} (threads write when they get to it)`;
      const never = n > lateFrees ? `, and in time for none of the other ${words.count(n - lateFrees)}` : '';
      return `${what}: ${late}${never}`;
    },
  },
  lateFrees: { says: () => undefined },
  unknownFrees: {
    says: (n, _all, words) =>
      `${some(n, words, 'free', 'frees')} of what was not live: freed before, or allocated where the trace does not tell`,
  },
  failedReallocs: {
    says: (n, _all, words) => `${some(n, words, 'realloc', 'reallocs')} failed in the program`,
  },
  nilAllocs: {
    says: (n, _all, words) => `${some(n, words, 'allocation', 'allocations')} failed in the program`,
  },
  unknownWrites: {
    says: (n, _all, words) => `${some(n, words, 'write', 'writes')} to what was not live`,
  },
};

/** A sentence for each irregularity. */
export function traceNotes(irregular: Irregular, words: NumberWords): string[] {
  return Object.entries(irregularities).flatMap(([name, { says }]) => {
    const n = irregular[name] ?? 0;
    const sentence = n === 0 ? undefined : says(n, irregular, words);
    return sentence === undefined ? [] : [`in the trace: ${sentence}`];
  });
}

/** The irregularities of a trace by the runs that replayed it, the most of each; those that are zero left out. */
export function irregularOf(runs: readonly RunData[]): Irregular {
  const irregular: Record<string, number> = {};
  const see = (name: string, count: RunValue | undefined): void => {
    if (typeof count === 'number' && count > (irregular[name] ?? 0)) irregular[name] = count;
  };
  for (const { end } of runs) {
    const { format, malformedLines = 0, outOfRangeLines = 0 } = end?.trace ?? {};
    if (format === 'mtrace') see('malformedLinesOfMtrace', Number(malformedLines) - Number(outOfRangeLines));
    for (const name of Object.keys(irregularities)) see(name, end?.trace?.[name]);
  }
  return irregular;
}
