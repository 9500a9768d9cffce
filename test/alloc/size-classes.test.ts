import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  generateSizeClasses,
  type SizeClassEra,
  sizeClassEras,
  sizeClassTableSource,
} from '../../lib/alloc/size-class-generator.ts';
import * as table from '../../lib/alloc/size-class-table.ts';
import {
  classToDivMagic,
  classToObjects,
  classToPages,
  classToSize,
  classToTailWaste,
  isNoscan,
  makeSpanClass,
  maxObjectsPerSpan,
  maxSmallSize,
  maxTinySize,
  numSizeClasses,
  numSpanClasses,
  objectIndex,
  roundUpSizeBy,
  sizeClassOf,
  sizeClassOfSpan,
  sizeClassTablesByName,
  tinySizeClass,
  tinySpanClass,
} from '../../lib/alloc/size-classes.ts';
import { pageSize } from '../../lib/base/units.ts';

const roundUpSize = (size: number): number => roundUpSizeBy(sizeClassTablesByName['go1.21'], size);

interface Golden {
  readonly class_to_size: number[];
  readonly class_to_allocnpages: number[];
  readonly class_to_divmagic: number[] | number[][] | null;
  readonly numClasses: number;
  readonly size_to_class_fnv1a32_1_32768: number;
}

function golden(era: SizeClassEra): Golden {
  const name = `../fixtures/golden/size-classes/${era.replace('go', 'go-')}.json`;
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Golden;
}

/** FNV-1a-32 over the class of every size 1..32768, a 32-bit word a step. */
function hashOfClasses(classOf: (size: number) => number): number {
  let hash = 0x811c9dc5;
  for (let size = 1; size <= maxSmallSize; size++) hash = Math.imul(hash ^ classOf(size), 0x01000193);
  return hash >>> 0;
}

/** The naive look-up: the first class that holds the size. */
function naiveClassOf(sizes: ArrayLike<number>, size: number): number {
  let c = 0;
  while (sizes[c] < size) c++;
  return c;
}

describe('the rules of size classes', () => {
  for (const era of sizeClassEras) {
    describe(era, () => {
      const wanted = golden(era);
      const made = generateSizeClasses(era);

      it('give the sizes and pages of the real runtime', () => {
        expect(made.sizes).toEqual(wanted.class_to_size);
        expect(made.pages).toEqual(wanted.class_to_allocnpages);
        expect(made.sizes.length).toBe(wanted.numClasses);
      });

      it('give its divisions', () => {
        const flat =
          made.divMagic ?? made.shiftMagic?.map((m) => [m.shift, m.shift2, m.multiplier, m.baseMask]) ?? null;
        expect(flat).toEqual(wanted.class_to_divmagic);
      });

      it('put every size from 1 to 32768 in its class', () => {
        expect(hashOfClasses((size) => naiveClassOf(made.sizes, size))).toBe(
          wanted.size_to_class_fnv1a32_1_32768,
        );
      });

      it('waste at most an eighth of a span at its end', () => {
        for (let c = 1; c < made.sizes.length; c++) {
          const span = made.pages[c] * pageSize;
          expect(span % made.sizes[c], `class ${c}`).toBeLessThanOrEqual(span / 8);
        }
      });

      it('equal the committed table', () => {
        const names = { go14: 'go1.4', go112: 'go1.12', go121: 'go1.21' } as const;
        const { sizes, pages, spanClassBy8, count } = sizeClassTablesByName[names[era]];
        expect([...sizes]).toEqual(made.sizes);
        expect([...pages]).toEqual(made.pages);
        expect(count).toBe(made.sizes.length);
        for (let size = 1; size <= 32768; size++) {
          const smallest = made.sizes.findIndex((bytes, c) => c > 0 && bytes >= size);
          if (spanClassBy8[(size + 7) >> 3]! >>> 1 !== smallest) expect([size, smallest]).toEqual([]);
        }
      });
    });
  }

  it('write the committed file, byte for byte', () => {
    const file = readFileSync(new URL('../../lib/alloc/size-class-table.ts', import.meta.url), 'utf8');
    expect(file).toBe(sizeClassTableSource());
    expect(table.go121DivMagic).toEqual(golden('go121').class_to_divmagic);
  });
});

describe('the look-ups', () => {
  it('know 68 size classes and 136 span classes', () => {
    expect([numSizeClasses, numSpanClasses, maxSmallSize, maxObjectsPerSpan]).toEqual([68, 136, 32768, 1024]);
  });

  it('find the class of every small size, as the real runtime does', () => {
    expect(sizeClassOf(0)).toBe(0);
    for (let size = 1; size <= maxSmallSize; size++) {
      const c = sizeClassOf(size);
      if (c !== naiveClassOf(classToSize, size)) expect(`class of ${size}: ${c}`).toBe('');
      if (roundUpSize(size) !== classToSize[c]) expect(`round-up of ${size}`).toBe('');
    }
    expect(hashOfClasses(sizeClassOf)).toBe(golden('go121').size_to_class_fnv1a32_1_32768);
  });

  it.each([
    [0, 0],
    [1, 8],
    [17, 24],
    [1016, 1024],
    [1024, 1024],
    [1025, 1152],
    [32767, 32768],
    [32768, 32768],
    [32769, 40960],
    [40960, 40960],
    [2 ** 32 + 1, 2 ** 32 + 8192],
  ])('round %i up to %i', (size, wanted) => {
    expect(roundUpSize(size)).toBe(wanted);
  });

  it('divide every offset of every span exactly', () => {
    for (let c = 1; c < numSizeClasses; c++) {
      const span = classToPages[c] * pageSize;
      expect(span * classToDivMagic[c]).toBeLessThan(2 ** 49);
      for (let offset = 0; offset <= span; offset++) {
        if (objectIndex(offset, c) !== Math.floor(offset / classToSize[c])) {
          expect(`class ${c}, offset ${offset}: ${objectIndex(offset, c)}`).toBe('');
        }
      }
    }
  });

  it('count the objects and the tail of each span', () => {
    expect(classToObjects[0] + classToTailWaste[0]).toBe(0);
    for (let c = 1; c < numSizeClasses; c++) {
      expect(classToObjects[c] * classToSize[c] + classToTailWaste[c]).toBe(classToPages[c] * pageSize);
      expect(classToTailWaste[c]).toBeLessThan(classToSize[c]);
    }
  });

  it('pack a size class and noscan into a span class, and back', () => {
    for (const noscan of [false, true]) {
      for (const c of [0, 1, 2, 67]) {
        const spanClass = makeSpanClass(c, noscan);
        expect([sizeClassOfSpan(spanClass), isNoscan(spanClass)]).toEqual([c, noscan]);
      }
    }
    expect(makeSpanClass(67, true)).toBe(numSpanClasses - 1);
    expect(makeSpanClass(tinySizeClass, true)).toBe(tinySpanClass);
    expect(tinySpanClass).toBe(5);
    expect(classToSize[tinySizeClass]).toBe(maxTinySize);
  });
});
