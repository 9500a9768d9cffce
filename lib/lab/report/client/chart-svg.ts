/// <reference lib="dom" />
/**
 * A picture of a chart as SVG: title, legend, axes, grid, curves, and what is drawn over and under them, in the
 * page's colours of the moment. It takes its geometry from the chart that is on the screen, so that both show the
 * same; but it is lines and text, sharp at any size.
 *
 * uPlot keeps the ticks of each axis in `_splits` and `_values`; its types do not tell of them.
 */
import type uPlotType from 'uplot';
import type { ChartSpec, Layer } from './chart-spec.ts';
import { colour } from './dom.ts';
import { SvgContext, svgNumber, svgText } from './svg-context.ts';

/** What a picture is made of. */
export interface Pictured {
  readonly spec: ChartSpec;
  readonly plot: uPlotType;
  /** The layers that are shown, in the order of the legend. */
  readonly shown: readonly Layer[];
  /** All layers, in the order in which the chart draws them. */
  readonly drawn: readonly Layer[];
  readonly density: number;
}

interface TickedAxis extends uPlotType.Axis {
  readonly _splits?: readonly number[] | null;
  readonly _values?: readonly (string | number | null)[] | null;
}

const pictureFont = 'system-ui, sans-serif';
const legendRow = 20;

/** Grid and ticks, in canvas pixels. */
function drawAxes({ plot, density }: Pictured, context: SvgContext): void {
  const { left, top, width, height } = plot.bbox;
  context.font = `${12 * density}px ${pictureFont}`;
  context.lineWidth = density;
  (plot.axes as TickedAxis[]).forEach(({ _splits, _values, scale = 'x', side, grid }) => {
    const across = side === 0 || side === 2;
    (_splits ?? []).forEach((split, i) => {
      const text = _values?.[i];
      if (text === null || text === undefined) return;
      const at = plot.valToPos(split, scale, true);
      context.strokeStyle = colour('grid');
      if (grid?.show !== false) {
        context.beginPath();
        context.moveTo(across ? at : left, across ? top : at);
        context.lineTo(across ? at : left + width, across ? top + height : at);
        context.stroke();
      }
      context.fillStyle = colour('muted');
      context.textAlign = across ? 'center' : side === 1 ? 'left' : 'right';
      context.textBaseline = across ? 'top' : 'middle';
      const gap = 6 * density;
      const x = across ? at : side === 1 ? left + width + gap : left - gap;
      context.fillText(String(text), x, across ? top + height + 2 * gap : at);
    });
  });
}

/** Points of a series in canvas pixels, in pieces that nulls divide where the chart does not span them. */
function piecesOf(plot: uPlotType, index: number): (readonly [number, number])[][] {
  const { scale = 'y', spanGaps } = plot.series[index];
  const [times, values] = [plot.data[0], plot.data[index]];
  const pieces: (readonly [number, number])[][] = [[]];
  const { min = 0, max = 0 } = plot.scales.x;
  // One point beyond each end, so that lines go on to the edge.
  const first = times.findLastIndex((t) => t <= min);
  const last = times.findIndex((t) => t >= max);
  for (let i = Math.max(first, 0); i <= (last < 0 ? times.length - 1 : last); i++) {
    const value = values[i];
    if (typeof value === 'number') {
      pieces[pieces.length - 1].push([plot.valToPos(times[i], 'x', true), plot.valToPos(value, scale, true)]);
    } else if (spanGaps !== true && pieces[pieces.length - 1].length > 0) {
      pieces.push([]);
    }
  }
  return pieces.filter((piece) => piece.length > 0);
}

function drawBars(plot: uPlotType, index: number, context: SvgContext): void {
  const scale = plot.series[index].scale ?? 'y';
  const zero = plot.valToPos(0, scale, true);
  const times = plot.data[0];
  plot.data[index].forEach((value, i) => {
    if (i === 0 || !value) return;
    const left = plot.valToPos(times[i - 1], 'x', true);
    const right = plot.valToPos(times[i], 'x', true);
    if (right < plot.bbox.left || left > plot.bbox.left + plot.bbox.width) return;
    const y = plot.valToPos(value, scale, true);
    context.fillRect(left, Math.min(y, zero), Math.max(right - left, 1), Math.abs(y - zero));
  });
}

