/**
 * How a run is shown on the terminal while it goes: a chart that grows, a bar, or nothing.
 *
 * A chart wants a terminal of its own: both streams, a cursor that moves, room, no machine that only keeps what is written
 * (CI), and nobody who writes there meanwhile (GODEBUG's lines, a module of the user's).
 */
import type { PagesWatch } from '../lab/live/pages-watch.ts';
import { formatBytes, formatNumber, formatShare } from '../lab/report/client/format.ts';
import type { RunProgress } from '../lab/run/run-options.ts';
import type { Subject } from '../lab/subject/subject.ts';
import type { LiveChart } from './live-chart.ts';
import { Progress } from './progress.ts';
import type { Environment, Terminal } from './terminal.ts';

/** The chart has up to 16 lines, and room for their labels. */
const leastColumns = 40;
const leastRows = 20;

export interface ShownRun {
  show(progress: RunProgress): void;
  stop(): void;
}

const isOff = (value: string | undefined): boolean =>
  value === undefined || value === '' || value === 'false';

/** Whether a chart may be drawn in place. @param alone nobody else writes to the terminal */
export function mayDraw({ out, err }: Terminal, alone: boolean, env: Environment = process.env): boolean {
  return (
    alone &&
    out.isTTY === true &&
    err.isTTY === true &&
    isOff(env.CI) &&
    env.TERM !== 'dumb' &&
    (err.columns ?? 0) >= leastColumns &&
    (err.rows ?? 0) >= leastRows
  );
}

/** How far a run is, of its work and its idleness together, and in words. */
class Extent {
  readonly total: number;
  readonly #work: number;
  readonly #idle: number;

  constructor({ work, idle }: Subject) {
    this.#work = work;
    this.#idle = idle;
    this.total = work + idle;
  }

  doneOf({ phase, share = 0 }: RunProgress): number {
    if (phase === 'counting') return 0;
    // A workload tells how much of its idleness is over, whatever it does.
    return phase === 'replay' ? share * this.#work : this.#work + share * this.#idle;
  }

  /** What matters most is first: of a narrow place the last are left out. */
  wordsOf({ phase, ops, sample }: RunProgress): string[] {
    const { inuse, rss = null } = sample ?? {};
    return [
      phase,
      `${formatNumber(ops)} operations`,
      ...(inuse === undefined ? [] : [`in use ${formatBytes(inuse)}`]),
      ...(rss === null ? [] : [`RSS ${formatBytes(rss)}`]),
    ];
  }
}

/** A bar; on what is no terminal nothing. */
export class Bar implements ShownRun {
  readonly #extent: Extent;
  readonly #bar: Progress;

  constructor(terminal: Terminal, subject: Subject) {
    this.#extent = new Extent(subject);
    this.#bar = new Progress(terminal, this.#extent.total, 58);
  }

  show(progress: RunProgress): void {
    if (this.#bar.isShown)
      this.#bar.update(this.#extent.doneOf(progress), this.#extent.wordsOf(progress).join('  '));
  }

  stop(): void {
    this.#bar.stop();
  }
}

class Chart implements ShownRun {
  readonly #extent: Extent;
  readonly #chart: LiveChart;

  constructor(chart: LiveChart, extent: Extent) {
    this.#chart = chart;
    this.#extent = extent;
  }

  show(progress: RunProgress): void {
    const share = formatShare(this.#extent.doneOf(progress), Math.max(this.#extent.total, 1));
    this.#chart.show(progress, [share, ...this.#extent.wordsOf(progress)]);
  }

  stop(): void {
    this.#chart.stop();
  }
}

/** Milliseconds between two looks at the pages for the terminal. */
const lookGapMs = 1000;

/** A run that is drawn on the terminal as it goes. @param pages what looks at its pages */
export async function drawnRun(terminal: Terminal, subject: Subject, pages: PagesWatch): Promise<ShownRun> {
  const { LiveChart: Drawn } = await import('./live-chart.ts');
  const chart = new Drawn(terminal);
  let last = Number.NEGATIVE_INFINITY;
  pages.add({
    isWanted: () => performance.now() - last >= lookGapMs,
    show: (seen) => {
      last = performance.now();
      chart.showPages(seen);
    },
  });
  return new Chart(chart, new Extent(subject));
}
