/** Marking by tracing, held against a shadow of the graph: a million mutations, in all designs, both orders, and both kinds of marking. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Heap, runtimeOf } from '../../../../lib/api/heap.ts';
import { Random, seedOf } from '../../../support/random.ts';
import { RandomClock } from '../../../support/random-clock.ts';
import { ShadowGraph } from '../../../support/shadow-graph.ts';
import { markSlowly } from '../../../support/slow-marking.ts';

const rounds = 2;

describe.each(
  (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
    (['stop-the-world', 'incremental'] as const).map((marking) => [generation, marking] as const),
  ),
)('a graph and its shadow agree, %s, %s', (generation, marking) => {
  it.each(
    (['objects', 'spans'] as const).flatMap((markOrder) =>
      Array.from({ length: rounds }, (_, round) => [markOrder, round] as const),
    ),
  )('by %s, round %i', (markOrder) => {
    const seed = seedOf('PAGEHEAP_SHADOW_SEED');
    const heap = new Heap({
      ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', gcPercent: 10 },
      ...{ generation, marking, markOrder, clock: new RandomClock(seed) },
    });
    onTestFinished(() => heap.dispose());
    const slices = marking === 'incremental' ? { slices: 'with views' as const } : {};
    if (marking === 'incremental') markSlowly(runtimeOf(heap));
    const graph = new ShadowGraph(heap, new Random(seed), { steps: 45_000, large: true, ...slices });
    try {
      graph.run();
    } catch (error) {
      throw new Error(`with PAGEHEAP_SHADOW_SEED=${seed}`, { cause: error });
    }
    expect(graph.collections).toBeGreaterThan(20);
  });
});
