/**
 * Marking beside the program, held against a shadow of the graph: cycles begin at random moments and go on a few words at
 * a time. And parts of what keeps it right taken out, which the shadow must notice.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { nanotime } from '../../../lib/base/units.ts';
import type { HeapOptions } from '../../../lib/design/options.ts';
import type { Runtime } from '../../../lib/runtime/runtime.ts';
import { those, times } from '../../support/extent.ts';
import { firstFault } from '../../support/first-fault.ts';
import { Random, seedOf } from '../../support/random.ts';
import type { ShadowOptions } from '../../support/shadow-cycles.ts';
import { ShadowGraph } from '../../support/shadow-graph.ts';
import { markSlowly } from '../../support/slow-marking.ts';

function heapOf(options: HeapOptions): Heap {
  // A clock of its own: a seed is then all that decides.
  let now = 0;
  const clock = { now: () => nanotime((now += 30_000)) };
  const heap = new Heap({
    clock,
    ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', marking: 'incremental', gcPercent: 50 },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  markSlowly(runtimeOf(heap));
  return heap;
}

const options: ShadowOptions = { steps: times(700, 1200), large: true, slices: 'with views' };

describe('a graph and its shadow agree while cycles mark', () => {
  const seed = seedOf('PAGEHEAP_SHADOW_SEED');
  const designs = (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
    (['objects', 'spans'] as const).flatMap((markOrder) =>
      (['with views', 'without views'] as const).map((slices) => [generation, markOrder, slices] as const),
    ),
  );
  // Where not everything is tried: each generation, order and kind of view once.
  it.each(those(designs, (_design, i) => i % 5 === 0))('%s, by %s, %s', (generation, markOrder, slices) => {
    const graph = new ShadowGraph(heapOf({ generation, markOrder }), new Random(seed), {
      ...options,
      slices,
    });
    try {
      graph.run();
    } catch (error) {
      throw new Error(`with PAGEHEAP_SHADOW_SEED=${seed}`, { cause: error });
    }
    expect(graph.cycles?.ended).toBeGreaterThan(1);
    expect(graph.cycles?.steps).toBeGreaterThan(30);
  });

  it('marking again finds nothing', () => {
    const heap = heapOf({ checkMark: true });
    const graph = new ShadowGraph(heap, new Random(seed), { ...options, steps: times(800, 1500) });
    graph.run();
    expect(graph.cycles?.ended).toBeGreaterThan(1);
  });
});

const nothing = (): void => {};

interface Mutant {
  readonly take: (runtime: Runtime, heap: Heap) => void;
  readonly views?: boolean;
  /** The first seed that finds it out today. Another finds it as well, some walks later. */
  readonly first?: number;
}

/** Parts of marking beside the program, each taken out of a heap. */
const mutants: Readonly<Record<string, Mutant>> = {
  'fields are stored past the barrier': {
    first: 3,
    take: ({ gc }) => {
      const { barrier } = gc.tracing!;
      const { replace } = barrier;
      barrier.replace = (before, after) => {
        const isField = new Error().stack?.includes('storePointer') === true;
        if (!isField) Reflect.apply(replace, barrier, [before, after]);
      };
    },
  },
  'write goes past the barrier': {
    take: (runtime, heap) => withoutBarrier(runtime, heap, 'write'),
  },
  'copy goes past the barrier': {
    first: 7,
    take: (runtime, heap) => withoutBarrier(runtime, heap, 'copy'),
  },
  'fill goes past the barrier': {
    first: 4,
    take: (runtime, heap) => withoutBarrier(runtime, heap, 'fill'),
  },
  'what roots are given is not shaded': {
    first: 2,
    take: ({ gc }) => {
      gc.tracing!.barrier.replace = nothing;
    },
  },
  'allocation is white': {
    take: ({ gc }) => {
      const { barrier } = gc.tracing!;
      barrier.spanCached = nothing;
      barrier.spanUncached = nothing;
      barrier.largeAllocated = nothing;
    },
  },
  'what was viewed is not scanned again': {
    views: true,
    take: ({ gc }) => {
      gc.tracing!.barrier.viewed = nothing;
    },
  },
  'roots are not visited': {
    take: ({ gc }) => {
      gc.tracing!.roots.eachRoot = () => 0;
    },
  },
};

/** One call of the heap's stores without the barrier. */
function withoutBarrier({ gc }: Runtime, heap: Heap, call: 'write' | 'copy' | 'fill'): void {
  const { barrier } = gc.tracing!;
  const { shadeRange } = barrier;
  const real = heap[call] as (...given: unknown[]) => void;
  heap[call] = (...given: unknown[]) => {
    barrier.shadeRange = nothing;
    Reflect.apply(real, heap, given);
    barrier.shadeRange = shadeRange;
  };
}

describe('the shadow notices that', () => {
  const found = /is not there|was given out|is 0x|found pointer|no object is there/;

  // The one that only views can show takes ten times as long as all others.
  it.each(those(Object.entries(mutants), ([, { views }]) => views !== true))(
    '%s',
    (_what, { take, views, first }) => {
      const slices = views === true ? 'with views' : 'without views';
      const fault = firstFault(
        found,
        (seed) => {
          const heap = heapOf({});
          take(runtimeOf(heap), heap);
          try {
            new ShadowGraph(heap, new Random(seed), { ...options, slices, steps: 2500 }).run();
          } finally {
            // Nothing of a broken heap is called later, from the event loop.
            heap.dispose();
          }
        },
        first,
      );
      expect(fault).toMatch(found);
    },
  );
});
