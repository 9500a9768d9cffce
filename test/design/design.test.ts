import { describe, expect, it } from 'vitest';
import FirstFit from '../../examples/first-fit.mjs';
import { Heap, type HeapOptions } from '../../lib/api/index.ts';
import { resolveOptions } from '../../lib/design/options.ts';
import { Residency } from '../../lib/os/residency.ts';
import type { PageHeapClass } from '../../lib/pages/contract.ts';
import { isAll } from '../support/is-all.ts';
import { mixtures, testMixtures } from './mixtures.ts';

const OwnClass = FirstFit as unknown as PageHeapClass;
/** It does not know since when a run is free. */
class Ageless extends OwnClass {
  // As if it were not there.
  override readonly releaseUnused = undefined as never;
}

const small = { reach: 2 ** 30, environment: false, debug: true } as const;

describe('a generation', () => {
  it.each([
    [
      'lists',
      {
        pageHeap: 'lists',
        objects: 'freelist',
        sweep: 'busy',
        scavenger: 'age',
        advise: 'dontneed',
        hugePageHints: false,
        growthUnit: 2 ** 20,
        zeroing: 'span',
        sizeClasses: 'go1.4',
        trigger: 'live',
      },
    ],
    [
      'treap',
      {
        pageHeap: 'treap',
        objects: 'bitmap',
        sweep: 'stacks',
        scavenger: 'growth',
        advise: 'free',
        hugePageHints: true,
        growthUnit: 2 ** 26,
        zeroing: 'span',
        sizeClasses: 'go1.12',
        trigger: 'paced',
      },
    ],
    [
      'radix',
      {
        pageHeap: 'radix',
        objects: 'bitmap',
        sweep: 'sets',
        scavenger: 'background',
        advise: 'dontneed',
        hugePageHints: false,
        growthUnit: 2 ** 22,
        zeroing: 'object',
        sizeClasses: 'go1.21',
        trigger: 'paced',
      },
    ],
  ] as const)('%s is a preset of parts', (generation, parts) => {
    expect(resolveOptions({ generation, environment: false }).design).toMatchObject({
      generation,
      ...parts,
      scavengeOnReuse: false,
    });
  });

  it('is radix unless told', () => {
    expect(resolveOptions({ environment: false }).design.generation).toBe('radix');
  });
});

describe('what makes no sense is refused, with the option and the reason', () => {
  it.each<[string, HeapOptions, RegExp]>([
    [
      'a memory limit where nobody knows one',
      { generation: 'lists', memoryLimit: 2 ** 30 },
      /memoryLimit: .*'age' knows no memory limit/,
    ],
    ['the same of 2019', { generation: 'treap', memoryLimit: 2 ** 30 }, /memoryLimit: .*'growth' knows no/],
    ['release by age of bitmaps', { scavenger: 'age' }, /scavenger: 'age' needs a page heap that knows/],
    [
      'growth by less than a chunk',
      { growthUnit: 2 ** 20 },
      /growthUnit: the radix page heap grows by whole chunks of 4 MiB, not by 1 MiB$/,
    ],
    [
      'growth by no power of two',
      { generation: 'lists', growthUnit: 3 * 2 ** 20 },
      /growthUnit: must be a power of two from 64 KiB to 64 MiB, not 3 MiB$/,
    ],
    [
      'free lists in spans that were not zeroed',
      { objects: 'freelist', zeroing: 'object' },
      /zeroing: a free list tells by an object's second word/,
    ],
    ['reuse without credit', { scavengeOnReuse: true }, /scavengeOnReuse: is settled with the credit/],
    [
      'a defect of another scavenger',
      { generation: 'treap', historicalScavengeGoal: true },
      /historicalScavengeGoal: is a defect of the 'background'/,
    ],
    [
      'hard decommit without a way back',
      { generation: 'lists', hardDecommit: true },
      /hardDecommit: needs a page heap/,
    ],
    [
      'huge pages wanted and not',
      { generation: 'treap', disableHugePages: true },
      /disableHugePages: contradicts/,
    ],
    [
      'advice for chunks where there are none',
      { generation: 'treap', hugePageAdvice: 'collapse' },
      /hugePageAdvice: is of chunks, which the page heap 'radix' alone has/,
    ],
    [
      'huge pages asked for and kept away',
      { hugePageAdvice: 'hugepage', disableHugePages: true },
      /hugePageAdvice: contradicts disableHugePages/,
    ],
    [
      'hints of two designs',
      { hugePageAdvice: 'hugepage', hugePageHints: true },
      /hugePageAdvice: contradicts hugePageHints/,
    ],
    [
      'an unknown generation',
      { generation: '2009' as never },
      /generation: must be one of lists, treap, radix/,
    ],
    [
      'an unknown choice',
      { objects: 'slab' as never },
      /objects: must be one of freelist, bitmap, not 'slab'$/,
    ],
    ['a number as a text', { gcPercent: '100' as never }, /gcPercent: must be .*, not '100'$/],
    [
      'bytes in units that are none',
      { growthUnit: '4MB' as never },
      /growthUnit: must be bytes, a power of two from 64KiB to 64MiB, as in 4MiB, not '4MB'$/,
    ],
    ['a text out of range', { growthUnit: '3MiB' }, /growthUnit: must be a power of two .*, not 3 MiB$/],
    ['a trigger beyond the goal', { triggerRatio: 2 }, /triggerRatio/],
    [
      'a memory limit for the trigger of 2014',
      { trigger: 'live', memoryLimit: 2 ** 30 },
      /memoryLimit: the trigger 'live' knows no memory limit/,
    ],
    ['roots for it', { trigger: 'live', rootBytes: 2 ** 20 }, /rootBytes: the trigger 'live' does not count/],
    [
      'a collection before its goal',
      { generation: 'lists', triggerRatio: 0.9 },
      /triggerRatio: the trigger 'live' stops the program/,
    ],
    [
      'release by age of a page heap that knows no ages',
      { generation: 'lists', pageHeap: Ageless },
      /scavenger: 'age' needs a page heap that knows since when a run is free; Ageless has no releaseUnused$/,
    ],
    [
      'a page heap that lacks methods',
      { pageHeap: class {} as never },
      /pageHeap: .* lacks alloc, free, grow/,
    ],
  ])('%s', (_what, options, message) => {
    const make = (): void => new Heap({ ...small, ...options }).dispose();
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  });

  it.each([5, null, []])('options that are none: %j', (options) => {
    const make = (): void => new Heap(options as never).dispose();
    expect(make).toThrow(/^options must be an object$/);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: undefined }));
  });

  it('a limit set later', () => {
    const heap = new Heap({ ...small, generation: 'treap' });
    expect(() => heap.setMemoryLimit(2 ** 30)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
    expect(heap.setMemoryLimit(-1)).toBeGreaterThan(2 ** 60);
    heap.dispose();
  });

  it('sharing a heap whose page heap is a class of its maker', () => {
    const heap = new Heap({ ...small, pageHeap: OwnClass });
    expect(() => heap.share()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SHARED' }));
    heap.dispose();
  });
});

