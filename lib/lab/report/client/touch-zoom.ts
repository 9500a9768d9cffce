/// <reference lib="dom" />
/**
 * Fingers on a chart: two of them zoom and move the stretch of time (pinch); one moves it, where a part of the run is
 * shown, or else the cursor. Upward and downward the page scrolls, as everywhere (`touch-action` in the style
 * sheet). A trackpad's pinch, which browsers tell as a wheel with the control key, zooms, too.
 *
 * Each time a finger comes or goes, what is shown then is where the movement starts from; so nothing jumps.
 *
 * Not here: the arithmetic (zoom-range.ts).
 */
import type uPlotType from 'uplot';
import type { ChartGroup } from './chart-group.ts';
import { pannedRange, pinchedRange, scaledRange, type TimeRange } from './zoom-range.ts';

/** Wheel units for a factor of e. */
const wheelUnits = 120;

export function followTouch(host: HTMLElement, plot: () => uPlotType | undefined, group: ChartGroup): void {
  const fingers = new Map<number, number>();
  let before = new Map<number, number>();
  let range: TimeRange = group.range;
  const placeOf = (event: MouseEvent): number =>
    event.clientX - (plot()?.over.getBoundingClientRect().left ?? 0);
  const start = (): void => {
    before = new Map(fingers);
    range = group.range;
  };
  const move = (): void => {
    const u = plot();
    if (u === undefined) return;
    const width = u.over.clientWidth;
    const [a, b] = [...fingers.keys()];
    const [from, to] = [before.get(a) ?? 0, before.get(b) ?? 0];
    const [fromNow, toNow] = [fingers.get(a) ?? 0, fingers.get(b) ?? 0];
    if (b !== undefined) group.zoom(...pinchedRange(range, width, [from, to], [fromNow, toNow]));
    else if (group.isZoomed) group.zoom(...pannedRange(range, width, from, fromNow));
    else u.setCursor({ left: Math.min(Math.max(fromNow, 0), width), top: 0 });
  };
  host.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch' || fingers.size >= 2) return;
    fingers.set(event.pointerId, placeOf(event));
    start();
  });
  host.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, placeOf(event));
    move();
  });
  for (const name of ['pointerup', 'pointercancel'] as const) {
    host.addEventListener(name, (event) => {
      if (fingers.delete(event.pointerId)) start();
    });
  }
  host.addEventListener(
    'wheel',
    (event) => {
      const u = plot();
      if (!event.ctrlKey || u === undefined) return;
      event.preventDefault();
      const around = u.posToVal(placeOf(event), 'x');
      group.zoom(...scaledRange(group.range, Math.exp(event.deltaY / wheelUnits), around));
    },
    { passive: false },
  );
}
