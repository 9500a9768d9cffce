/**
 * Trigger, advice, controller and rule for dense chunks of the user's own in a heap: each decides, and where it fails the
 * heap's own goes on.
 */
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../lib/api/heap.ts';
import {
  type AdviceName,
  type AdvicePolicyClass,
  type ChunkDensity,
  type DenseRuleClass,
  Heap,
  type HeapOptions,
  type HeapView,
  type ScavengeController,
  type TriggerPolicyClass,
} from '../../lib/index.ts';
import { isAll } from '../support/is-all.ts';
import { faultOf, inHeap, MiB, work } from './part-world.ts';

describe('a trigger policy', () => {
  const trigger = (pace: (heap: HeapView) => unknown): TriggerPolicyClass =>
    class Mine {
      pace(heap: HeapView): never {
        return pace(heap) as never;
      }
    };
  const collections = (options: HeapOptions): number =>
    inHeap(options, ({ heap }) => {
      for (let i = 0; i < 4000; i++) heap.drop(heap.malloc(10_000));
      return heap.readMemStats().NumGC;
    });

  it('sets how often the heap collects', () => {
    const often = collections({ triggerPolicy: trigger((heap) => heap.heapMarked + MiB) });
    const seldom = collections({ triggerPolicy: trigger((heap) => heap.heapMarked + 8 * MiB) });
    expect(often).toBeGreaterThan(25);
    expect(seldom).toBeLessThan(8);
    expect(collections({ triggerPolicy: trigger(() => Infinity) })).toBe(0);
  });

  it('may start before the goal, and be asked on the way', () => {
    let asked = 0;
    const Mine = trigger((heap) => {
      asked++;
      return { goal: 8 * MiB, start: 4 * MiB, again: heap.heapLive + MiB };
    });
    const made = collections({ triggerPolicy: Mine });
    expect(made).toBeGreaterThan(8);
    expect(asked).toBeGreaterThan(3 * made);
    inHeap({ triggerPolicy: Mine }, ({ heap }) => expect(heap.sample().goal).toBe(8 * MiB));
  });

  it.each<[string, (heap: HeapView) => unknown, RegExp]>([
    ['answers NaN', () => Number.NaN, /pace answered NaN, and must answer bytes/],
    ['answers no goal', () => ({ start: 5 }), /pace answered \{ start: 5 \}/],
    [
      'starts above its goal',
      () => ({ goal: 4e6, start: 8e6 }),
      /pace answered \{ goal: 4000000, start: 8000000 \}, and must answer .*, start at most goal/,
    ],
    [
      'throws',
      () => {
        throw new Error('oh');
      },
      /threw in pace: Error: oh/,
    ],
  ])('that %s is told, and the own trigger goes on', (_what, pace, message) => {
    inHeap({ triggerPolicy: trigger(pace) }, (world) => {
      expect(faultOf(world).message).toMatch(message);
      for (let i = 0; i < 4000; i++) world.heap.drop(world.heap.malloc(10_000));
      expect(world.heap.readMemStats().NumGC).toBeGreaterThan(3);
    });
  });

  it('with a goal below the heap collects no more often than every other span', () => {
    const made = collections({ triggerPolicy: trigger(() => 0) });
    // 64 KiB are two spans of four objects, and spans are counted whole.
    expect(made).toBeLessThan(1050);
  });

  it('is refused where marking goes on beside the program', () => {
    const options = { liveness: 'tracing', triggerPolicy: trigger(() => MiB) } as const;
    expect(() => new Heap(options)).toThrow(/option triggerPolicy: .*choose the marking 'stop-the-world'/);
    inHeap({ ...options, marking: 'stop-the-world' }, ({ heap }) => heap.gc());
  });
});

describe('an advice policy', () => {
  const advice = (
    advise: (bytes: number, state: string) => AdviceName | readonly AdviceName[] | undefined,
  ): AdvicePolicyClass =>
    class Mine {
      advise({ bytes }: { bytes: number }, state: string) {
        return advise(bytes, state);
      }
    };
  const resident = (heap: Heap): number => {
    const { sys } = runtimeOf(heap).memory;
    return heap.ranges().reduce((sum, { base, bytes }) => {
      const pages = sys.addon.mincore(base, bytes);
      return sum + (pages < 0 ? 0 : pages);
    }, 0);
  };

  it.each<AdviceName>(['dontneed', 'free', 'cold', 'pageout', 'none'])('may say %s', (name) => {
    const states: string[] = [];
    const Mine = advice((bytes, state) => {
      expect(bytes % 4096).toBe(0);
      states.push(state);
      return state === 'released' ? name : undefined;
    });
    inHeap({ advicePolicy: Mine }, (world) => {
      const { heap } = world;
      const objects = Array.from({ length: 100 }, () => heap.malloc(40_000));
      for (const at of objects) heap.fill(at, 40_000, 1);
      heap.dropAll(objects);
      const before = resident(heap);
      expect(heap.freeOSMemory()).toBeGreaterThan(3 * MiB);
      expect(heap.sample().heapFree).toBe(0);
      if (name === 'dontneed') expect(resident(heap)).toBeLessThan(before / 4);
      if (name === 'none') expect(resident(heap)).toBe(before);
      // What was kept is zero all the same when it is handed out.
      const at = heap.malloc(40_000);
      expect(isAll(heap.read(at, 40_000), 0)).toBe(true);
      expect(new Set(states)).toEqual(new Set(['fresh', 'reused', 'released']));
      expect(heap.fallbacks().filter((text) => text.includes('MADV_'))).toEqual([]);
    });
  });

  it('may say several, huge pages among them', () => {
    const Mine = advice((_bytes, state) =>
      state === 'released' ? ['nohugepage', 'dontneed'] : ['nohugepage', 'none'],
    );
    inHeap({ advicePolicy: Mine }, (world) => {
      work(world);
      world.heap.freeOSMemory();
      expect(runtimeOf(world.heap).memory.sys.statsOf('noHugePage').calls).toBeGreaterThan(0);
    });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['what is none', () => 'dontknow', /advise answered 'dontknow', and must answer one of/],
    ['a number', () => 4, /advise answered 4/],
    [
      'what would lose contents',
      () => 'free',
      /must answer one of cold, .* for a range that is (fresh|reused)/,
    ],
    [
      'a word of an array that is none',
      () => ['cold', 'pageout', 'xx'],
      /answered an array, and must answer one of .*: of the array 'xx', at 2, is none/,
    ],
    ['too many words', () => Array(9).fill('cold'), /an array of up to 8 of them: it has 9/],
    [
      'nothing sensible, by throwing',
      () => {
        throw new Error('eh');
      },
      /threw in advise: Error: eh/,
    ],
  ])('that answers %s is told, and the option advise counts', (_what, answer, message) => {
    inHeap({ advicePolicy: advice(answer as never) }, (world) => {
      expect(() => {
        work(world);
        world.heap.freeOSMemory();
      }).toThrow(message);
      world.heap.freeOSMemory();
      expect(world.heap.sample().heapFree).toBe(0);
    });
  });
});

