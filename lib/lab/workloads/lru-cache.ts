/**
 * lru-cache: a cache that forgets what was used least recently, and whose entries hold something beside their memory,
 * which their finalizers give back.
 *
 * The list of entries lies in the heap, newest first; a JavaScript map finds one by its key. Half of what is asked for
 * comes from a tenth of the keys. An entry has a value, without pointers, and a buffer outside the collected heap, a
 * stack of 2 KiB, as a connection or an open file would have. Nobody gives that back when the entry is evicted: its
 * finalizer does. So a buffer lives a collection, and the finalizer's waiting time, longer than its entry is used.
 *
 * Where liveness is explicit an evicted entry is dropped, and its finalizer drops the value. Where the heap traces, it is
 * taken out of the list, and that is all.
 */
import type { Heap } from '../../api/heap.ts';
import { question, type Workload, type WorkloadContext } from './workload.ts';

const entries = 8000;
const requestsPerEntry = 40;
const bufferBytes = 2048;
const fields = {
  newer: 'pointer',
  older: 'pointer',
  value: 'pointer',
  buffer: 'pointer',
  key: 'f64',
} as const;
const smallestValue = 128;
const largestValue = 4096;

class Cache {
  hits = 0;
  evicted = 0;
  finalized = 0;
  readonly #c: WorkloadContext;
  readonly #heap: Heap;
  readonly #entry;
  readonly #newest;
  readonly #byKey = new Map<number, number>();
  /** Bytes of the values of entries that were not finalized. */
  readonly #sizes = new Map<number, number>();
  #oldest = 0;

  constructor(c: WorkloadContext) {
    this.#c = c;
    this.#heap = c.traced();
    this.#entry = this.#heap.type(fields);
    // Where liveness is explicit there are no roots, and none is needed.
    this.#newest = c.isTraced ? this.#heap.root() : { address: 0, dispose: () => {} };
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: number, valueBytes: number): void {
    const known = this.#byKey.get(key);
    if (known === undefined) {
      this.#insert(key, valueBytes);
      return;
    }
    this.hits++;
    if (known === this.#newest.address) return;
    this.#unlink(known);
    this.#linkNewest(known);
  }

  evict(): void {
    const at = this.#oldest;
    this.#unlink(at);
    this.#byKey.delete(this.#entry.key.get(at));
    this.evicted++;
    if (!this.#c.isTraced) this.#c.drop(at, this.#entry.layout.size);
  }

  dispose(): void {
    this.#newest.dispose();
  }

  #insert(key: number, valueBytes: number): void {
    const { value, buffer } = this.#entry;
    const at = this.#heap.new(this.#entry);
    this.#c.made(1, this.#entry.layout.size);
    this.#entry.key.set(at, key);
    // From here on it is held: by the list.
    this.#linkNewest(at);
    this.#byKey.set(key, at);
    value.set(at, this.#c.malloc(valueBytes));
    this.#sizes.set(value.get(at), valueBytes);
    buffer.set(at, this.#c.heap.allocStack(bufferBytes));
    this.#c.heap.touchEvery(buffer.get(at), bufferBytes, 256);
    this.#heap.setFinalizer(at, (dying) => this.#finalize(dying));
  }

  #finalize(at: number): void {
    const { value, buffer } = this.#entry;
    this.finalized++;
    this.#c.heap.freeStack(buffer.get(at));
    const valueAt = value.get(at);
    if (!this.#c.isTraced) this.#c.drop(valueAt, this.#sizes.get(valueAt) ?? 0);
    this.#sizes.delete(valueAt);
  }

  #linkNewest(at: number): void {
    const { newer, older } = this.#entry;
    const next = this.#newest.address;
    older.set(at, next);
    newer.set(at, 0);
    if (next === 0) this.#oldest = at;
    else newer.set(next, at);
    this.#newest.address = at;
  }

  #unlink(at: number): void {
    const { newer, older } = this.#entry;
    const [before, after] = [newer.get(at), older.get(at)];
    if (before === 0) this.#newest.address = after;
    else older.set(before, after);
    if (after === 0) this.#oldest = before;
    else newer.set(after, before);
    // A dead entry that led to living ones would keep them, and a cycle of such entries would never die.
    older.set(at, 0);
    newer.set(at, 0);
  }
}

async function run(c: WorkloadContext): Promise<void> {
  const capacity = Math.max(10, Math.round(entries * c.scale));
  const cache = new Cache(c);
  const keys = capacity * 4;
  const request = async (): Promise<void> => {
    const hot = c.random.below(2) === 0;
    const key = hot ? c.random.below(keys / 10) : c.random.below(keys);
    cache.get(key, smallestValue + c.random.below(largestValue - smallestValue));
    if (cache.size > capacity) cache.evict();
    if (c.due()) await c.turn();
  };
  while (cache.size < capacity) await request();
  c.endPhase('filled');
  for (let i = 0; i < capacity * requestsPerEntry; i++) await request();
  c.endPhase('used');
  while (cache.size > 0) {
    cache.evict();
    if (c.due()) await c.turn();
  }
  c.endPhase('emptied');
  // A collection finds the entries dead, the finalizers are called, and a second one frees what they kept.
  for (let i = 0; i < 3; i++) {
    c.gc();
    while (c.traced().runFinalizers() > 0);
  }
  c.endPhase('finalized');
  await c.idle(2);
  c.print(`hits: ${cache.hits}\t evicted: ${cache.evicted}\t finalized: ${cache.finalized}`);
  cache.dispose();
  c.gc();
  c.endPhase('done');
}

export const lruCache: Workload = {
  name: 'lru-cache',
  description:
    'A cache of 8,000 entries that forgets what was used least recently; each holds a buffer outside the collected ' +
    'heap, which its finalizer gives back. With either liveness. Shows what finalizers keep, and for how long: memory of ' +
    'evicted entries stays for a collection more, and their buffers until the finalizers were called.',
  questions: [question.tracing, question.gogc],
  seed: 9,
  idleSeconds: 2,
  peakBytes: 40 * 2 ** 20,
  heap: { liveness: 'either' },
  run,
};
