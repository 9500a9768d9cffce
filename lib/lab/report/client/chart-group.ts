/// <reference lib="dom" />
/**
 * Charts with a common cursor and a common stretch of time, always within the run.
 *
 * A chart that moves the cursor tells the group, which moves it in all others; `following` keeps these from telling
 * it back.
 */
import type uPlotType from 'uplot';

interface Member {
  readonly plot: () => uPlotType | undefined;
  readonly redraw: () => void;
}

export class ChartGroup {
  readonly members: Member[] = [];
  range: readonly [number, number];
  whole: readonly [number, number];
  /** Called when another stretch is shown. */
  readonly zoomed: (() => void)[] = [];
  /** The moment that is looked at, where the page has one: a line in every chart. */
  mark: number | undefined;
  #busy = false;

  constructor(from: number, to: number) {
    this.whole = [from, to > from ? to : from + 1];
    this.range = this.whole;
  }

  /** Shows a stretch of time in every chart; clipped to the run, at least 20 ms. */
  zoom(from: number, to: number): void {
    const width = Math.min(Math.max(to - from, 20), this.whole[1] - this.whole[0]);
    const start = Math.min(Math.max(from, this.whole[0]), this.whole[1] - width);
    if (this.#busy || (start === this.range[0] && start + width === this.range[1])) {
      return;
    }
    this.range = [start, start + width];
    this.#busy = true;
    for (const member of this.members) {
      member.plot()?.setScale('x', { min: start, max: start + width });
    }
    this.#busy = false;
    for (const changed of this.zoomed) changed();
  }

  /** Marks a moment in every chart; undefined: none. */
  markAt(time: number | undefined): void {
    if (time === this.mark) return;
    this.mark = time;
    for (const member of this.members) member.plot()?.redraw(false);
  }

  /** Whether a part of the whole is shown. */
  get isZoomed(): boolean {
    return this.range[0] > this.whole[0] || this.range[1] < this.whole[1];
  }

  /** The whole is from now on what ends at a time; what is zoomed in on stays, as far as it is within. */
  reach(to: number): void {
    const wasZoomed = this.isZoomed;
    this.whole = [this.whole[0], Math.max(to, this.whole[0] + 1)];
    this.zoom(...(wasZoomed ? this.range : this.whole));
  }

  /** Puts every other chart's cursor at a time; null hides it. */
  point(time: number | null, source: uPlotType): void {
    if (this.#busy) {
      return;
    }
    this.#busy = true;
    for (const member of this.members) {
      const plot = member.plot();
      if (plot !== undefined && plot !== source) {
        plot.setCursor({
          left: time === null ? -10 : plot.valToPos(time, 'x'),
          top: time === null ? -10 : 0,
        });
      }
    }
    this.#busy = false;
  }

  /** Whether the cursor is being moved from another chart. */
  get following(): boolean {
    return this.#busy;
  }
}