describe('a controller', () => {
  it('paces the background scavenger, and Go’s goes on where it fails', () => {
    const asked: number[][] = [];
    let answer = 0.5;
    class Mine implements ScavengeController {
      next(...given: [number, number, number]): number {
        asked.push(given);
        return answer;
      }
    }
    inHeap({ scavengeController: Mine, scavengePercent: 2, retainExtra: 0 }, (world) => {
      const { heap, clock } = world;
      heap.dropAll(Array.from({ length: 2000 }, () => heap.malloc(20_000)));
      heap.gc();
      heap.gc();
      let waits: number[] = [];
      for (let i = 0; i < 6; i++) {
        const wait = heap.step();
        if (wait === Infinity) break;
        if (wait > 0) waits.push(wait);
        clock.advance(Math.max(wait, 1e5));
      }
      expect(asked.length).toBeGreaterThan(1);
      expect(asked[0]?.[1]).toBe(0.02);
      // A burst of 1 ms and more, at a ratio of one half.
      expect(Math.min(...waits.slice(1))).toBeLessThan(10e6);
      answer = Number.NaN;
      clock.advance(1e9);
      waits = [];
      expect(() => {
        for (let i = 0; i < 20; i++) {
          const wait = heap.step();
          clock.advance(wait === Infinity ? 1e9 : Math.max(wait, 1e5));
        }
      }).toThrow(/scavenge controller Mine: next answered NaN/);
    });
  });
});

describe('a rule for dense chunks', () => {
  const rule = (keeps: (chunk: ChunkDensity) => unknown): DenseRuleClass =>
    class Mine {
      keeps(chunk: ChunkDensity): boolean {
        return keeps(chunk) as boolean;
      }
    };
  /** What an unforced release gives of a heap of which one page in 32 is free. */
  const released = (options: HeapOptions): number =>
    inHeap(options, ({ heap }) => {
      const objects = Array.from({ length: 1024 }, () => heap.malloc(8192));
      heap.dropAll(objects.filter((_, i) => i % 64 === 0));
      heap.gc();
      const { pages } = runtimeOf(heap);
      pages.nextGeneration?.();
      pages.nextGeneration?.();
      return pages.release(Number.MAX_SAFE_INTEGER as never, false);
    });

  it('decides which chunks are left alone', () => {
    const go = released({ generation: 'radix' });
    const never = released({ denseRule: rule(() => false) });
    const always = released({ denseRule: rule(() => true) });
    expect(always).toBe(0);
    expect(never).toBeGreaterThan(go);
    expect(released({ densePages: 513 })).toBe(never);
    const chunks: ChunkDensity[] = [];
    released({ denseRule: rule((chunk) => chunks.push(chunk) > 0) });
    expect(chunks.length).toBeGreaterThan(1);
    for (const { inUse, lastInUse, age, changed } of chunks) {
      expect(inUse).toBeLessThanOrEqual(512);
      expect(lastInUse).toBeLessThanOrEqual(512);
      expect(changed).toBe(age === 0);
    }
  });

  it('is asked again in every generation about what it has kept', () => {
    const Mine = rule(({ age }) => age < 3);
    inHeap({ denseRule: Mine }, ({ heap }) => {
      const objects = Array.from({ length: 1024 }, () => heap.malloc(8192));
      heap.dropAll(objects.filter((_, i) => i % 2 === 0));
      heap.gc();
      const { pages } = runtimeOf(heap);
      pages.nextGeneration?.();
      const all = [];
      for (let i = 0; i < 6; i++) {
        all.push(pages.release(Number.MAX_SAFE_INTEGER as never, false));
        pages.nextGeneration?.();
      }
      expect(all.slice(0, 2)).toEqual([0, 0]);
      expect(Math.max(...all)).toBeGreaterThan(3 * MiB);
    });
  });

  it('that fails is told, and Go’s counts', () => {
    inHeap({ denseRule: rule(() => 1) }, (world) => {
      work(world);
      const { pages } = runtimeOf(world.heap);
      pages.nextGeneration?.();
      expect(pages.release(MiB as never, false)).toBeGreaterThan(0);
      expect(faultOf(world).message).toMatch(
        /dense rule Mine: keeps answered 1, and must answer true or false/,
      );
    });
  });
});
