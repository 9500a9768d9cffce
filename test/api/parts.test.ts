/**
 * A scavenge policy of the user's own in a heap: it decides, and however it misbehaves the heap stays whole and says what
 * was wrong, and where. Other parts: other-parts.test.ts.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type GrowthNews,
  Heap,
  type HeapView,
  type ScavengePolicyClass,
  type ScavengeReply,
} from '../../lib/index.ts';
import { faultOf, inHeap, MiB, type World, work } from './part-world.ts';

const here = fileURLToPath(import.meta.url)
  .split('/')
  .at(-1);

const policy = (methods: object): ScavengePolicyClass =>
  class Mine {
    constructor() {
      Object.assign(this, methods);
    }
  } as unknown as ScavengePolicyClass;

describe('a scavenge policy', () => {
  it('is asked by time, by cycles and by growth, with the heap as it is', () => {
    const seen: string[] = [];
    const look = (what: string, heap: HeapView): void => {
      seen.push(what);
      const { heapInUse, heapFree, heapReleased, heapGoal, mappedReady, memoryLimit, cycles } = heap;
      expect(heapInUse + heapFree + heapReleased).toBeGreaterThanOrEqual(0);
      expect(mappedReady).toBeGreaterThanOrEqual(heapInUse + heapFree);
      expect(heapGoal).toBeGreaterThan(0);
      expect(memoryLimit).toBe(Infinity);
      expect(cycles).toBeGreaterThanOrEqual(0);
      let free = 0;
      heap.forEachFree((_page, pages, released) => {
        free += pages - released;
      });
      // In the middle of an allocation its pages are in no run and not yet in use.
      if (what !== 'growth') expect(free * heap.pageSize).toBe(heapFree);
    };
    const Mine = policy({
      onTime: (heap: HeapView) => look('time', heap),
      onCycle: (heap: HeapView) => {
        look('cycle', heap);
        return { again: 5e9 };
      },
      onGrowth: (heap: HeapView, { grown }: GrowthNews) => {
        look('growth', heap);
        expect(grown % heap.pageSize).toBe(0);
      },
    });
    inHeap({ scavengePolicy: Mine }, (world) => {
      const { heap, clock } = world;
      expect(heap.step()).toBe(Infinity);
      work(world);
      expect(seen).toContain('growth');
      expect(heap.step()).toBe(5e9);
      expect(seen.at(-1)).toBe('cycle');
      clock.advance(5e9);
      heap.step();
      expect(seen.at(-1)).toBe('time');
      expect(seen.filter((what) => what === 'time')).toHaveLength(2);
    });
  });

  it('decides how much goes back, and hears of it', () => {
    const news: number[] = [];
    const Mine = policy({
      onCycle: (heap: HeapView) => ({ release: heap.heapFree / 2, force: true, again: 1e9 }),
      onTime: (): ScavengeReply => ({ release: Infinity, force: true }),
      onReleased: (_heap: HeapView, { released }: { released: number }) => news.push(released),
    });
    inHeap({ scavengePolicy: Mine }, (world) => {
      const { heap, clock } = world;
      heap.step();
      work(world);
      const before = heap.sample();
      heap.step();
      const half = heap.sample();
      expect(half.heapReleased).toBeGreaterThan(before.heapReleased);
      expect(half.heapFree).toBeGreaterThan(0);
      expect(half.heapFree).toBeLessThan(before.heapFree);
      clock.advance(1e9);
      heap.step();
      expect(heap.sample().heapFree).toBe(0);
      expect(news.at(-1)).toBe(half.heapFree);
    });
  });

  it('releases by age where the page heap knows ages, and is refused where not', () => {
    const Mine = policy({ onTime: () => ({ unusedFor: 2e9, again: 1e9 }) });
    inHeap({ generation: 'treap', scavengePolicy: Mine }, (world) => {
      const { heap, clock } = world;
      work(world);
      heap.step();
      const { heapFree } = heap.sample();
      expect(heapFree).toBeGreaterThan(0);
      for (let i = 0; i < 4; i++) {
        clock.advance(1e9);
        heap.step();
      }
      expect(heap.sample().heapFree).toBeLessThan(heapFree);
    });
    inHeap({ scavengePolicy: Mine }, (world) => {
      expect(faultOf(world).message).toMatch(/onTime answered unusedFor, and this page heap does not know/);
    });
  });

  it.each<[string, object, RegExp]>([
    [
      'throws',
      {
        onTime: () => {
          throw new RangeError('no');
        },
      },
      /threw in onTime: RangeError: no \(/,
    ],
    [
      'throws what is no error',
      {
        onTime: () => {
          throw null;
        },
      },
      /threw in onTime: null, which is no Error/,
    ],
    ['answers NaN', { onTime: () => Number.NaN }, /onTime answered NaN, and must answer bytes/],
    ['answers a negative number', { onTime: () => ({ again: -1 }) }, /onTime answered \{ again: -1 \}, and/],
    ['answers a bigint', { onTime: () => 5n }, /onTime answered 5n, a bigint/],
    ['answers a promise', { onTime: async () => 5 }, /onTime answered a Promise: no method may be async/],
    [
      'answers what throws when it is looked at',
      {
        onTime: () => ({
          get release() {
            throw new Error('gotcha');
          },
        }),
      },
      /threw in onTime: Error: gotcha/,
    ],
    [
      'recurses for ever',
      {
        onTime: function on(): number {
          return on() + 1;
        },
      },
      /threw in onTime: RangeError/,
    ],
    ['wants to be asked at once for ever', { onTime: () => ({ again: 0 }) }, /at once, 100 times in a row/],
  ])('that %s is told with its place, and the heap is whole', (what, methods, message) => {
    inHeap({ scavengePolicy: policy(methods) }, (world) => {
      const { heap, clock, told } = world;
      const fault = faultOf(world);
      expect(fault.code).toBe('ERR_POLICY');
      expect(fault.message).toMatch(message);
      expect(fault.message).toContain(`${here}:`.slice(0, what.includes('no error') ? 0 : undefined));
      expect(told).toHaveLength(1);
      expect(heap.fallbacks().join()).toMatch(message);
      // It is told once, and the design's own scavenger goes on.
      heap.step();
      work(world);
      heap.check(3);
      for (let i = 0; i < 50; i++) {
        clock.advance(20e6);
        heap.step();
      }
    });
  });

  it('that fails in the middle of an allocation lets it go on', () => {
    const Mine = policy({
      onGrowth: () => {
        throw new Error('in the middle');
      },
    });
    inHeap({ scavengePolicy: Mine }, (world) => {
      const { heap } = world;
      const at = heap.malloc(3 * MiB);
      heap.fill(at, 3 * MiB, 7);
      heap.check(3);
      expect(() => heap.gc()).toThrow(/threw in onGrowth: Error: in the middle/);
      expect(heap.read(at, 2)).toEqual(new Uint8Array([7, 7]));
      heap.gc();
    });
  });

  it('cannot use its heap, nor look at it when its call is over', () => {
    let kept: HeapView | undefined;
    let world: World | undefined;
    const Mine = policy({
      onTime: (heap: HeapView) => {
        kept = heap;
        world?.heap.malloc(8);
      },
    });
    inHeap({ scavengePolicy: Mine }, (made) => {
      world = made;
      expect(faultOf(made).message).toMatch(/threw in onTime: PageHeapError: .*in the middle/);
      expect(() => kept?.heapFree).toThrow(/the call it was given to/);
      expect(() => kept?.forEachFree(() => {})).toThrow(/the call it was given to/);
      expect(() => Object.assign(kept as object, { physPageSize: 1 })).toThrow(TypeError);
    });
  });

  it('that says nothing, or is no class, is refused by name', () => {
    const nothing = class Nothing {} as unknown as ScavengePolicyClass;
    expect(() => new Heap({ scavengePolicy: nothing })).toThrow(
      /option scavengePolicy: Nothing has no onTime, no onCycle, no onGrowth/,
    );
    const half = policy({ onTime: 5 });
    expect(() => new Heap({ scavengePolicy: half })).toThrow(/option scavengePolicy: .*has no onTime/);
    const failing = class {
      constructor() {
        throw new Error('not today');
      }
    } as unknown as ScavengePolicyClass;
    expect(() => new Heap({ scavengePolicy: failing })).toThrow(/threw in its constructor: Error: not today/);
    const arrow = (() => 5) as unknown as ScavengePolicyClass;
    expect(() => new Heap({ scavengePolicy: arrow })).toThrow(
      /option scavengePolicy: must be a class that implements ScavengePolicy/,
    );
  });

  it('serves one thread', () => {
    inHeap({ scavengePolicy: policy({ onTime: () => 0 }) }, ({ heap }) => {
      expect(() => heap.share()).toThrow(/scavengePolicy is a class of its maker cannot be shared/);
    });
  });
});
