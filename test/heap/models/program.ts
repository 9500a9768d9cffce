/**
 * Random programs run on a heap and on the model of its design at once: every address must be equal, and every so often
 * every span and every object in it.
 *
 * A program allocates tiny, small and large objects and stacks, drops and gives back, collects without sweeping, lets
 * the background sweep a few spans, sweeps everything, flushes the mcache, and releases memory. It uses few sizes, and
 * grows and shrinks in turns, so that spans empty, fill and are found again.
 */
import { expect, onTestFinished } from 'vitest';
import { sizeClassTablesByName } from '../../../lib/alloc/size-classes.ts';
import { runtimeOf } from '../../../lib/api/heap.ts';
import { Heap, type HeapOptions, ManualClock } from '../../../lib/api/index.ts';
import { MiB } from '../../../lib/base/units.ts';
import type { Generation } from '../../../lib/design/design.ts';
import { presets } from '../../../lib/design/generations.ts';
import type { Runtime } from '../../../lib/runtime/runtime.ts';
import { spanState, spanUse } from '../../../lib/spans/span-table.ts';
import { ListsHeap2014 } from './lists-2014.ts';
import { RadixHeap2023 } from './radix-2023.ts';
import { TreapHeap2019 } from './treap-2019.ts';
import { type ModelObject, type ModelSpan, pageBytes, type WholeHeap } from './whole-heap.ts';

export interface Program {
  readonly seed: number;
  readonly steps: number;
  readonly options: HeapOptions & { readonly generation: Generation };
  /** Steps between comparisons of everything. */
  readonly every?: number;
}

/** What a program came to, so that a test can see that it did something. */
export interface Outcome {
  readonly cycles: number;
  readonly objects: number;
  /** Spans that were swept free. */
  readonly spansFreed: number;
  readonly pages: number;
}

