/**
 * What the timeline of a run shows: areas of what the heap believes, one on the other, and lines of what the kernel says.
 *
 * A quantity far above all others is drawn aside, so that it does not press them down.
 */
import type { Column, Payload, Series } from '../payload.ts';
import type { Layer } from './chart.ts';

/** Curves of other programs differ by their dashes. */
const besideDashes = [[], [10, 3], [4, 3], [10, 3, 2, 3], [1, 2]] as const;

export function timelineLayers(series: Series, beside: Payload['beside'] = []): Layer[] {
  const most = series.rss.reduce<number>((max, _value, i) => {
    const stack = (series.inuse[i] ?? 0) + (series.free[i] ?? 0) + (series.released[i] ?? 0);
    return Math.max(max, stack, series.rss[i] ?? 0);
  }, 0);
  const far = (column: Column): boolean => column.some((value) => value !== null && value > 1.6 * most);
  return [
    {
      label: 'in use',
      colour: 'in-use',
      kind: 'area',
      values: series.inuse,
      hint: 'spans that hold objects',
    },
    {
      label: 'free',
      colour: 'free',
      kind: 'area',
      values: series.free,
      hint: 'free pages that are still backed',
    },
    {
      label: 'released',
      colour: 'released',
      kind: 'area',
      values: series.released,
      hint: 'free pages given back to the system',
    },
    {
      label: 'RSS of the heap',
      colour: 'ink',
      kind: 'line',
      width: 2.25,
      values: series.rss,
      hint: 'what mincore counts in the heap’s ranges',
    },
    {
      label: 'as it ran',
      colour: 'accent',
      kind: 'line',
      width: 2,
      values: series.ranRss,
      dash: [2, 2],
      hint: 'RSS of the recorded program, on the allocator it had, after as many operations',
    },
    {
      label: 'as it ran, its own',
      colour: 'accent',
      kind: 'line',
      values: series.ranAnon,
      dash: [6, 2],
      hidden: true,
      hint: 'of that what no file is behind: its heap, stacks and data, without its code',
    },
    {
      label: 'LazyFree',
      colour: 'lazy',
      kind: 'line',
      width: 2,
      values: series.lazy,
      dash: [3, 3],
      steps: true,
      hint: 'given back with MADV_FREE, not yet taken by the kernel',
    },
    {
      label: 'goal',
      colour: 'goal',
      kind: 'line',
      values: series.goal,
      dash: [9, 4],
      steps: true,
      aside: far(series.goal),
      hint: 'heap size at which the next collection starts',
    },
    {
      label: 'limit',
      colour: 'limit',
      kind: 'line',
      width: 2,
      values: series.limit,
      dash: [2, 4],
      aside: far(series.limit),
      hint: 'the memory limit',
    },
    {
      label: 'objects',
      colour: 'objects',
      kind: 'line',
      values: series.alloc,
      hidden: true,
      hint: 'bytes of objects, living or not yet swept',
    },
    {
      label: 'huge pages',
      colour: 'manual',
      kind: 'line',
      values: series.huge,
      dash: [6, 3],
      steps: true,
      hidden: true,
      hint: 'resident in transparent huge pages',
    },
    {
      label: 'RSS of the process',
      colour: 'muted',
      kind: 'line',
      values: series.prss,
      hidden: true,
      aside: true,
      hint: 'with what is no heap: of a heap of here Node’s own memory',
    },
    ...beside.map(
      ({ label, values }, i): Layer => ({
        label,
        colour: 'warn',
        kind: 'line',
        width: 2,
        values,
        dash: [...besideDashes[i % besideDashes.length]],
        steps: true,
        aside: far(values),
        hint: 'of another program, by its own clock',
      }),
    ),
  ];
}
