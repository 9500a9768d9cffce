/**
 * The options that the threads of a heap must agree on, in the heap's own memory: a column for each that is
 * declared as kept, in the order of the declarations.
 */
import { type Column, f64, i32, type SetupViews, table, type Views } from '../meta/column.ts';
import { type Design, designOptions, pageHeapKinds } from './design.ts';
import type { KeptName, Options } from './option.ts';
import { heapOptions, type ResolvedOptions } from './options.ts';
import { tuningOptions } from './tuning.ts';

type DesignName = KeptName<typeof designOptions>;
type HeapName = KeptName<typeof heapOptions> | KeptName<typeof tuningOptions>;

/** What of its options every thread of a heap can know. */
export interface KeptOptions extends Pick<ResolvedOptions, HeapName> {
  readonly design: Pick<Design, DesignName>;
}

function columnsOf(options: Options): Record<string, Column<'i32' | 'f64', 'setup'>> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, { kept }]) => kept === true)
      .map(([name, { kind }]) => [name, kind.elements === 'i32' ? i32('setup') : f64('setup')]),
  );
}

export const optionTable = table('options', 'other', {
  ...columnsOf(designOptions),
  ...columnsOf(tuningOptions),
  ...columnsOf(heapOptions),
} as Readonly<Record<DesignName | HeapName, Column<'i32' | 'f64', 'setup'>>>);

type OptionViews = Views<typeof optionTable>;
type WritableViews = SetupViews<typeof optionTable>;

/** A page heap as it is kept: by its place among names, since a class cannot be. */
const pageHeap = {
  pack: (name: unknown): number => (pageHeapKinds as readonly unknown[]).indexOf(name),
  unpack: (place: number): unknown => pageHeapKinds[place],
};

function record(views: WritableViews, options: Options, values: Readonly<Record<string, unknown>>): void {
  for (const [name, { kept, kind }] of Object.entries(options))
    if (kept === true)
      views[name as keyof OptionViews][0] = (name === 'pageHeap' ? pageHeap : kind).pack(values[name]);
}

function read(views: OptionViews, options: Options): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, { kept }]) => kept === true)
      .map(([name, { kind }]) => [
        name,
        (name === 'pageHeap' ? pageHeap : kind).unpack(views[name as keyof OptionViews][0]),
      ]),
  );
}

/** Writes down what a heap was made with, for those that attach. */
export function recordOptions(views: WritableViews, options: ResolvedOptions): void {
  record(views, designOptions, options.design as unknown as Readonly<Record<string, unknown>>);
  record(views, tuningOptions, options as unknown as Readonly<Record<string, unknown>>);
  record(views, heapOptions, options as unknown as Readonly<Record<string, unknown>>);
}

/** Reads back what `recordOptions` wrote. */
export function readOptions(views: OptionViews): KeptOptions {
  return {
    design: read(views, designOptions),
    ...read(views, tuningOptions),
    ...read(views, heapOptions),
  } as unknown as KeptOptions;
}
