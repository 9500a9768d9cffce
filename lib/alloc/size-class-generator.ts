/**
 * The size classes of the three eras of the Go runtime, computed from their rules.
 *
 * A small object is rounded up to one of a few sizes, its *size class*; spans of a class hold
 * objects of that size only. The rules, in the order in which they are applied:
 *
 * 1. *Candidates.* Sizes from 8 to 32 KiB in steps; at each power of two the step is chosen anew,
 *    about an eighth of the size, but between 16 and 256 bytes (8 below `sixteenFrom`).
 * 2. *Pages.* A span is as few pages as leave at most an eighth of it over at the end (12.5 %).
 * 3. *Merging.* A candidate that gives as many objects in as many pages as the one before
 *    replaces it: the smaller size would gain nothing.
 * 4. *Raising* (since 2016, so not in the 2014 table). A class grows to the largest multiple of
 *    128 bytes of which as many still fit: the tail would be lost anyway.
 *
 * The eras differ in rule 4 and in where 16-byte alignment starts (at 16, later at 32, which is
 * what lets the class of 24 bytes exist), and in how an offset in a span is divided by the size.
 *
 * Not here: the committed result (size-class-table.ts) and the lookups used while allocating
 * (size-classes.ts). Nothing here runs when a heap runs.
 */
import { KiB, pageShift, pageSize } from '../base/units.ts';

/** The runtime versions whose tables are known: 2014, 2019 and 2021 to 2024. */
export type SizeClassEra = 'go14' | 'go112' | 'go121';
export const sizeClassEras: readonly SizeClassEra[] = ['go14', 'go112', 'go121'];

/** The largest size that has a class; anything larger gets a span of its own. */
export const maxSmallSize = 32 * KiB;
/** Up to this size classes are looked up in steps of `smallSizeDiv` bytes, then of `largeSizeDiv`. */
export const smallSizeMax = 1024;
export const smallSizeDiv = 8;
export const largeSizeDiv = 128;

/** How the 2019 runtime divides an offset by a class's size, with a 32-bit multiplication. */
export interface ShiftMagic {
  /** The powers of two in the size: shift the offset right by this first. */
  readonly shift: number;
  /** Then multiply by this (16 bits) … */
  readonly multiplier: number;
  /** … and shift right by this. */
  readonly shift2: number;
  /** For a power of two: the 16-bit mask that takes an offset to its object; else 0. */
  readonly baseMask: number;
}

/** One era's classes; index 0 is no class and holds zeros. */
export interface SizeClasses {
  readonly era: SizeClassEra;
  /** Bytes of an object. */
  readonly sizes: readonly number[];
  /** Pages of a span. */
  readonly pages: readonly number[];
  /** 2021 on: ⌈2^32 / size⌉. offset / size is (offset · magic) >> 32 for every offset in the span. */
  readonly divMagic: readonly number[] | undefined;
  /** 2019 only. */
  readonly shiftMagic: readonly ShiftMagic[] | undefined;
}

interface Rules {
  /** The size from which classes are multiples of 16. */
  readonly sixteenFrom: number;
  readonly raise: boolean;
  readonly divide: 'none' | 'shift' | 'reciprocal';
}

const rules: Readonly<Record<SizeClassEra, Rules>> = {
  go14: { sixteenFrom: 16, raise: false, divide: 'none' },
  go112: { sixteenFrom: 16, raise: true, divide: 'shift' },
  go121: { sixteenFrom: 32, raise: true, divide: 'reciprocal' },
};

function isPowerOfTwo(n: number): boolean {
  return n > 0 && (n & (n - 1)) === 0;
}

/** The distance to the next candidate, chosen at the power of two `size`. */
function stepFrom(size: number, sixteenFrom: number): number {
  if (size >= 2048) return 256;
  if (size >= 128) return size / 8;
  return size >= sixteenFrom ? 16 : 8;
}

/** Rule 2: the fewest pages of whose bytes at most an eighth is left over. */
function pagesFor(size: number): number {
  let pages = 1;
  while ((pages * pageSize) % size > (pages * pageSize) / 8) pages++;
  return pages;
}

function objectsIn(pages: number, size: number): number {
  return Math.floor((pages * pageSize) / size);
}

/** ⌈2^32 / size⌉, proven for every offset of the span by trying them all. */
function reciprocalOf(size: number, pages: number): number {
  const magic = Math.ceil(2 ** 32 / size);
  for (let offset = 0; offset <= pages * pageSize; offset++) {
    if (Math.floor((offset * magic) / 2 ** 32) !== Math.floor(offset / size)) {
      throw new RangeError(`no 32-bit reciprocal divides by ${size}`);
    }
  }
  return magic;
}

