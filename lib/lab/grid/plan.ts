/**
 * The plan of a grid: its cells, and in which order their runs are made.
 *
 * A cell is a value on each axis. All cells are run once before any is run again, each round in a random order of its own,
 * so that whatever drifts (heat, a neighbour, a file cache) meets all cells alike and none always first. The order comes
 * from the plan itself: whoever makes it anew, elsewhere or later, has the same.
 *
 * A share of n is every nth run of that order, so that each share has cells from everywhere, and other ones in each round:
 * what one machine is slower by is then spread over the grid too.
 *
 * Not here: what an axis may be (axis.ts), what is on the disk (store.ts).
 */
import { createHash } from 'node:crypto';
import { PageHeapError } from '../../base/errors.ts';
import { fileStem } from '../record/folders.ts';
import type { RunValue } from '../record/lines.ts';
import type { GridAxis } from './axis.ts';

export const gridFormat = 'pageheap-grid/1';
/** The most cells. */
export const mostCells = 4096;

/** What of a grid is the same wherever it is worked on: two plans that are equal belong together. */
export interface GridPlan {
  readonly format: typeof gridFormat;
  readonly name: string;
  /** The version of this package. */
  readonly version: string;
  /** The trace's or workload's name; of a trace the SHA-256 of its file. */
  readonly subject: { readonly name: string; readonly hash: string | null };
  /** Pace and other options of the subject, and how it is sampled. */
  readonly run: Readonly<Record<string, RunValue>>;
  readonly axes: readonly GridAxis[];
  /** Options that every cell has, by the names of the flags. */
  readonly fixed: Readonly<Record<string, string>>;
  /** SHA-256 of the modules that cells have, by their paths as given. */
  readonly modules: Readonly<Record<string, string>>;
  readonly repeat: number;
}

/** A run of a cell. */
export interface GridJob {
  /** The cell's number, by which it is found. */
  readonly cell: number;
  /** From 1. */
  readonly round: number;
}

export interface Shard {
  /** From 1 to `of`. */
  readonly index: number;
  readonly of: number;
}

/** The values of a cell, in the order of the axes. */
export function cellValues({ axes }: Pick<GridPlan, 'axes'>, cell: number): string[] {
  const values: string[] = [];
  for (const axis of [...axes].reverse()) {
    values.unshift(axis.values[cell % axis.values.length] ?? '');
    cell = Math.floor(cell / axis.values.length);
  }
  return values;
}

export const cellCount = ({ axes }: Pick<GridPlan, 'axes'>): number =>
  axes.reduce((product, { values }) => product * values.length, 1);

/** What a cell is called: `gogc=25,memory-limit=64MiB`. */
export function cellLabel(plan: Pick<GridPlan, 'axes'>, cell: number): string {
  const values = cellValues(plan, cell);
  return plan.axes.map(({ name }, i) => `${name}=${values[i]}`).join(',') || 'all';
}

/** The file of a run, without its folder. Its number keeps apart what the letters of its name do not. */
export function jobFile(plan: Pick<GridPlan, 'axes'>, { cell, round }: GridJob): string {
  const number = String(cell).padStart(String(cellCount(plan) - 1).length, '0');
  return `${number}-${fileStem(cellLabel(plan, cell)).slice(0, 60)}-${round}.jsonl`;
}

/** @throws PageHeapError ERR_INVALID_OPTION for a grid that is too large, or has no axis with a choice */
export function checkPlan(plan: GridPlan): GridPlan {
  const count = cellCount(plan);
  if (count > mostCells)
    throw new PageHeapError('ERR_INVALID_OPTION', `${count} cells, and a grid has at most ${mostCells}`, {
      value: count,
    });
  if (count === 1)
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      'a grid has an option with several values, as in --gogc 25..400x2 or --memory-limit 64MiB,128MiB,off',
      { value: count },
    );
  return plan;
}

/** Numbers from 0 to below 1, from a text. */
function randomOf(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** All runs, in their order. */
export function jobsOf(plan: GridPlan): GridJob[] {
  const random = randomOf(JSON.stringify([plan.subject, plan.axes, plan.fixed]));
  const jobs: GridJob[] = [];
  for (let round = 1; round <= plan.repeat; round++) {
    const cells = Array.from({ length: cellCount(plan) }, (_, i) => i);
    for (let i = cells.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [cells[i], cells[j]] = [cells[j] ?? 0, cells[i] ?? 0];
    }
    jobs.push(...cells.map((cell) => ({ cell, round })));
  }
  return jobs;
}

/** A share of the runs. */
export function shareOf(jobs: readonly GridJob[], { index, of }: Shard): GridJob[] {
  return jobs.filter((_, i) => i % of === index - 1);
}

/** What two plans differ in, a sentence each; none where they belong together. */
export function planDifferences(a: GridPlan, b: GridPlan): string[] {
  const differs = <T>(what: string, one: T, other: T, words: (value: T) => string): string[] =>
    JSON.stringify(one) === JSON.stringify(other) ? [] : [`${what}: ${words(one)} and ${words(other)}`];
  const plain = (value: unknown): string => String(value ?? 'none');
  return [
    ...differs('the version of pageheap', a.version, b.version, plain),
    ...differs('the subject', a.subject.name, b.subject.name, plain),
    ...differs("the trace's contents", a.subject.hash, b.subject.hash, plain),
    ...differingValues('pace and sampling', a.run, b.run),
    ...differs('axes', a.axes, b.axes, axesInWords),
    ...differingValues('what all cells have', a.fixed, b.fixed),
    ...differs("the modules' contents", Object.values(a.modules), Object.values(b.modules), (hashes) =>
      hashes.map(plain).join(', '),
    ),
    ...differs('rounds', a.repeat, b.repeat, plain),
  ];
}

/** Axes as they are asked for: `--gogc 100,200 --memory-limit 64MiB,off`. */
const axesInWords = (axes: readonly GridAxis[]): string =>
  axes.length === 0 ? 'none' : axes.map(({ name, values }) => `--${name} ${values.join(',')}`).join(' ');

/** Of named values those that differ: `what all cells have: advise free and none`. */
function differingValues(what: string, a: object, b: object): string[] {
  const [one, other] = [a, b].map((values) => new Map<string, unknown>(Object.entries(values)));
  const word = (value: unknown): string =>
    value === undefined ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const differing = [...new Set([...one.keys(), ...other.keys()])].filter(
    (name) => JSON.stringify(one.get(name)) !== JSON.stringify(other.get(name)),
  );
  const words = differing.map((name) => `${name} ${word(one.get(name))} and ${word(other.get(name))}`);
  return words.length === 0 ? [] : [`${what}: ${words.join(', ')}`];
}
