/** Marking by tracing, held against a shadow of the graph: a million mutations, in all designs and both orders. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Heap } from '../../../../lib/api/heap.ts';
import { Random, seedOf } from '../../../support/random.ts';
import { ShadowGraph } from '../../../support/shadow-graph.ts';

const rounds = 4;

describe.each(['lists', 'treap', 'radix'] as const)('a graph and its shadow agree, %s', (generation) => {
  it.each(
    (['objects', 'spans'] as const).flatMap((markOrder) =>
      Array.from({ length: rounds }, (_, round) => [markOrder, round] as const),
    ),
  )(
    'by %s, round %i',
    (markOrder) => {
      const seed = seedOf('PAGEHEAP_SHADOW_SEED');
      const heap = new Heap({
        ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', gcPercent: 10 },
        ...{ generation, markOrder },
      });
      onTestFinished(() => heap.dispose());
      const graph = new ShadowGraph(heap, new Random(seed), { steps: 45_000, large: true });
      try {
        graph.run();
      } catch (error) {
        throw new Error(`with PAGEHEAP_SHADOW_SEED=${seed}`, { cause: error });
      }
      expect(graph.collections).toBeGreaterThan(20);
    },
    300_000,
  );
});
