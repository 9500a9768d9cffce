/** An order of sweeping and a table of size classes of the user's own. */
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../lib/api/heap.ts';
import {
  Heap,
  type HeapOptions,
  type SizeClassTableClass,
  type SweepOrderClass,
  type SweepSpan,
} from '../../lib/index.ts';
import { faultOf, inHeap, work } from './part-world.ts';

describe('an order of sweeping', () => {
  const order = (choose: (spans: readonly SweepSpan[]) => unknown): SweepOrderClass =>
    class Mine {
      order(spans: readonly SweepSpan[]): never {
        return choose(spans) as never;
      }
    };

  it.each<HeapOptions>([{ generation: 'lists' }, { generation: 'treap' }, { generation: 'radix' }])(
    'is kept, and what it leaves out comes after: %o',
    (options) => {
      const seen: SweepSpan[] = [];
      const Mine = order((spans) => {
        seen.push(...spans);
        // Only every other one, from the top.
        return [...spans]
          .filter((_, i) => i % 2 === 0)
          .sort((a, b) => b.page - a.page)
          .map(({ id }) => id);
      });
      inHeap({ ...options, sweepOrder: Mine, collect: false }, ({ heap }) => {
        const objects = Array.from({ length: 200 }, () => heap.malloc(30_000));
        heap.dropAll(objects.filter((_, i) => i % 3 === 0));
        const { gc, spans, state } = runtimeOf(heap);
        const swept: number[] = [];
        gc.collector.collect(true);
        const asked = [...seen].filter((_, i) => i % 2 === 0).sort((a, b) => b.page - a.page);
        expect(seen.filter(({ empty }) => empty).length).toBeGreaterThanOrEqual(60);
        for (let left = 400; left > 0; left--) {
          const before = state.sweepState.isDone();
          if (before || gc.sweeper.sweepOne() < 0) break;
          swept.push(left);
        }
        expect(gc.sweeper.isDone).toBe(true);
        expect(asked.length).toBeGreaterThan(50);
        expect(swept.length).toBeGreaterThanOrEqual(seen.length - 5);
        expect(spans.registry).toBeDefined();
        heap.check(3);
        // Everything that was dropped is gone, whoever came when.
        for (const at of objects.filter((_, i) => i % 3 === 0)) expect(heap.findObject(at)).toBeUndefined();
      });
    },
  );

  it('decides whose pages are there first', () => {
    const firstFree = (highest: boolean): number => {
      const Mine = order((spans) =>
        [...spans].sort((a, b) => (highest ? b.page - a.page : a.page - b.page)).map(({ id }) => id),
      );
      return inHeap({ sweepOrder: Mine, collect: false }, ({ heap }) => {
        heap.dropAll(Array.from({ length: 100 }, () => heap.malloc(30_000)));
        const { gc, pages } = runtimeOf(heap);
        gc.collector.collect(true);
        let before = -1;
        const free = (): number[] => {
          const found: number[] = [];
          pages.forEachFree((page, n, released) => released === 0 && found.push(page, n));
          return found;
        };
        const [at] = free();
        before = at ?? -1;
        while (gc.sweeper.sweepOne() === 0);
        return (free().find((page) => page !== before) ?? -1) as number;
      });
    };
    expect(firstFree(true)).not.toBe(firstFree(false));
  });

  it.each<[string, (spans: readonly SweepSpan[]) => unknown, RegExp]>([
    ['nothing', () => undefined, /order answered undefined, and must answer ids of the spans/],
    ['ids of no span', () => [1e6], /order answered an array, and must answer ids/],
    [
      'one without end',
      function* (spans) {
        for (;;) yield spans[0]?.id;
      },
      /must answer ids of the spans/,
    ],
    [
      'by throwing',
      () => {
        throw new Error('no order');
      },
      /threw in order: Error: no order/,
    ],
  ])('that answers %s is told, and the own order counts', (_what, choose, message) => {
    inHeap({ sweepOrder: order(choose) }, (world) => {
      expect(faultOf(world).message).toMatch(message);
      work(world);
    });
  });
});

