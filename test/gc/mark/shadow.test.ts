/** Marking by tracing, held against a shadow of the graph; and parts of it taken out, which the shadow must notice. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { marksConcurrently } from '../../../lib/design/consequences.ts';
import type { HeapOptions } from '../../../lib/design/options.ts';
import type { RootVisitor } from '../../../lib/gc/mark/marker.ts';
import { SpecialRoots } from '../../../lib/gc/special-roots.ts';
import type { PointerBits } from '../../../lib/heap/pointer-bits.ts';
import type { Runtime } from '../../../lib/runtime/runtime.ts';
import { isWhole, those, times } from '../../support/extent.ts';
import { firstFault } from '../../support/first-fault.ts';
import { Random, seedOf } from '../../support/random.ts';
import { RandomClock } from '../../support/random-clock.ts';
import type { ShadowOptions } from '../../support/shadow-cycles.ts';
import { ShadowGraph } from '../../support/shadow-graph.ts';

const reach = 2 ** 30;

function heapOf(options: HeapOptions, seed: number): Heap {
  const clock = new RandomClock(seed);
  const heap = new Heap({ environment: false, reach, liveness: 'tracing', gcPercent: 10, clock, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

// The same where marking goes on beside the program: barrier.test.ts.
const designs: readonly HeapOptions[] = (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
  (['objects', 'spans'] as const).map((markOrder) => ({ generation, markOrder, marking: 'stop-the-world' })),
);

const mixtures: readonly HeapOptions[] = [
  { generation: 'lists', pointerBits: 'bits' },
  { generation: 'radix', pointerBits: 'nibbles', markOrder: 'spans' },
  { generation: 'radix', objects: 'freelist' },
  { generation: 'treap', objects: 'freelist', pointerBits: 'nibbles', sizeClasses: 'go1.4' },
  { generation: 'lists', objects: 'bitmap', pointerBits: 'pairs' },
];

/** A cycle that marks beside the program ends some steps after it began, on a busy machine many: the shadow must know. */
const besides = (heap: Heap): Partial<ShadowOptions> =>
  marksConcurrently(runtimeOf(heap).memory.design) ? { slices: 'without views' } : {};

const titleOf = (options: HeapOptions): string => JSON.stringify(options).replaceAll('"', '');

describe('a graph and its shadow', () => {
  const seed = seedOf('PAGEHEAP_SHADOW_SEED');
  // Where not everything is tried: each generation, order and form of pointer bits.
  const tried = those([...designs, ...mixtures], (_options, i) => [0, 3, 4, 7, 9, 10].includes(i));
  it.each(tried.map((options) => [titleOf(options), options] as const))(
    'agree on what lives: %s',
    (_title, options) => {
      const heap = heapOf(options, seed);
      const walk = { steps: times(700, 1500), large: true, ...besides(heap) };
      const graph = new ShadowGraph(heap, new Random(seed), walk);
      try {
        graph.run();
      } catch (error) {
        throw new Error(`with PAGEHEAP_SHADOW_SEED=${seed}`, { cause: error });
      }
      expect(graph.collections).toBeGreaterThan(0);
      // In a short walk it may be that no finalizer came to be due.
      if (isWhole) expect(graph.called).toBeGreaterThan(0);
    },
  );

  it.each(['objects', 'spans'] as const)(
    'also where marking stops after every few words: by %s',
    (markOrder) => {
      const heap = heapOf({ markOrder }, seed);
      const { marker } = runtimeOf(heap).gc.tracing!;
      const { drain } = marker;
      let stops = 0;
      marker.drain = () => {
        const isDone = drain(40);
        if (!isDone) stops++;
        return isDone;
      };
      const graph = new ShadowGraph(heap, new Random(seed), {
        steps: times(700, 1500),
        large: true,
        ...besides(heap),
      });
      graph.run();
      expect(stops).toBeGreaterThan(20);
    },
  );
});

