/**
 * A thread that attaches to a shared heap that traces, and gives every call that is about the collector nonsense, its own
 * things and another thread's addresses, while that thread works on. It answers with what it found wrong, and with the
 * addresses of what it made; then it disposes of its view, or ends without.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Heap, type HeapHandle } from '../../../lib/api/index.ts';
import { nonsense, typed } from '../../support/nonsense.ts';
import { Random } from '../../support/random.ts';
import { calls, worldOf } from '../collector-calls.ts';

export interface MisuserTask {
  readonly handle: HeapHandle;
  readonly hasArenas: boolean;
  readonly seed: number;
  readonly rounds: number;
  /** Addresses of the other thread's. */
  readonly others: readonly number[];
  readonly leaves: boolean;
}

export interface MisuserAnswer {
  readonly wrong: readonly string[];
  readonly calls: number;
}

const task = workerData as MisuserTask;
const random = new Random(task.seed);
const heap = Heap.attach(task.handle);
const world = worldOf(heap, task.hasArenas);
const { type, root, kept, stack, framed, weak } = world;
const wrong: string[] = [];
let called = 0;

// To take away what others have pinned is no misuse of the caller's own.
const names = Object.keys(calls).filter((name) => name !== 'unpin' && !name.startsWith('fields'));
for (let round = 0; round < task.rounds && wrong.length === 0; round++) {
  const given: readonly unknown[] = [kept, framed + 8, type, () => {}, ...task.others, ...nonsense];
  const name = random.of(names);
  try {
    typed(name, () => calls[name]?.(world, random.of(given) as never, random.of(given) as never));
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    wrong.push(`round ${round}, ${name}: ${(error as Error).message}: ${cause?.stack ?? ''}`);
  }
  called++;
  if (round % 50 === 49) {
    type.to.set(framed, 0);
    const found = [type.to.get(root.address), type.n.get(kept), type.n.get(framed), stack.get(1), weak.get()];
    if (String(found) !== String([kept, 7, 8, framed, kept]))
      wrong.push(`round ${round}, after ${name}: ${found} is what the thread's own things hold`);
  }
}
heap.setMemProfileLabel(null as never);
if (task.leaves) heap.dispose();
parentPort!.postMessage({ wrong, calls: called } satisfies MisuserAnswer);
