/**
 * The contract of a table of size classes of the user's own, and what it must be.
 *
 *     export default class PowersOfTwo {
 *       classes() { return [8, 16, 32, …, 32768].map((size) => ({ size, pages: Math.max(1, size / 1024) })); }
 *     }
 *
 * The class is made once with the heap, and asked once. A table that cannot be is refused when the heap is made: nothing
 * has been allocated by it yet.
 *
 * Not here: how requests find their class (size-classes.ts).
 */
import { describe } from '../base/describe.ts';
import type { AnswerKind, PartClass } from '../base/part.ts';
import { pageSize } from '../base/units.ts';
import { maxObjectsPerSpan, maxSmallSize, numSizeClasses } from './size-classes.ts';

export interface SizeClass {
  /** Bytes of an object, a multiple of 8. */
  readonly size: number;
  /** Pages of 8 KiB of a span of such objects, 1 to 16. */
  readonly pages: number;
}

export interface CustomSizeClassTable {
  /** The classes, the smallest first. */
  classes(): readonly SizeClass[];
}

/** What a table has from the heap when it is made; frozen. */
export interface SizeClassHost {
  /** Bytes of the heap's page, and of the largest object that has a class. */
  readonly pageSize: number;
  readonly maxSmallSize: number;
}

export type SizeClassTableClass = PartClass<CustomSizeClassTable, SizeClassHost>;

export const sizeClassTablePart = {
  option: 'sizeClassTable',
  kind: 'size class table',
  methods: ['classes'],
} as const;

/** Tiny objects share blocks of the second class. */
const tinyBlock = 16;
const mostPages = 16;

/** A copy of what was answered: its members may be code of the user's, and are read once. */
export const tableAnswer: AnswerKind<unknown> = {
  expected: 'an array',
  read: (answer) =>
    Array.isArray(answer)
      ? Array.from(answer, (given: Partial<SizeClass> | null | undefined) => ({
          size: given?.size,
          pages: given?.pages,
        }))
      : (answer ?? null),
};

/** What is wrong with a table, in words; undefined where it can be used. */
export function faultOfTable(table: unknown): string | undefined {
  if (!Array.isArray(table))
    return `classes answered ${describe(table)}, and must answer an array of classes`;
  const most = numSizeClasses - 1;
  if (table.length < 3 || table.length > most)
    return `it has ${table.length} classes, and there can be 3 to ${most}`;
  let last = 0;
  for (const [i, given] of table.entries()) {
    const { size, pages } = (given ?? {}) as Partial<SizeClass>;
    const which = `class ${i + 1}`;
    if (typeof size !== 'number' || !Number.isInteger(size) || size % 8 !== 0 || size <= last)
      return `${which} has objects of ${describe(size)} bytes: sizes are multiples of 8, each above the one before (${last})`;
    if (typeof pages !== 'number' || !Number.isInteger(pages) || pages < 1 || pages > mostPages)
      return `${which} has spans of ${describe(pages)} pages, and there can be 1 to ${mostPages}`;
    const objects = Math.floor((pages * pageSize) / size);
    if (objects < 1) return `${which}: an object of ${size} bytes has no room in a span of ${pages} pages`;
    if (objects > maxObjectsPerSpan)
      return `${which}: a span of ${pages} pages has ${objects} objects, and there can be ${maxObjectsPerSpan}`;
    last = size;
  }
  const [first, second] = table as readonly SizeClass[];
  if (first?.size !== 8) return `the first class has objects of ${first?.size} bytes, and must have 8`;
  if (second?.size !== tinyBlock)
    return `the second class has objects of ${second?.size} bytes, and must have ${tinyBlock}: tiny objects share them`;
  if (last !== maxSmallSize)
    return `the last class has objects of ${last} bytes, and must have ${maxSmallSize}`;
  return undefined;
}