describe('a table of size classes', () => {
  const tableOf = (sizes: readonly unknown[], pages = 1): SizeClassTableClass =>
    class Mine {
      classes(): never {
        return sizes.map((size) =>
          typeof size === 'number' ? { size, pages: size > 4096 ? 8 : pages } : size,
        ) as never;
      }
    };
  const powers = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768];

  it.each<HeapOptions>([
    { generation: 'lists' },
    { generation: 'treap' },
    {},
    { liveness: 'tracing', collect: false },
    { zeroing: 'span' },
  ])('serves a heap: %o', (options) => {
    inHeap({ ...options, sizeClassTable: tableOf(powers) }, ({ heap }) => {
      expect([1, 8, 9, 33, 5000, 30_000, 32_768, 32_769].map((n) => heap.roundUpSize(n))).toEqual([
        8, 8, 16, 64, 8192, 32_768, 32_768, 40_960,
      ]);
      const sizes = [1, 7, 24, 100, 700, 3000, 9000, 20_000, 32_768, 50_000];
      const objects = Array.from({ length: 400 }, (_, i) => heap.malloc(sizes[i % 10] ?? 1));
      expect(new Set(objects.filter((_, i) => i % 10 > 1)).size).toBe(320);
      for (const [i, at] of objects.entries()) heap.fill(at, sizes[i % 10] ?? 1, i & 255);
      heap.check(3);
      if (options.liveness !== 'tracing') {
        heap.dropAll(objects.filter((_, i) => i % 2 === 0 && i % 10 > 1));
        heap.gc();
        for (const [i, at] of objects.entries())
          if (i % 2 === 1 && i % 10 > 1) expect(heap.read(at, 1)[0]).toBe(i & 255);
      } else heap.gc();
      expect(heap.sizeClasses().length).toBeGreaterThan(5);
    });
  });

  it.each<[string, SizeClassTableClass, RegExp]>([
    [
      'is no array',
      class {
        classes() {
          return 5 as never;
        }
      },
      /classes answered 5, and must answer an array/,
    ],
    ['is too short', tableOf([8, 16]), /it has 2 classes, and there can be 3 to 67/],
    ['is too long', tableOf(Array.from({ length: 70 }, (_, i) => 8 * (i + 1))), /it has 70 classes/],
    ['has a size that is no multiple of 8', tableOf([8, 16, 20, 32_768]), /class 3 has objects of 20 bytes/],
    ['goes down', tableOf([8, 16, 64, 32, 32_768]), /class 4 has objects of 32 bytes: .*\(64\)/],
    [
      'begins with another size',
      tableOf([16, 32, 32_768]),
      /the first class has objects of 16 bytes, and must have 8/,
    ],
    [
      'has no tiny blocks',
      tableOf([8, 24, 32_768]),
      /the second class has objects of 24 bytes, and must have 16/,
    ],
    [
      'ends too soon',
      tableOf([8, 16, 16_384]),
      /the last class has objects of 16384 bytes, and must have 32768/,
    ],
    ['has spans without pages', tableOf([8, 16, { size: 32_768, pages: 0 }]), /class 3 has spans of 0 pages/],
    [
      'has spans that are too small',
      tableOf([8, 16, { size: 32_768, pages: 2 }]),
      /has no room in a span of 2 pages/,
    ],
    [
      'has spans of too many objects',
      tableOf([8, 16, 32_768], 5),
      /class 1: a span of 5 pages has 5120 objects/,
    ],
    ['has holes', tableOf([8, 16, null, 32_768]), /class 3 has objects of undefined bytes/],
  ])('that %s is refused when the heap is made', (_what, table, message) => {
    expect(() => new Heap({ sizeClassTable: table })).toThrow(message);
    try {
      new Heap({ sizeClassTable: table });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', option: 'sizeClassTable' });
    }
  });

  it('that throws is told at once', () => {
    class Mine {
      classes(): never {
        throw new Error('no table today');
      }
    }
    expect(() => new Heap({ sizeClassTable: Mine, warn: () => {} })).toThrow(
      /size class table Mine threw in classes: Error: no table today/,
    );
  });
});
