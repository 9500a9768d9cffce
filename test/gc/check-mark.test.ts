/** Marking again, GODEBUG=gccheckmark: a mark that is missing is found, told with who leads there, and the heap is sound. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';

const designs = (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
  (['stop-the-world', 'incremental'] as const).map((marking) => ({ generation, marking })),
);

/** Lets the next cycle lose the mark of an object, when it has marked all. */
function loseMark({ gc, state, alloc }: Runtime, address: number): void {
  const { marker } = gc.tracing!;
  const lose = (): void => {
    const { span, index } = alloc.finder.find(address)!;
    state.gcBits.bits[state.spans.columns.markBits[span]! + (index >>> 5)]! &= ~(1 << (index & 31));
    Object.assign(marker, { mark, settle });
  };
  const { mark, settle } = marker;
  marker.mark = () => {
    const marked = mark.call(marker);
    lose();
    return marked;
  };
  marker.settle = () => {
    settle.call(marker);
    lose();
  };
}

describe.each(designs)('$generation, $marking', (design) => {
  function setup() {
    const heap = new Heap({
      ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', gcPercent: -1, checkMark: true },
      ...design,
    });
    onTestFinished(() => heap.dispose());
    const node = heap.type({ key: 'f64', next: 'pointer' });
    const first = heap.root(heap.new(node));
    const second = heap.new(node);
    node.next.set(first.address, second);
    heap.malloc(8, true);
    return { heap, node, first, second };
  }

  test('a mark that is missing is an error, told as Go tells it, and the next cycle is as if nothing was', () => {
    const { heap, node, first, second } = setup();
    loseMark(runtimeOf(heap), second);
    const hex = (address: number): string => `0x${address.toString(16)}`;
    const place = `*(${hex(first.address)}+0x8)`;
    node.key.set(second, 1.5);
    expect(() => heap.gc()).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          new RegExp(
            [
              `checkmark found unmarked object {"obj":"${hex(second)}","found":"${place}"}`,
              `found obj at ${place}`,
              `base=${hex(first.address)} s.base()=`,
            ]
              .join('\n')
              .replace(/[*+(){}]/g, '\\$&') +
              `[^]* \\*\\(base\\+8\\) = ${hex(second)} <==\n[^]*obj=${hex(second)} [^]* \\*\\(obj\\+0\\) = 0x3ff8000000000000\n`,
          ),
        ) as string,
      }),
    );
    heap.check(3);
    const third = heap.new(node);
    node.next.set(second, third);
    heap.gc();
    expect([first.address, second, third].map((at) => heap.findObject(at)?.base)).toEqual([
      first.address,
      second,
      third,
    ]);
    heap.check(3);
  });

  test('that of a root is told as one', () => {
    const { heap, first } = setup();
    loseMark(runtimeOf(heap), first.address);
    expect(() => heap.gc()).toThrow(/checkmark found unmarked object .*"found":"a root"/);
    heap.check(3);
  });
});