function drawLayer({ plot, density }: Pictured, layer: Layer, index: number, context: SvgContext): void {
  const ink = colour(layer.colour);
  context.save();
  context.fillStyle = ink;
  context.strokeStyle = ink;
  context.lineJoin = 'round';
  context.lineWidth = (layer.kind === 'area' ? 1 : (layer.width ?? 1.5)) * density;
  context.setLineDash((layer.dash ?? []).map((length) => length * density));
  if (layer.kind === 'bars') drawBars(plot, index, context);
  for (const piece of layer.kind === 'bars' ? [] : piecesOf(plot, index)) {
    // A value alone between two gaps is a dot.
    if (piece.length === 1) {
      const [[x, y]] = piece;
      context.fillRect(x - 2 * density, y - 2 * density, 4 * density, 4 * density);
    }
    context.beginPath();
    piece.forEach(([x, y], i) => {
      if (i === 0) context.moveTo(x, y);
      else {
        if (layer.steps === true) context.lineTo(x, piece[i - 1][1]);
        context.lineTo(x, y);
      }
    });
    if (layer.kind === 'area') {
      const bottom = plot.bbox.top + plot.bbox.height;
      context.lineTo(piece[piece.length - 1][0], bottom);
      context.lineTo(piece[0][0], bottom);
      context.closePath();
      context.fill();
    } else {
      context.stroke();
    }
  }
  context.restore();
}

/** The legend from a height on, in rows as wide as the picture; the height where it ends. */
function drawLegend(context: SvgContext, shown: readonly Layer[], width: number, from: number): number {
  context.font = `13px ${pictureFont}`;
  let x = 8;
  let y = from;
  for (const layer of shown) {
    const room = 38 + context.measureText(layer.label).width + 16;
    if (x > 8 && x + room > width) {
      x = 8;
      y += legendRow;
    }
    context.fillStyle = colour(layer.colour);
    context.strokeStyle = colour(layer.colour);
    if (layer.kind === 'line') {
      context.lineWidth = layer.width ?? 1.5;
      context.setLineDash(layer.dash ?? []);
      context.beginPath();
      context.moveTo(x, y + 8);
      context.lineTo(x + 30, y + 8);
      context.stroke();
      context.setLineDash([]);
    } else {
      context.fillRect(x + 9, y + 2, 13, 13);
    }
    context.fillStyle = colour('text');
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(layer.label, x + 37, y + 9);
    x += room;
  }
  return shown.length === 0 ? from : y + legendRow;
}

/** @param title written above; without one there is neither title nor legend */
export function chartSvg(pictured: Pictured, title?: string): string {
  const { plot, spec, shown, drawn, density } = pictured;
  const { left, top, width: inner, height: innerHeight } = plot.bbox;
  const { width } = plot;
  const head = new SvgContext();
  let above = 0;
  if (title !== undefined) {
    head.font = `600 15px ${pictureFont}`;
    head.fillStyle = colour('text');
    head.textBaseline = 'middle';
    head.fillText(title, 8, 16);
    above = drawLegend(head, shown, width, 32) + 4;
  }
  const under = new SvgContext();
  drawAxes(pictured, under);
  spec.underlay?.(plot, under as unknown as CanvasRenderingContext2D);
  const curves = new SvgContext();
  drawn.forEach((layer, i) => {
    if (shown.includes(layer)) drawLayer(pictured, layer, i + 1, curves);
  });
  const over = new SvgContext();
  spec.decorate?.(plot, over as unknown as CanvasRenderingContext2D, density);
  const height = plot.height + above;
  const box = [left, top, inner, innerHeight].map(svgNumber);
  // An inner picture cuts off what lies outside it.
  const plotBox = `x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}" viewBox="${box.join(' ')}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${svgNumber(height)}" width="${width}" height="${svgNumber(height)}">
<title>${svgText(title ?? spec.name)}</title>
<rect width="100%" height="100%" fill="${colour('page')}"/>
${head.markup}
<g transform="translate(0 ${svgNumber(above)}) scale(${1 / density})">
${under.markup}
<svg ${plotBox}>
${curves.markup}
</svg>
${over.markup}
</g>
</svg>
`;
}