/** Parts of marking, each taken out of a heap. */
const mutants: Readonly<Record<string, (runtime: Runtime) => void>> = {
  'handles are no roots': (runtime) => withoutRoots(runtime, 'handles'),
  'the object allocated last is no root': (runtime) => {
    runtime.gc.tracing!.roots.firstRoots = () => {};
  },
  'frames are no roots': (runtime) => withoutRoots(runtime, 'frames'),
  'addresses within objects lead nowhere': (runtime) => {
    const { finder } = runtime.alloc;
    const isInner = (address: number): boolean => {
      const found = finder.find(address);
      return found !== undefined && found.base !== address;
    };
    eachRootOnly(runtime, (address) => !isInner(address));
    maskedBy(runtime, (page, word) => isInner(pointerAt(runtime, page, word)));
  },
  'the second pointer of an object is not seen': (runtime) => {
    const { pointerBits } = runtime.spans;
    const { mask } = pointerBits!;
    pointerBits!.mask = function (this: PointerBits, page: number, word: number, n: number): number {
      const all = Reflect.apply(mask, this, [page, word, n]) as number;
      const first = all & -all;
      const rest = all & ~first;
      return first | (rest & (rest - 1));
    };
  },
  'an object ends after 32 words': (runtime) => {
    runtime.spans.pointerBits!.endsAfter = () => true;
  },
  'objects without a type hold no pointers': (runtime) => {
    const bits = runtime.spans.pointerBits!;
    bits.putAll = (offset, slot) => bits.putSmall(offset, Math.min(32, slot), 0);
    const { untyped } = (runtime.alloc.liveness as unknown as { spans: { untyped: Uint8Array } }).spans;
    maskedBy(runtime, (page, word) => untyped[runtime.state.pageColumns.spanOf[page + (word >>> 10)]!] === 1);
  },
  'what finalized objects refer to is not kept': () => {
    const { eachRoot } = SpecialRoots.prototype;
    SpecialRoots.prototype.eachRoot = function (visitor, from) {
      return Reflect.apply(eachRoot, this, [
        { ...visitor, root: (address: number) => visitor.root(address), rootsIn: () => {} },
        from,
      ]) as number;
    };
    onTestFinished(() => {
      SpecialRoots.prototype.eachRoot = eachRoot;
    });
  },
  'what waits for its finalizer is no root': ({ special }) => {
    special.callbacks.eachRunning = () => {};
    special.callbacks.eachWaiting = () => false;
  },
  'pins are no roots': ({ special }) => {
    special.pins.eachPinned = () => {};
  },
  'an object is freed though its finalizer is queued': ({ special }) => {
    special.sweeping.hooks.isAwaited = () => false;
  },
  'weak handles are not cleared': ({ special }) => {
    special.weak.clear = () => {};
  },
  'pinner bits are lost by a sweep': (runtime) => {
    const { pins, specials } = runtime.special;
    const { refresh } = pins;
    pins.refresh = (s) => {
      runtime.state.gcBits.bits[specials.spans.pinnerBits[s]! - 1] = 0;
      Reflect.apply(refresh, pins, [s]);
    };
  },
  'what is found twice is freed': (runtime) => {
    const { spanSweeper } = runtime.alloc;
    const { sweep } = spanSweeper;
    let n = 0;
    spanSweeper.sweep = function (this: typeof spanSweeper, s: number, preserve: boolean): boolean {
      const { markBits, nelems } = runtime.state.spans.columns;
      if (++n % 5 === 0 && nelems[s]! > 1) runtime.state.gcBits.bits[markBits[s]!]! &= 0;
      return Reflect.apply(sweep, this, [s, preserve]) as boolean;
    };
  },
};

/** Roots come in this order: handles, slots of frames. */
function withoutRoots(runtime: Runtime, kind: 'handles' | 'frames'): void {
  const { roots } = runtime.gc.tracing!;
  const { eachRoot } = roots;
  roots.eachRoot = (visitor: RootVisitor): number => {
    const all: number[] = [];
    for (let from = 0, on = true; on; on = from !== 0)
      from = Reflect.apply(eachRoot, roots, [
        { root: (address: number) => all.push(address) },
        from,
      ]) as number;
    const handles = Array.from(roots.addresses.subarray(1, 1 + 256)).filter(
      (address) => address !== 0,
    ).length;
    for (const address of kind === 'handles' ? all.slice(handles) : all.slice(0, handles))
      visitor.root(address);
    return 0;
  };
}

function eachRootOnly(runtime: Runtime, passes: (address: number) => boolean): void {
  const { roots } = runtime.gc.tracing!;
  const { eachRoot } = roots;
  roots.eachRoot = (visitor, from) => {
    const only = { ...visitor, root: (address: number) => void (passes(address) && visitor.root(address)) };
    return Reflect.apply(eachRoot, roots, [only, from]) as number;
  };
}

/** Hides pointers from marking. */
function maskedBy(runtime: Runtime, hides: (page: number, word: number) => boolean): void {
  const bits = runtime.spans.pointerBits!;
  const { mask } = bits;
  bits.mask = (page, word, n) => {
    const all = Reflect.apply(mask, bits, [page, word, n]) as number;
    let left = all;
    for (let i = 0; i < n; i++) if (((all >>> i) & 1) === 1 && hides(page, word + i)) left &= ~(1 << i);
    return left;
  };
}

function pointerAt(runtime: Runtime, page: number, word: number): number {
  const words = runtime.spans.memory.words(page);
  const at = (page % 2 ** 19) * 2048 + word * 2;
  return (words[at + 1]! >>> 0) * 2 ** 32 + (words[at]! >>> 0);
}

describe('the shadow notices that', () => {
  const found =
    /is not there|was given out|is 0x|found (?:pointer|bad)|no object is there|finalizer|weak handle|is not pinned|pointers beyond the last/;

  it.each(Object.entries(mutants))('%s', (_what, mutate) => {
    const fault = firstFault(found, (seed) => {
      const heap = heapOf({ generation: 'radix', marking: 'stop-the-world' }, seed);
      mutate(runtimeOf(heap));
      try {
        new ShadowGraph(heap, new Random(seed), { steps: 2500, large: true }).run();
      } finally {
        // Nothing of a broken heap is called later, from the event loop.
        heap.dispose();
      }
    });
    expect(fault).toMatch(found);
  });
});
