/** What has no memory yet reads as zeros: a debugger that shows private fields comes to such columns. */
import { expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { generations } from '../../lib/design/design.ts';
import { capacities } from '../../lib/runtime/tables.ts';

test.each(generations)(
  'of every column the first rows, the last and some between can be read, %s',
  (generation) => {
    const heap = new Heap({ environment: false, generation, reach: 2 ** 30 });
    onTestFinished(() => heap.dispose());
    heap.malloc(100);
    const { meta } = runtimeOf(heap).memory;
    let columns = 0;
    for (const [table] of capacities(meta.parameters))
      for (const view of Object.values(meta.views(table)) as readonly {
        readonly length?: number;
        at?(i: number): number;
      }[]) {
        const { length = 0 } = view;
        for (const i of [0, 1, 99, length >>> 1, length - 1].filter((at) => at >= 0 && at < length))
          expect(view.at?.(i) ?? 0).toBeTypeOf('number');
        columns++;
      }
    expect(columns).toBeGreaterThan(200);
    // Reading is no memory.
    heap.check(3);
  },
);
