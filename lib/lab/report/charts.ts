/**
 * The charts, as data: which there are, what each shows, and how its layers look. The report, the live page and the
 * comparison draw what is declared here, and nothing else.
 *
 * Not here: where a quantity is found in a sample (quantities.ts), drawing (client/run-charts.ts, client/compare-main.ts).
 */
import type { Counter, Gauge } from './quantities.ts';

/** One layer of a chart. Colours are custom properties of the style sheet. */
export interface LayerDeclaration<Column extends string = string> {
  readonly label: string;
  readonly column: Column;
  /** Less another column; of that what is above zero (1), or below (−1). */
  readonly minus?: Column;
  readonly part?: 1 | -1;
  readonly colour: string;
  readonly kind: 'area' | 'line' | 'bars';
  readonly width?: number;
  readonly dash?: readonly number[];
  /** What the legend says when pointed at. */
  readonly hint?: string;
  readonly hidden?: true;
  /** The value holds until the next. */
  readonly steps?: true;
  /** Does not stretch the scale: never, or where it is far above everything else. */
  readonly aside?: 'always' | 'far';
  /** On the scale at the right. */
  readonly right?: true;
}

interface DeclaredChart {
  /** Of the element that it is drawn into; a page that has none shows no such chart. */
  readonly id: string;
  readonly name: string;
  readonly height: number;
  /** The scale may go below zero. */
  readonly signed?: true;
  /** Collections, releases, phases and the idle stretch are drawn beside the layers. */
  readonly marks?: true;
}

/** A chart over the samples of a run, or over slices of its time, in which counters grew so much a second. */
export type RunChart =
  | (DeclaredChart & {
      readonly over: 'samples';
      readonly unit: 'bytes' | 'count';
      readonly layers: readonly LayerDeclaration<Gauge>[];
    })
  | (DeclaredChart & {
      readonly over: 'slices';
      readonly unit: 'bytes' | 'count';
      readonly rightUnit?: 'bytes';
      readonly layers: readonly LayerDeclaration<Counter>[];
    });

