/**
 * Verifies the pacer of concurrent marking against a recording of the real one: whatever that was told, this one is
 * told, and each answer must be the same double.
 *
 * The pacer is arithmetic: there is no heap. A cycle begins when the heap has grown to its trigger, at time 0, and
 * what was recorded says how it went on. What follows from a recording's own steps (the heap's size, what of it is
 * scannable) is kept here.
 *
 * Not here: the trace's lines (pacer-trace.ts), the output (cli).
 */
import { exactBelow } from '../../base/int64.ts';
import { ConcurrentPacer } from '../../gc/concurrent-pacer.ts';
import { GcSettings, gcSettingsTable, noMemoryLimit } from '../../gc/gc-settings.ts';
import { HeapGoals, heapMinimumOf } from '../../gc/heap-goals.ts';
import type { HeapSizes } from '../../gc/heap-sizes.ts';
import { pacerTable } from '../../gc/pacer-table.ts';
import { plainViews } from '../../meta/column.ts';
import { markFields, type PacerOperation, readPacerTrace, stateFields } from './pacer-trace.ts';
import type { VerifyOptions } from './radix.ts';
import { type Answer, type ReplayedLines, replayLines, type TraceReplay } from './replay-lines.ts';

export interface PacerVerdict extends ReplayedLines {
  readonly file: string;
  /** What the file does not hold, though a whole recording does. */
  readonly notes: readonly string[];
}

