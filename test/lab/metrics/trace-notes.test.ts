import { describe, expect, it } from 'vitest';
import { payloadWords } from '../../../lib/cli/summary.ts';
import { type Payload, payloadOf } from '../../../lib/lab/metrics/payload.ts';
import { irregularities, irregularOf, traceNotes } from '../../../lib/lab/metrics/trace-notes.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import { Replay } from '../../../lib/lab/run/replay.ts';
import { TraceFaults } from '../../../lib/lab/trace/faults.ts';
import { BumpTarget } from '../support/bump-target.ts';
import { linesOf, mib, runOf } from '../support/made-runs.ts';

const words = { count: (n: number) => String(n), bytes: (n: number) => `${n} B` };
const say = (irregular: Record<string, number>): string[] => traceNotes(irregular, words);

describe('what is told of a trace', () => {
  it('has words for everything that is counted', () => {
    const counted = Object.keys({ ...new TraceFaults('').counts, ...new Replay(new BumpTarget()).counts });
    const inOrder = ['allocs', 'frees', 'reallocs'];
    const derived = ['malformedLinesOfMtrace'];
    expect(Object.keys(irregularities).sort()).toEqual(
      [...counted.filter((name) => !inOrder.includes(name)), ...derived].sort(),
    );
  });

  it.each<[Record<string, number>, RegExp[]]>([
    [{}, []],
    [
      { cutLine: 4 },
      [/the file was cut off in line 4, as when a program is killed; everything before counts$/],
    ],
    [
      { gzipCutLine: 7, missingOps: 1 },
      [/the gzip stream was cut off in line 7/, /1 operation of those that the header/],
    ],
    [
      { malformedLines: 1, firstMalformedLine: 9, malformedLinesOfMtrace: 1 },
      [/1 line is no operation and was passed over, line 9; most likely several processes .* MALLOC_TRACE/],
    ],
    [
      { malformedLines: 1, firstMalformedLine: 9, outOfRangeLines: 1 },
      [/line 9; it holds a number that cannot be \(a size of more than 2\^47 bytes, .* was not live$/],
    ],
    [
      { malformedLines: 3, firstMalformedLine: 9, outOfRangeLines: 2, malformedLinesOfMtrace: 1 },
      [/line 9; 2 of them hold a number .* not live; most likely several processes/],
    ],
    [{ malformedLines: 1, firstMalformedLine: 9 }, [/1 line is no operation and was passed over, line 9$/]],
    [
      { untoldAddresses: 1, unendedCalls: 2 },
      [
        /1 allocation tells no address and was passed over \(posix_memalign, .*ltrace/,
        /2 allocations have no answer and were passed over \(<no return/,
      ],
    ],
    [
      { malformedLines: 3, firstMalformedLine: 9, holeBytes: 300, parts: 2 },
      [
        /3 lines are no operations and were passed over, the first of them line 9$/,
        /300 B of zeros/,
        /holds 2 traces/,
      ],
    ],
    [
      { liveReuse: 2, lateFrees: 2 },
      [/2 allocations of what was not freed before, .*: the free came later for 2 \(threads/],
    ],
    [{ liveReuse: 3, lateFrees: 1 }, [/the free came later for 1 .*, and in time for none of the other 2$/]],
    [{ liveReuse: 3 }, [/: the older object counts as dropped$/]],
  ])('%j', (irregular, sentences) => {
    const said = say(irregular);
    expect(said).toHaveLength(sentences.length);
    sentences.forEach((sentence, i) => {
      expect(said[i]).toMatch(sentence);
      expect(said[i]).toMatch(/^in the trace: /);
    });
  });

  it('knows of mtrace by the format that the run file names', () => {
    const runWith = (format: string) =>
      toRunData([...linesOf([1]).slice(0, -1), { k: 'end', t: 1, trace: { format, malformedLines: 3 } }]);
    expect(irregularOf([runWith('mtrace')])).toEqual({ malformedLines: 3, malformedLinesOfMtrace: 3 });
    expect(irregularOf([runWith('calls')])).toEqual({ malformedLines: 3 });
  });

  it('is the most that any of several runs counted', () => {
    const runWith = (trace: Record<string, number>) =>
      toRunData([...linesOf([1]).slice(0, -1), { k: 'end', t: 1, trace }]);
    expect(
      irregularOf([runWith({ parts: 2, unknownFrees: 1 }), runWith({ unknownFrees: 5, allocs: 9 })]),
    ).toEqual({
      parts: 2,
      unknownFrees: 5,
    });
  });
});

describe('the payload of a run', () => {
  it('is what the program asked for, over the most that the heap took', () => {
    expect(payloadOf(runOf([1, 2]))).toEqual({
      peakLiveBytes: 50 * mib,
      liveBytes: null,
      liveObjects: null,
      allocations: 0,
      frees: 0,
      reallocations: 0,
      heapBytes: 100 * mib,
      utilisation: 0.5,
    });
  });

  it('is allocations alone where nobody counts what dies', () => {
    const end = { k: 'end', t: 1, summary: { peakLiveBytes: null }, trace: { allocs: 7, frees: null } };
    const payload = payloadOf(toRunData([...linesOf([1]).slice(0, -1), end]));
    expect(payload).toEqual({
      ...{ peakLiveBytes: null, liveBytes: null, liveObjects: null },
      ...{ allocations: 7, frees: null, reallocations: null },
      ...{ heapBytes: 100 * mib, utilisation: null },
    });
    expect(payloadWords(payload as Payload)).toBe('7 allocations');
  });

  it('is not known of a run that did not come to its end', () => {
    expect(payloadOf(toRunData(linesOf([1]).slice(0, -1)))).toBeUndefined();
  });
});
