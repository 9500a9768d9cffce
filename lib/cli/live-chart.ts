/**
 * The chart of a run on the terminal while it goes on: curves, the page map in two lines, and how far it is, drawn in place
 * again and again, and taken away at the end.
 *
 * Drawn where it may be: both streams are a terminal that can move its cursor, wide and high enough, and nobody else writes
 * there meanwhile; elsewhere there is a bar, or nothing (run-show.ts).
 */
import { stripVTControlCharacters } from 'node:util';
import type { SeenPages } from '../lab/live/pages-watch.ts';
import { formatTime } from '../lab/report/client/format.ts';
import type { RunProgress } from '../lab/run/run-options.ts';
import { type ChartPoint, chartMargin, drawChart } from './chart.ts';
import { mapLegend, mapLines } from './map-line.ts';
import type { Terminal } from './terminal.ts';

const chartHeight = 8;
const leastDrawGapMs = 200;
const mostPoints = 4096;

const up = (lines: number): string => (lines === 0 ? '' : `\x1b[${lines}A`);
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearLine = '\x1b[K';
const clearBelow = '\r\x1b[J';

/** Every second point, the higher of two. */
const thinned = (points: readonly ChartPoint[]): ChartPoint[] =>
  points.flatMap((point, i) => {
    if (i % 2 === 1) return [];
    const next = points[i + 1];
    return [next !== undefined && (next.rss ?? 0) > (point.rss ?? 0) ? next : point];
  });

/** As many of these words as there is room for. */
function fitting(words: readonly string[], columns: number): string {
  for (let count = words.length; count > 0; count--) {
    const line = words.slice(0, count).join('  ');
    if (line.length <= columns) return line;
  }
  return '';
}

export class LiveChart {
  readonly #terminal: Terminal;
  readonly #clock: () => number;
  #points: ChartPoint[] = [];
  #pages: SeenPages | undefined;
  /** The lines that stand there, as they were drawn. */
  #drawn: readonly string[] = [];
  #lastDrawn = Number.NEGATIVE_INFINITY;
  #isOver = false;
  readonly #restore = (): void => this.stop();

  constructor(terminal: Terminal, clock: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#clock = clock;
    terminal.err.write(hideCursor);
    process.on('exit', this.#restore);
    terminal.standing = {
      leave: () => this.#clear(),
      // It is drawn with the next sample, from where the cursor is then.
      comeBack: () => undefined,
    };
  }

  /** @param status how far the run is, in words; the last of them are left out where it is narrow */
  show({ sample }: RunProgress, status: readonly string[]): void {
    if (this.#isOver) return;
    if (sample !== undefined) {
      const { t, inuse, rss } = sample;
      this.#points.push({ t, rss, ...(inuse === undefined ? {} : { inuse }) });
      if (this.#points.length > mostPoints) this.#points = thinned(this.#points);
    }
    const now = this.#clock();
    if (now - this.#lastDrawn < leastDrawGapMs) return;
    this.#lastDrawn = now;
    this.#draw(status);
  }

  /** The pages as they are now. */
  showPages(pages: SeenPages): void {
    this.#pages = pages;
  }

  /** Takes it away. Again is harmless. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    process.off('exit', this.#restore);
    this.#terminal.standing = undefined;
    this.#clear();
    this.#terminal.err.write(showCursor);
  }

  #clear(): void {
    this.#terminal.err.write(`${this.#home()}${clearBelow}`);
    this.#drawn = [];
  }

  #draw(status: readonly string[]): void {
    const { err, errColors: colors } = this.#terminal;
    const columns = this.#terminal.columnsOf(err);
    const chart = drawChart(this.#points, [], {
      columns,
      height: chartHeight,
      hasColors: colors.isColorSupported,
      colors,
    });
    const width = Math.min(120, columns - chartMargin - 1);
    const map = this.#pages === undefined ? [] : mapLines(this.#pages.pairs, width, colors);
    const legend =
      this.#pages === undefined || map.length === 0
        ? []
        : [mapLegend(columns, colors, `as at ${formatTime(this.#pages.t)}`)];
    const lines = [
      ...(chart === '' ? [] : chart.split('\n')),
      ...map,
      ...legend,
      fitting(status, columns - 1),
    ];
    err.write(`${this.#home()}${lines.map((line) => `${line}${clearLine}\n`).join('')}${clearBelow}`);
    this.#drawn = lines;
  }

  /** To where the drawing began: in a window that became narrower its lines take more rows. */
  #home(): string {
    const columns = this.#terminal.columnsOf(this.#terminal.err);
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns)),
      0,
    );
    return `\r${up(rows)}`;
  }
}