/** A pacer, and the heap as it is told of it. */
class PacedHeap {
  readonly settings = new GcSettings(plainViews(gcSettingsTable));
  readonly #columns = plainViews(pacerTable);
  readonly goals = new HeapGoals(this.#columns, this.settings);
  readonly scannable = { heap: 0, stacks: 0, globals: 0 };
  readonly pacer = new ConcurrentPacer(this.#columns, this.goals, this.settings, this.scannable);
  readonly procs: number;
  sizes: HeapSizes = { heapLive: 0, heapAlloc: 0, heapInUse: 0, heapFree: 0, mappedReady: 0 };
  isMarking = false;

  constructor(percent: number, limit: number, procs: number) {
    this.settings.init(percent, limit);
    this.pacer.init();
    this.procs = procs;
  }

  start(stacks: number, globals: number, share: number): void {
    const { pacer, scannable } = this;
    const heapLive = Math.max(pacer.heapTrigger(this.sizes), pacer.heapMarked);
    scannable.stacks = stacks;
    scannable.globals = globals;
    scannable.heap += Math.trunc((heapLive - pacer.heapMarked) * share);
    this.sizes = { ...this.sizes, heapLive };
    pacer.startCycle(this.sizes);
    pacer.startMark(this.sizes, 0, this.procs);
    this.isMarking = true;
  }

  revise(live: number, scan: number, work: readonly [number, number, number]): void {
    this.sizes = { ...this.sizes, heapLive: this.sizes.heapLive + live };
    this.scannable.heap += scan;
    this.pacer.addWork(...work);
    this.pacer.revise(this.sizes);
  }

  end(marked: number, assist: number, idle: number, elapsed: number): void {
    const { pacer } = this;
    pacer.endMark(this.sizes, { now: elapsed, assist, idle });
    pacer.endCycle(marked, this.sizes);
    this.sizes = { ...this.sizes, heapLive: marked };
    this.scannable.heap = pacer.heapScanWork;
    pacer.commit(this.sizes, false);
    this.isMarking = false;
  }

  state(): number[] {
    const { pacer, goals, settings, scannable } = this;
    const goal = pacer.heapGoal(this.sizes);
    return [
      goal,
      pacer.heapTrigger(this.sizes),
      goal,
      pacer.runway,
      pacer.consMark,
      goals.committed,
      pacer.heapMarked,
      this.sizes.heapLive,
      scannable.heap,
      pacer.lastHeapScan,
      pacer.lastStackScan,
      heapMinimumOf(settings.gcPercent),
    ];
  }

  mark(): number[] {
    const { pacer } = this;
    return [
      pacer.triggered,
      pacer.dedicatedWorkers,
      pacer.fractionalGoal,
      pacer.assistWorkPerByte,
      pacer.assistBytesPerWork,
    ];
  }
}

class PacerReplay implements TraceReplay<PacerOperation> {
  #heap: PacedHeap | undefined;

  refuse(operation: PacerOperation): string | undefined {
    const heap = this.#heap;
    const { op } = operation;
    if (op === 'new' || op === 'stop') return undefined;
    if (heap === undefined) return 'an operation before the first pacer';
    switch (op) {
      case 'around': {
        const { mappedReady, heapFree, totalAlloc, totalFree } = operation;
        if (totalFree > totalAlloc) return 'more was freed than allocated';
        return heapFree + totalAlloc - totalFree > mappedReady
          ? 'more is in the heap than is mapped'
          : undefined;
      }
      case 'start':
        if (heap.isMarking) return 'a cycle begins within another';
        return heap.pacer.heapTrigger(heap.sizes) > exactBelow ? 'no heap grows to this trigger' : undefined;
      case 'revise':
      case 'end':
        return heap.isMarking ? undefined : 'no cycle is running';
      case 'h':
        return operation.of === 'mark' && !heap.isMarking ? 'no cycle is running' : undefined;
      default:
        return undefined;
    }
  }

  apply(operation: PacerOperation): Answer | undefined {
    if (operation.op === 'new') {
      this.#heap = new PacedHeap(operation.percent, operation.limit, operation.procs);
      return undefined;
    }
    if (operation.op === 'stop') {
      this.#heap = undefined;
      return undefined;
    }
    const heap = this.#heap!;
    switch (operation.op) {
      case 'around': {
        const { mappedReady, heapFree, totalAlloc, totalFree } = operation;
        heap.sizes = { ...heap.sizes, mappedReady, heapFree, heapAlloc: totalAlloc - totalFree };
        return undefined;
      }
      case 'percent':
        heap.settings.setGCPercent(operation.to);
        heap.pacer.commit(heap.sizes, true);
        return undefined;
      case 'limit':
        heap.settings.setMemoryLimit(operation.to);
        heap.pacer.commit(heap.sizes, true);
        return undefined;
      case 'start':
        heap.start(operation.stacks, operation.globals, operation.scannable);
        return undefined;
      case 'revise':
        heap.revise(operation.live, operation.scan, operation.work);
        return undefined;
      case 'end':
        heap.end(operation.marked, operation.assist, operation.idle, operation.elapsed);
        return undefined;
      case 'h':
        return operation.of === 'state'
          ? differing(stateFields, operation.answers, heap.state())
          : differing(markFields, operation.answers, heap.mark());
    }
  }

  /** Whether a cycle has begun and not ended. */
  get isMarking(): boolean {
    return this.#heap?.isMarking === true;
  }

  /** What the pacer would answer now, a line each. */
  describe(): string[] {
    const heap = this.#heap;
    if (heap === undefined) return [];
    const { settings, sizes, scannable, procs } = heap;
    const told = (fields: readonly string[], values: readonly number[]): string =>
      fields.map((field, i) => `${field} ${values[i]}`).join(', ');
    return [
      `GOGC ${orOff(settings.gcPercent)}, memory limit ${orOff(settings.memoryLimit)}, ${procs} Ps`,
      `mapped ${sizes.mappedReady}, free ${sizes.heapFree}, objects ${sizes.heapAlloc}, stacks ${scannable.stacks}, globals ${scannable.globals}`,
      told(stateFields, heap.state()),
      ...(heap.isMarking ? [told(markFields, heap.mark())] : []),
    ];
  }
}

/** A setting as it is told. */
const orOff = (setting: number): string =>
  setting < 0 || setting >= noMemoryLimit ? 'off' : String(setting);

/** A GOGC goal that is off is null in a trace, and Infinity here. */
function differing(
  names: readonly string[],
  expected: readonly (number | null)[],
  found: readonly number[],
): Answer | undefined {
  const fields = names.flatMap((field, i) =>
    found[i] === (expected[i] ?? Infinity)
      ? []
      : [{ field, expected: String(expected[i] ?? 'off'), found: String(found[i]) }],
  );
  if (fields.length === 0) return undefined;
  const told = (which: 'expected' | 'found'): string =>
    fields.map((f) => `${f.field} ${f[which]}`).join(', ');
  return { expected: told('expected'), found: told('found'), fields };
}

/**
 * Replays what a real pacer was told. How many operations there should be, such a file does not say: a cut is seen
 * only where it falls into a cycle.
 * @throws PageHeapError ERR_FILE, ERR_GOLDEN for what is wrong with the file
 */
export async function verifyPacer(file: string, options: VerifyOptions = {}): Promise<PacerVerdict> {
  const replay = new PacerReplay();
  const trace = { hasHeader: false };
  const lines = readPacerTrace(file, trace);
  const replayed = await replayLines(file, lines, replay, options.last ?? 20, undefined);
  const notes: string[] = [];
  if (!trace.hasHeader) notes.push('it has no header: its beginning may be missing');
  if (replayed.mismatch === undefined && replay.isMarking)
    notes.push('it was cut short: it ends within a cycle');
  return { file, ...replayed, notes };
}