/** Numbers from 0 to below 1 by a seed: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function modelOf({ generation, scavengeOnReuse = false }: Program['options']): WholeHeap {
  const table = sizeClassTablesByName[presets[generation].sizeClasses];
  const classes = { sizes: table.sizes, pages: table.pages, split: generation !== 'lists' };
  if (generation === 'lists') return new ListsHeap2014(classes);
  return generation === 'treap' ? new TreapHeap2019(classes, scavengeOnReuse) : new RadixHeap2023(classes);
}

class Run {
  readonly heap: Heap;
  readonly model: WholeHeap;
  readonly outcome = { cycles: 0, objects: 0, spansFreed: 0, pages: 0 };
  private readonly runtime: Runtime;
  private readonly origin: number;
  private readonly random: () => number;
  private readonly sizes: readonly number[];
  private readonly live: { addr: number; object: ModelObject }[] = [];
  private readonly stacks: { span: number; model: ModelSpan }[] = [];

  constructor({ seed, options }: Program) {
    this.random = randomOf(seed);
    const gcPercent = [100, 25, 400, -1][this.below(4)]!;
    this.heap = new Heap({
      ...{ environment: false, collect: false, reach: 1024 * MiB, clock: new ManualClock(1e9), gcPercent },
      ...options,
    });
    onTestFinished(() => this.heap.dispose());
    this.runtime = runtimeOf(this.heap);
    this.origin = this.runtime.state.arenas.origin;
    this.model = modelOf(options);
    this.sizes = Array.from({ length: 2 + this.below(6) }, () =>
      Math.max(1, Math.floor(2 ** (this.random() * 15))),
    );
  }

  step(growing: boolean): void {
    const dice = this.random();
    if (dice < 0.004) this.collect();
    else if (dice < 0.005) this.collectFully();
    else if (dice < 0.006) this.flush();
    else if (dice < 0.007) this.release();
    else if (dice < 0.02) this.sweepSome();
    else if (dice < 0.03) this.stack();
    else if (growing ? dice < 0.75 : dice < 0.35) this.malloc();
    else this.drop();
  }

  private malloc(): void {
    const dice = this.random();
    const noscan = this.random() < 0.5;
    const size =
      dice < 0.05
        ? 1 + this.below(15)
        : dice < 0.12
          ? Math.floor(32769 * 2 ** (this.random() ** 3 * 5))
          : this.sizes[this.below(this.sizes.length)]!;
    const addr = this.heap.malloc(size, noscan, this.random() < 0.5);
    const object = this.model.malloc(size, noscan);
    expect(addr - this.origin, `the address of ${size} bytes`).toBe(object.addr);
    this.live.push({ addr, object });
    this.outcome.objects++;
  }

  private drop(): void {
    if (this.live.length === 0) return;
    // Neighbours die together, now and then, so that whole spans do.
    const from = this.below(this.live.length);
    const n = this.random() < 0.1 ? 1 + this.below(40) : 1;
    for (const { addr, object } of this.live.splice(from, n)) {
      this.heap.drop(addr);
      this.model.drop(object);
    }
  }

  private stack(): void {
    const { heap } = this.runtime.alloc;
    if (this.random() < 0.5 && this.stacks.length > 0) {
      const [{ span, model }] = this.stacks.splice(this.below(this.stacks.length), 1) as [
        { span: number; model: ModelSpan },
      ];
      heap.freeManual(span as never);
      this.model.freeStack(model);
      return;
    }
    const npages = 1 + this.below(this.random() < 0.9 ? 8 : 200);
    const span = heap.allocManual(0, npages, spanUse.stack);
    const model = this.model.allocStack(npages);
    expect(this.runtime.state.spans.columns.startPage[span], `a stack of ${npages} pages`).toBe(model.start);
    this.stacks.push({ span, model });
  }

  /** A cycle whose sweep is left to whoever comes. */
  private collect(): void {
    expect(this.runtime.gc.collector.collect(false)).toBe(true);
    this.model.collect();
    this.afterCycle();
  }

  private collectFully(): void {
    this.heap.gc();
    this.model.collect();
    this.model.sweepAll();
    this.afterCycle();
  }

  private release(): void {
    this.heap.freeOSMemory();
    this.model.collect();
    this.model.sweepAll();
    if (this.model instanceof TreapHeap2019) this.model.releaseAll();
    this.afterCycle();
  }

  private afterCycle(): void {
    const { gc, state } = this.runtime;
    this.outcome.cycles++;
    expect(state.counters.heapLive[0], 'the live heap').toBe(this.model.heapLive);
    const { pagesPerByte, heapLiveBasis, pagesSweptBasis } = gc.pace;
    this.model.setPace({ pagesPerByte, heapLiveBasis, pagesSweptBasis });
  }

  private flush(): void {
    this.heap.readMemStats();
    this.model.flush();
  }

  private sweepSome(): void {
    const most = 1 + this.below(10);
    this.runtime.gc.sweeper.sweepInBackground(most);
    for (let n = 0; n < most; n++) {
      const got = this.model.sweepOne();
      if (got < 0) break;
      if (got > 0) this.outcome.spansFreed++;
    }
  }

  /** Holds everything against everything. */
  compare(): void {
    const { state, spans } = this.runtime;
    const c = state.spans.columns;
    const found: [page: number, span: string][] = [];
    const records: [page: number, record: number][] = [];
    for (let s = 1; s < state.spans.end; s++) {
      if (c.state[s] !== spanState.dead) records.push([c.startPage[s]!, s]);
      if (c.state[s] !== spanState.inUse) continue;
      const taken = Array.from({ length: c.nelems[s]! }, (_, i) => (spans.objects.isAllocated(s, i) ? 1 : 0));
      found.push([c.startPage[s]!, `${c.startPage[s]} ${c.pages[s]} ${c.spanClass[s]} ${taken.join('')}`]);
    }
    const inOrder = <T>(list: [number, T][]): [number, T][] => list.sort(([a], [b]) => a - b);
    expect(inOrder(found).map(([, span]) => span)).toEqual(this.model.spans());
    if (this.model instanceof ListsHeap2014) expect(inOrder(records)).toEqual(this.model.recordsByPage());
    expect([state.counters.pagesInUse[0], state.counters.heapLive[0]]).toEqual([
      this.model.pagesInUse,
      this.model.heapLive,
    ]);
    this.outcome.pages = Math.max(this.outcome.pages, this.model.pagesInUse);
  }

  private below(n: number): number {
    return Math.floor(this.random() * n);
  }
}

/** Runs a program on the heap and on its model. */
export function runProgram(program: Program): Outcome {
  const { seed, steps, every = 1000 } = program;
  const run = new Run(program);
  let at = 0;
  try {
    for (; at < steps; at++) {
      run.step(Math.floor(at / 700) % 2 === 0);
      if ((at + 1) % every === 0) run.compare();
    }
    run.compare();
    run.heap.check(3);
  } catch (cause) {
    throw new Error(`seed ${seed}, step ${at}: ${(cause as Error).message}`, { cause });
  }
  return run.outcome;
}

export { pageBytes };
