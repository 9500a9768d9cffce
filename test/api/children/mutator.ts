/**
 * A thread that attaches to a shared heap and works on it, in the manner it is told:
 *   work     allocates, drops and collects; answers what it did and what it left alive
 *   endless  the same without end
 *   idle     attaches and sleeps
 *   inside   begins a collection and never comes back from it, the heap's lock in hand: the clock it asks there
 *            does not answer
 *   leave    attaches, allocates, and disposes of its view
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Heap, type HeapHandle } from '../../../lib/api/index.ts';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { type Clock, systemClock } from '../../../lib/os/clock.ts';
import { isAll } from '../../support/is-all.ts';

export interface MutatorTask {
  readonly handle: HeapHandle;
  readonly manner: 'work' | 'endless' | 'idle' | 'inside' | 'leave';
  readonly seed: number;
  readonly operations: number;
  readonly noscan: boolean;
  /** What this thread's objects are filled with. */
  readonly stamp: number;
}

export interface LiveObject {
  readonly addr: number;
  readonly size: number;
}

export type MutatorAnswer =
  | { readonly kind: 'attached' }
  | { readonly kind: 'inside' }
  | { readonly kind: 'left'; readonly viewLength: number }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'done';
      readonly allocated: number;
      readonly dropped: number;
      readonly live: LiveObject[];
    };

const task = workerData as MutatorTask;
const answer = (message: MutatorAnswer): void => parentPort!.postMessage(message);

let state = task.seed;
function next(n: number): number {
  state = (Math.imul(state, 48271) >>> 0) % 2147483647;
  return state % n;
}

/** Takes a stack or gives one back, after looking whether it is as it was left. */
function workOnStacks(heap: Heap, stacks: LiveObject[]): void {
  if (stacks.length > 60 || (stacks.length > 0 && next(2) === 0)) {
    const [{ addr, size }] = stacks.splice(next(stacks.length), 1);
    if (!isAll(heap.read(addr, size), task.stamp))
      throw new Error(`the stack of ${size} bytes at ${addr} was overwritten`);
    heap.freeStack(addr);
    return;
  }
  const size = 1 + next(next(4) === 0 ? 60_000 : 16_384);
  const addr = heap.allocStack(size);
  heap.fill(addr, size, task.stamp);
  stacks.push({ addr, size });
}

function work(heap: Heap, operations: number): void {
  const live: LiveObject[] = [];
  const stacks: LiveObject[] = [];
  let allocated = 0;
  let dropped = 0;
  for (let i = 0; i < operations; i++) {
    if (live.length > 400 && next(100) < 55) {
      const at = next(live.length);
      const { addr, size } = live[at];
      const view = heap.view(addr, size);
      if (!isAll(view, task.stamp)) throw new Error(`${size} bytes at ${addr} were overwritten`);
      heap.drop(addr);
      dropped++;
      live[at] = live[live.length - 1];
      live.pop();
    } else {
      const size = 17 + (next(50) === 0 ? next(60_000) : next(600));
      const addr = heap.malloc(size, task.noscan);
      const view = heap.view(addr, size);
      if (!isAll(view, 0)) throw new Error(`${size} bytes at ${addr} are not zero`);
      view.fill(task.stamp);
      allocated++;
      live.push({ addr, size });
    }
    if (next(8) === 0) workOnStacks(heap, stacks);
    if (next(3000) === 0) heap.gc();
    if (next(500) === 0) heap.step();
  }
  for (const { addr } of stacks) heap.freeStack(addr);
  answer({ kind: 'done', allocated, dropped, live });
}

try {
  let attached = false;
  let asked = 0;
  const stuck: Clock = {
    now() {
      // A collection first asks whether the clock works, before it takes the lock.
      if (!attached || asked++ === 0) return systemClock.now();
      answer({ kind: 'inside' });
      for (;;) state++;
    },
  };
  const heap = Heap.attach(task.handle, task.manner === 'inside' ? { clock: stuck } : {});
  attached = true;
  answer({ kind: 'attached' });
  switch (task.manner) {
    case 'work':
      work(heap, task.operations);
      heap.dispose();
      break;
    case 'endless':
      work(heap, Infinity);
      break;
    case 'inside':
      heap.gc();
      break;
    case 'leave': {
      const addr = heap.malloc(100, task.noscan);
      const view = heap.view(addr, 100);
      heap.dispose();
      heap.dispose();
      answer({ kind: 'left', viewLength: view.length });
      break;
    }
    case 'idle':
      setInterval(() => {}, 1000);
      break;
  }
} catch (error) {
  if (!(error instanceof PageHeapError)) throw error;
  answer({ kind: 'error', code: error.code, message: error.message });
}