// Three parts in all their combinations, and for longer: test/long/design/mixtures.test.ts.
testMixtures(mixtures.pairs, 300, 5);

describe('zeroing', () => {
  it.each<[string, HeapOptions, number]>([
    // Spans of 7 pages, of 5 in 2014, of which the one object needs three pages of the machine.
    ['2014', { generation: 'lists' }, 5 * 8192],
    ['2019', { generation: 'treap' }, 7 * 8192],
    ['2019, by the object', { generation: 'treap', zeroing: 'object' }, 3 * 4096],
    ['2023', { generation: 'radix' }, 3 * 4096],
    ['2023, by the span', { generation: 'radix', zeroing: 'span' }, 7 * 8192],
  ])('of %s: what one object of a span that was used before brings into memory', (_name, options, bytes) => {
    for (const wantsZero of [true, false]) {
      const heap = new Heap({
        ...small,
        collect: false,
        advise: 'dontneed',
        hugePageHints: false,
        ...options,
      });
      const objects = Array.from({ length: 400 }, () => heap.malloc(9472, true, true));
      for (const at of objects) {
        heap.fill(at, 9472, 1);
        heap.drop(at);
      }
      heap.freeOSMemory();
      const kernel = new Residency();
      expect(kernel.residentBytes(heap.ranges())).toBe(0);
      const at = heap.malloc(9472, true, wantsZero);
      const wholeSpan = bytes > 3 * 4096;
      expect(kernel.residentBytes(heap.ranges())).toBe(wantsZero || wholeSpan ? bytes : 0);
      if (wantsZero) expect(isAll(heap.read(at, 9472), 0)).toBe(true);
      // What is freed within the span is dirty again, and still comes back zero.
      heap.fill(at, 9472, 7);
      heap.malloc(9472, true, true);
      heap.drop(at);
      heap.gc();
      const again = Array.from({ length: 12 }, () => heap.malloc(9472, true, true));
      expect(again).toContain(at);
      expect(isAll(heap.read(at, 9472), 0)).toBe(true);
      heap.check(3);
      heap.dispose();
    }
  });

  it('comes with the free lists that rest on it', () => {
    expect(resolveOptions({ objects: 'freelist', environment: false }).design.zeroing).toBe('span');
  });
});

describe('free lists through the objects', () => {
  it('touch every page of a fresh span, where a bitmap touches none', () => {
    const resident = (objects: 'freelist' | 'bitmap'): number => {
      const heap = new Heap({ ...small, objects, disableHugePages: true });
      // Spans of 7 pages with 6 objects.
      heap.malloc(9472, true, false);
      const bytes = new Residency().residentBytes(heap.ranges());
      heap.dispose();
      return bytes;
    };
    expect(resident('bitmap')).toBe(0);
    expect(resident('freelist')).toBeGreaterThanOrEqual(6 * 4096);
  });

  it('stop with a constant message where an object was written to after it was freed', () => {
    const heap = new Heap({ ...small, objects: 'freelist' });
    const at = heap.malloc(64, true, false);
    const keep = heap.malloc(64, true, false);
    heap.drop(at);
    const view = heap.view(at, 64);
    heap.gc();
    view.fill(0x41);
    expect(() => {
      for (let i = 0; i < 400; i++) heap.malloc(64, true, false);
    }).toThrow(/a free list was overwritten/);
    expect(keep).toBeGreaterThan(0);
    heap.dispose();
  });
});

it('a heap of any built-in generation can be shared and attached to', () => {
  for (const generation of ['lists', 'treap', 'radix'] as const) {
    const heap = new Heap({ ...small, generation });
    const other = Heap.attach(heap.share());
    const held = Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? heap : other).malloc(1 + (i % 900)));
    for (const at of held) other.drop(at);
    heap.gc();
    other.check(3);
    other.dispose();
    heap.check(3);
    heap.dispose();
  }
});