/** The smallest shift whose rounded-up reciprocal divides every offset below the span's end exactly. */
function shiftMagicOf(size: number, pages: number): ShiftMagic {
  const shift = 31 - Math.clz32(size & -size);
  if (isPowerOfTwo(size)) return { shift, shift2: 0, multiplier: 1, baseMask: (2 ** 16 - size) % 2 ** 16 };
  const odd = size >>> shift;
  const end = (pages * pageSize) >>> shift;
  for (let shift2 = 1; shift2 < 32; shift2++) {
    const multiplier = Math.ceil(2 ** shift2 / odd);
    let exact = true;
    for (let n = 0; n < end && exact; n++) {
      exact = Math.floor((n * multiplier) / 2 ** shift2) === Math.floor(n / odd);
    }
    if (exact) return { shift, shift2, multiplier, baseMask: 0 };
  }
  throw new RangeError(`no 32-bit multiplication divides by ${size}`);
}

/** The classes of an era, by its rules. Takes tens of milliseconds: the magics are tried on every offset. */
export function generateSizeClasses(era: SizeClassEra): SizeClasses {
  const { sixteenFrom, raise, divide } = rules[era];
  const sizes = [0];
  const pages = [0];
  let step = smallSizeDiv;
  for (let size = step; size <= maxSmallSize; size += step) {
    if (isPowerOfTwo(size)) step = stepFrom(size, sixteenFrom);
    const needed = pagesFor(size);
    const last = sizes.length - 1;
    if (last > 0 && pages[last] === needed && objectsIn(needed, sizes[last]) === objectsIn(needed, size)) {
      sizes[last] = size;
    } else {
      sizes.push(size);
      pages.push(needed);
    }
  }
  if (raise) {
    for (let c = 1; c < sizes.length; c++) {
      const share = Math.floor((pages[c] * pageSize) / objectsIn(pages[c], sizes[c]));
      sizes[c] = Math.max(sizes[c], share - (share % largeSizeDiv));
    }
  }
  const zero: ShiftMagic = { shift: 0, shift2: 0, multiplier: 0, baseMask: 0 };
  return {
    era,
    sizes,
    pages,
    divMagic:
      divide === 'reciprocal' ? sizes.map((s, c) => (c === 0 ? 0 : reciprocalOf(s, pages[c]))) : undefined,
    shiftMagic:
      divide === 'shift' ? sizes.map((s, c) => (c === 0 ? zero : shiftMagicOf(s, pages[c]))) : undefined,
  };
}

/** The class of each size start, start + step … end: the smallest that holds it. Size 0 gets 0, no class. */
export function classesBySize(sizes: readonly number[], start: number, end: number, step: number): number[] {
  const table: number[] = [];
  let c = 0;
  for (let size = start; size <= end; size += step) {
    while (sizes[c] < size) c++;
    table.push(c);
  }
  return table;
}

function numberList(values: readonly number[]): string {
  const lines: string[] = [];
  let line = ' ';
  for (const value of values) {
    if (line.length + `${value},`.length + 1 > 110) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${value},`;
  }
  lines.push(line);
  return `[\n${lines.join('\n')}\n]`;
}

/** The text of lib/alloc/size-class-table.ts. */
export function sizeClassTableSource(): string {
  const parts = [
    `// Generated by scripts/generate-size-classes.js from the rules in size-class-generator.ts. Do not edit:
// change the rules and run \`npm run build:ts && node scripts/generate-size-classes.js\`.
// Index 0 is no class. A page is ${pageSize} bytes (2^${pageShift}). A test holds file, rules and Go's tables together.
`,
  ];
  for (const era of sizeClassEras) {
    const t = generateSizeClasses(era);
    const objects = t.sizes.map((s, c) => (c === 0 ? 0 : objectsIn(t.pages[c], s)));
    parts.push(`/** ${era}: ${t.sizes.length} classes, at most ${Math.max(...objects)} objects a span. Bytes of an object. */
export const ${era}Sizes: readonly number[] = ${numberList(t.sizes)};
/** ${era}: pages of a span. */
export const ${era}Pages: readonly number[] = ${numberList(t.pages)};
`);
    if (t.divMagic !== undefined) {
      parts.push(`/** ${era}: ⌈2^32 / size⌉. */
export const ${era}DivMagic: readonly number[] = ${numberList(t.divMagic)};
`);
    }
  }
  const { sizes } = generateSizeClasses('go121');
  parts.push(`/** go121: the class of sizes 0, 8, 16 … 1024. */
export const go121SizeToClass8: readonly number[] = ${numberList(classesBySize(sizes, 0, smallSizeMax, smallSizeDiv))};
/** go121: the class of sizes 1024, 1152, 1280 … 32768. */
export const go121SizeToClass128: readonly number[] = ${numberList(
    classesBySize(sizes, smallSizeMax, maxSmallSize, largeSizeDiv),
  )};
`);
  return parts.join('\n');
}
