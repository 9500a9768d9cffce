/**
 * A trace on a heap, operation by operation: what it answers, and what is free then and given back, by its own account.
 *
 * What is told while it is worked is of the sound heap alone: what those with a fault do is to be found out.
 */
import { type PageOp, pageOpText, parsePageText } from '../../../lab/trace/page-text.ts';
import type { Run } from '../../model/fits.ts';
import type { FreeRun, Step } from '../exercise.ts';
import { FaultyHeap, heapPages } from './heaps.ts';

export const soundTarget = 'sound';

const runText = ({ page, n }: { readonly page: number; readonly n: number }): string =>
  n === 1 ? `page ${page}` : `pages ${page} to ${page + n - 1}`;

/** A heap, with the allocations of a trace by their numbers. */
export class HeapRun {
  readonly #heap: FaultyHeap;
  readonly #live = new Map<number, { readonly page: number; readonly n: number }>();
  /** What the last operation gave back. */
  gone: readonly Run[] = [];

  constructor(heap = new FaultyHeap(undefined, 0)) {
    this.#heap = heap;
  }

  get free(): FreeRun[] {
    return this.#heap.runs.map(({ page, n, released }) => ({
      page,
      n,
      ...(released ? { givenBack: true } : {}),
    }));
  }

  /** @returns what it answered, in words */
  play(op: PageOp): string {
    this.gone = [];
    switch (op.k) {
      case 'alloc': {
        const page = this.#heap.alloc(op.pages);
        if (page < 0) return '-1: no run of one kind is large enough';
        const run = { page, n: op.pages };
        this.#live.set(op.id, run);
        return runText(run);
      }
      case 'free': {
        const run = this.#live.get(op.id);
        if (run === undefined) return 'nothing: that allocation had failed';
        this.#live.delete(op.id);
        this.#heap.free(run.page, run.n);
        return `${runText(run)} free again`;
      }
      case 'release': {
        const gone = this.#heap.release(op.pages);
        this.gone = gone;
        return gone.length === 0 ? 'nothing to give back' : `${gone.map(runText).join(', ')} given back`;
      }
      default:
        return '';
    }
  }
}

/** What is free on the sound heap after these operations. */
export function freeAfter(ops: readonly PageOp[]): FreeRun[] {
  const run = new HeapRun();
  for (const op of ops) run.play(op);
  return run.free;
}

/** @throws PageHeapError ERR_FILE, ERR_TRACE for what is no trace */
export function soundSteps(trace: string): Step[] {
  const run = new HeapRun();
  return parsePageText(trace, 'the trace').map((op) => {
    const answered = run.play(op);
    const free = run.free;
    return {
      asked: pageOpText(op),
      answered,
      expected: answered,
      free: { pages: heapPages, registry: free, model: free },
    };
  });
}