export const runCharts: readonly RunChart[] = [
  {
    id: 'timeline',
    name: 'Timeline',
    height: 420,
    over: 'samples',
    unit: 'bytes',
    marks: true,
    layers: [
      {
        label: 'in use',
        column: 'inuse',
        colour: 'in-use',
        kind: 'area',
        hint: 'spans that hold objects',
      },
      {
        label: 'free',
        column: 'free',
        colour: 'free',
        kind: 'area',
        hint: 'free pages that are still backed',
      },
      {
        label: 'released',
        column: 'released',
        colour: 'released',
        kind: 'area',
        hint: 'free pages given back to the system',
      },
      {
        label: 'RSS of the heap',
        column: 'rss',
        colour: 'ink',
        kind: 'line',
        width: 2.25,
        hint: 'what mincore counts in the heap’s ranges',
      },
      {
        label: 'as it ran',
        column: 'ranRss',
        colour: 'accent',
        kind: 'line',
        width: 2,
        dash: [2, 2],
        hint: 'RSS of the recorded program, on the allocator it had, after as many operations',
      },
      {
        label: 'as it ran, its own',
        column: 'ranAnon',
        colour: 'accent',
        kind: 'line',
        dash: [6, 2],
        hidden: true,
        hint: 'of that what no file is behind: its heap, stacks and data, without its code',
      },
      {
        label: 'LazyFree',
        column: 'lazy',
        colour: 'lazy',
        kind: 'line',
        width: 2,
        dash: [3, 3],
        steps: true,
        hint: 'given back with MADV_FREE, not yet taken by the kernel',
      },
      {
        label: 'goal',
        column: 'goal',
        colour: 'goal',
        kind: 'line',
        dash: [9, 4],
        steps: true,
        aside: 'far',
        hint: 'heap size at which the next collection starts',
      },
      {
        label: 'limit',
        column: 'limit',
        colour: 'limit',
        kind: 'line',
        width: 2,
        dash: [2, 4],
        aside: 'far',
        hint: 'the memory limit',
      },
      {
        label: 'objects',
        column: 'alloc',
        colour: 'objects',
        kind: 'line',
        hidden: true,
        hint: 'bytes of objects, living or not yet swept',
      },
      {
        label: 'huge pages',
        column: 'huge',
        colour: 'manual',
        kind: 'line',
        dash: [6, 3],
        steps: true,
        hidden: true,
        hint: 'resident in transparent huge pages',
      },
      {
        label: 'RSS of the process',
        column: 'prss',
        colour: 'muted',
        kind: 'line',
        hidden: true,
        aside: 'always',
        hint: 'with what is no heap: of a heap of here Node’s own memory',
      },
    ],
  },
  {
    id: 'belief',
    name: 'Belief and fact',
    height: 260,
    over: 'samples',
    unit: 'bytes',
    layers: [
      {
        label: 'belief: HeapSys − HeapReleased',
        column: 'belief',
        colour: 'accent',
        kind: 'line',
        width: 2.25,
        dash: [7, 3],
      },
      { label: 'fact: RSS of the heap', column: 'rss', colour: 'ink', kind: 'line', width: 2.25 },
    ],
  },
  {
    id: 'difference',
    name: 'Fact minus belief',
    height: 170,
    over: 'samples',
    unit: 'bytes',
    signed: true,
    layers: [
      {
        label: 'resident beyond belief',
        column: 'rss',
        minus: 'belief',
        part: 1,
        colour: 'over',
        kind: 'bars',
      },
      {
        label: 'believed, not resident',
        column: 'rss',
        minus: 'belief',
        part: -1,
        colour: 'under',
        kind: 'bars',
      },
    ],
  },
  {
    id: 'faults',
    name: 'Page faults per second',
    height: 200,
    over: 'slices',
    unit: 'count',
    layers: [
      { label: 'minor faults', column: 'minflt', colour: 'in-use', kind: 'bars' },
      { label: 'major faults', column: 'majflt', colour: 'over', kind: 'bars' },
    ],
  },
  {
    id: 'madvise',
    name: 'madvise per second',
    height: 200,
    over: 'slices',
    unit: 'count',
    rightUnit: 'bytes',
    layers: [
      { label: 'calls', column: 'madv', colour: 'lazy', kind: 'bars' },
      { label: 'bytes', column: 'madvB', colour: 'ink', kind: 'line', right: true },
    ],
  },
  {
    id: 'vmas',
    name: 'Mappings of the process',
    height: 150,
    over: 'samples',
    unit: 'count',
    layers: [{ label: 'VMAs', column: 'vmas', colour: 'manual', kind: 'line', width: 2, steps: true }],
  },
  {
    id: 'finalizers',
    name: 'Finalizers that wait',
    height: 150,
    over: 'samples',
    unit: 'count',
    layers: [
      { label: 'waiting', column: 'finalizers', colour: 'manual', kind: 'line', width: 2, steps: true },
    ],
  },
];

/** A chart of a comparison: one quantity, a curve for each run. */
export interface ComparedChart {
  readonly id: string;
  readonly height: number;
  /** Told only where an allocator of others is among the configurations. */
  readonly ofContenders?: true;
  /** Exactly one of them. A counter tells nothing where all configurations have the same. */
  readonly gauge?: Gauge;
  readonly counter?: Counter;
}

export const comparedCharts: readonly ComparedChart[] = [
  { id: 'rss', height: 380, gauge: 'rss' },
  { id: 'inuse', height: 230, gauge: 'inuse' },
  { id: 'released', height: 230, gauge: 'released' },
  { id: 'sys', height: 230, gauge: 'sys' },
  { id: 'process', height: 230, gauge: 'processRss', ofContenders: true },
  { id: 'lazy', height: 230, gauge: 'lazy' },
  { id: 'faults', height: 230, counter: 'minflt' },
  { id: 'madvise', height: 230, counter: 'madvB' },
];
