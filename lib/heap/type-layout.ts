/**
 * Type layouts: where the fields of a type lie, how large it is, and which of its words are pointers.
 *
 * Fields lie in the order in which they are declared, each at the next multiple of its alignment, as in C: a number is
 * aligned to its own size, a pointer to 8, an array as its element, a struct as the strictest of its fields. The
 * whole is rounded up to its alignment, so that elements of an array follow one another. Nothing is rearranged.
 *
 * Pure arithmetic. Not here: reading and writing fields (api/fields.ts).
 */
import { alignUp } from '../base/units.ts';
import { movedRuns, PointerMap, type PointerRun, repeatRuns } from './pointer-map.ts';

/** Bytes of each kind of field that is no array and no struct; also its alignment. */
export const scalarBytes = {
  pointer: 8,
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  f64: 8,
  u64: 8,
  i64: 8,
} as const;

export type ScalarKind = keyof typeof scalarBytes;

export interface ScalarLayout {
  readonly form: 'scalar';
  readonly kind: ScalarKind;
  readonly size: number;
  readonly align: number;
}

export interface ArrayLayout {
  readonly form: 'array';
  readonly element: Layout;
  readonly length: number;
  readonly size: number;
  readonly align: number;
}

export interface StructLayout {
  readonly form: 'struct';
  /** By name, in order; offsets in bytes. */
  readonly fields: ReadonlyMap<string, { readonly offset: number; readonly layout: Layout }>;
  readonly size: number;
  readonly align: number;
}

export type Layout = ScalarLayout | ArrayLayout | StructLayout;

export const scalarLayout = (kind: ScalarKind): ScalarLayout => ({
  form: 'scalar',
  kind,
  size: scalarBytes[kind],
  align: scalarBytes[kind],
});

export const arrayLayout = (element: Layout, length: number): ArrayLayout => ({
  form: 'array',
  element,
  length,
  size: element.size * length,
  align: element.align,
});

export function structLayout(fields: readonly (readonly [name: string, layout: Layout])[]): StructLayout {
  const placed = new Map<string, { offset: number; layout: Layout }>();
  let end = 0;
  let align = 1;
  for (const [name, layout] of fields) {
    const offset = alignUp(end, layout.align);
    placed.set(name, { offset, layout });
    end = offset + layout.size;
    align = Math.max(align, layout.align);
  }
  return { form: 'struct', fields: placed, size: alignUp(end, align), align };
}

/** Which words of a layout are pointers. */
export const pointerMapOf = (layout: Layout): PointerMap => new PointerMap(runsOf(layout));

const onePointer: PointerRun = { from: 0, end: 1, period: 1, pattern: Int32Array.of(1), map: undefined };

function runsOf(layout: Layout): PointerRun[] {
  switch (layout.form) {
    case 'scalar':
      return layout.kind === 'pointer' ? [onePointer] : [];
    case 'array':
      // What holds pointers is aligned to words, so an element is whole words.
      return layout.length === 0
        ? []
        : repeatRuns(runsOf(layout.element), layout.length, layout.element.size / 8);
    case 'struct':
      return [...layout.fields.values()].flatMap(({ offset, layout: field }) =>
        movedRuns(runsOf(field), offset / 8),
      );
  }
}
