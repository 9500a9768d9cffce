/**
 * Telling of a cycle: the event, and the gctrace line of the heap's generation, which is formatted only when somebody
 * listens.
 *
 * Not here: the format (gctrace.ts).
 */
import type { HeapState } from '../heap/heap-state.ts';
import type { CycleOutcome } from './cycle.ts';
import type { CycleLog } from './cycle-log.ts';
import type { Watch } from './events.ts';
import type { GcSettings } from './gc-settings.ts';
import { formatGcTrace, type GcTraceStyle } from './gctrace.ts';

/** 2^64 − 1 bytes, as far as MiB show it: what the older runtimes print where there is no goal. */
const largestGoal = 2 ** 64 - 2 ** 20;

export class CycleTrace {
  readonly #state: HeapState;
  readonly #settings: GcSettings;
  readonly #log: CycleLog;
  readonly #watch: Watch;
  readonly #style: GcTraceStyle;

  /** @param style whose line it prints */
  constructor(state: HeapState, settings: GcSettings, log: CycleLog, watch: Watch, style: GcTraceStyle) {
    this.#state = state;
    this.#settings = settings;
    this.#log = log;
    this.#watch = watch;
    this.#style = style;
  }

  tell(outcome: CycleOutcome): void {
    const { gctrace, onEvent } = this.#watch;
    if (!gctrace && onEvent === undefined) return;
    const line = this.#line(outcome);
    if (gctrace) process.stderr.write(`${line}\n`);
    onEvent?.({ kind: 'gc', ...outcome.report, line });
  }

  #line(outcome: CycleOutcome): string {
    const { report, end, phases, markedBefore, sweptInBackground, sweptInPause } = outcome;
    const { gcPercent, isOff } = this.#settings;
    const { goal, heapStart, heapEnd } = report;
    const [start, mark, finish] = phases;
    // Beside the program marking takes less than the time that passes meanwhile.
    const beside = report.pause === report.ns ? mark : report.background;
    return formatGcTrace(
      {
        cycle: report.cycle,
        at: report.at - this.#log.columns.begun[0],
        cpuFraction: this.#log.cpuFraction(end),
        clock: phases,
        cpu: { start, assist: report.assist, background: beside, idle: 0, end: finish },
        heapStart,
        heapEnd,
        heapMarked: report.heapMarked,
        goal: isOff && this.#style !== 'go1.21' ? largestGoal : goal,
        stacks: outcome.stacks ?? 0,
        globals: outcome.globals ?? 0,
        procs: 1,
        forced: report.forced,
        livedBefore: isOff ? markedBefore : (goal * 100) / (100 + Math.max(0, gcPercent)),
        ...this.#objectCounts(),
        spans: this.#state.spans.end - 1,
        sweptInBackground,
        sweptInPause,
      },
      this.#style,
    );
  }

  /** Objects ever allocated and freed, as far as the caches were flushed: all of them, right after a cycle. */
  #objectCounts(): { mallocs: number; frees: number } {
    const { counters } = this.#state;
    const sum = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
    const tiny = counters.tinyAllocCount[0];
    return {
      mallocs: sum(counters.smallAllocCount) + counters.largeAllocCount[0] + tiny,
      frees: sum(counters.smallFreeCount) + counters.largeFreeCount[0] + tiny,
    };
  }
}
