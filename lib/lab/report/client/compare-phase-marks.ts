/// <reference lib="dom" />
/**
 * The ends of phases over a comparison's chart: a row for each configuration, ticks in its colour and the name
 * of the phase before each where there is room. Of more configurations than have a row, only the one that is
 * pointed at is shown. That one's ends are drawn through the whole plot as well. The phase at a time, in words,
 * is for the tooltip.
 */
import type uPlotType from 'uplot';
import type { ComparedPhaseEnd } from '../comparison-payload.ts';
import type { LegendChoice } from './compare-legend.ts';
import { curveColour, mostPhaseRows } from './curve-style.ts';
import { colour } from './dom.ts';
import { formatTime } from './format.ts';

const rowHeight = 13;

/** Pixels that the rows take above the plot; undefined without phases. */
export function phaseRoom(phases: readonly (readonly ComparedPhaseEnd[])[]): number | undefined {
  const rows = phases.filter((ends) => ends.length > 0).length;
  return rows === 0 ? undefined : 8 + rowHeight * (rows > mostPhaseRows ? 1 : rows);
}

/** The configurations that have a row. */
export function phaseRows(
  phases: readonly (readonly ComparedPhaseEnd[])[],
  { shown, pointed }: LegendChoice,
): number[] {
  const having = phases.map((_, i) => i).filter((i) => phases[i].length > 0);
  if (having.length > mostPhaseRows) return having.filter((i) => i === pointed);
  return having.filter((i) => shown[i] || i === pointed);
}

/** The phase that a time lies in, and where it ends; empty after the last. */
export function phaseWordsAt(ends: readonly ComparedPhaseEnd[], time: number): string {
  const phase = ends.find(({ t }) => time <= t);
  return phase === undefined ? '' : `phase ${phase.name} until ${formatTime(phase.t)}`;
}

export function drawPhaseMarks(
  plot: uPlotType,
  context: CanvasRenderingContext2D,
  density: number,
  phases: readonly (readonly ComparedPhaseEnd[])[],
  choice: LegendChoice,
): void {
  const { left, top, width, height } = plot.bbox;
  context.save();
  context.font = `${11 * density}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  const rows = phaseRows(phases, choice);
  rows.forEach((configuration, row) => {
    context.fillStyle = colour(curveColour(configuration));
    const bottom = top - (4 + rowHeight * (rows.length - 1 - row)) * density;
    let last = left;
    for (const { t, name } of phases[configuration]) {
      const x = Math.round(plot.valToPos(t, 'x', true));
      if (x < left || x > left + width) continue;
      context.globalAlpha = 1;
      context.fillRect(x - density, bottom - 9 * density, 2 * density, 9 * density);
      if (x - last > context.measureText(name).width + 8 * density)
        context.fillText(name, x - 5 * density, bottom - 4.5 * density);
      last = x;
      if (configuration === choice.pointed) {
        context.globalAlpha = 0.45;
        context.fillRect(x, top, density, height);
      }
    }
  });
  context.restore();
}
