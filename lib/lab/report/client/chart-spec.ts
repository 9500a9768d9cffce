/**
 * What a chart over time is made of: its layers, how their values are written, what is drawn beside them. No code
 * here; chart.ts draws it on the screen, chart-svg.ts as a picture.
 */
import type uPlotType from 'uplot';

export interface Layer {
  readonly label: string;
  /** Name of the custom property that holds its colour. */
  readonly colour: string;
  readonly kind: 'area' | 'line' | 'bars';
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  readonly width?: number;
  /** Drawn on the right-hand scale. */
  readonly right?: boolean;
  /** What the legend says when pointed at. */
  readonly hint?: string;
  /** Not shown until asked for. */
  readonly hidden?: boolean;
  /** Does not stretch the vertical scale. */
  readonly aside?: boolean;
  /** Line as steps: the value holds until the next. */
  readonly steps?: boolean;
  /** What the tooltip says beside the label at a time; empty: nothing. */
  readonly noteAt?: (time: number) => string;
}

/** What stands on the horizontal axis, where that is no time. */
export interface XAxis {
  readonly steps: readonly number[];
  readonly format: (value: number) => string;
}

export interface ChartSpec {
  readonly name: string;
  /** Where the values stand on the horizontal axis: milliseconds, or what `x` says. */
  readonly times: readonly number[];
  readonly x?: XAxis;
  readonly layers: readonly Layer[];
  readonly height: number;
  readonly format: (value: number) => string;
  readonly formatRight?: (value: number) => string;
  /** Ticks of the vertical scale, where they are written otherwise. */
  readonly tick?: (value: number) => string;
  /** Whether values are bytes, so that the ticks are powers of two. */
  readonly binary?: boolean;
  /** Pixels above the plot, for `decorate`. */
  readonly headroom?: number;
  /** The scale may go below zero. */
  readonly signed?: boolean;
  /** Draws over the finished chart, in canvas pixels. */
  readonly decorate?: (plot: uPlotType, context: CanvasRenderingContext2D, density: number) => void;
  /** Draws under the data, in canvas pixels. */
  readonly underlay?: (plot: uPlotType, context: CanvasRenderingContext2D) => void;
  /** Whether the chart has a legend of its own; default yes. Without, layers are hidden by `show`. */
  readonly legend?: boolean;
  /** Further lines of the tooltip for times from `from` to `to`. */
  readonly eventsNear?: (from: number, to: number) => string[];
}
