/**
 * How a heap shows itself to whoever prints it, logs it or turns it into JSON: one line, and its sample.
 *
 * Looking changes nothing and never fails: no cache is flushed, no lock taken, no clock asked, at any moment, also in
 * the middle of an operation. So the numbers may be those of a moment in which another thread is at work.
 *
 * Not here: walking a heap's fields, of which nobody outside can reach one.
 */
import { type HeapSample, sampleHeap } from '../inspect/stats.ts';
import { sizeWords } from '../os/machine-words.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** `Heap { radix, 24 MiB in use, 4 MiB free, 0 B released }` */
export function heapLine(runtime: Runtime, disposed: boolean): string {
  const { generation } = runtime.memory.design;
  if (disposed) return `Heap { ${generation}, disposed }`;
  const { heapInUse, heapFree, heapReleased } = runtime.state.counters;
  const [inUse, free, released] = [heapInUse, heapFree, heapReleased].map(([bytes]) => sizeWords(bytes!));
  return `Heap { ${generation}, ${inUse} in use, ${free} free, ${released} released }`;
}

/** What has a heap's methods and is none: its prototype, or a proxy. */
export const noHeap = 'Heap { not a heap itself: a proxy, or a prototype }';

/** What JSON holds of a heap: a sample, or that it was disposed; of a proxy nothing. */
export type HeapJson = HeapSample | { readonly disposed: true } | Record<string, never>;

export function heapJson(runtime: Runtime, disposed: boolean): HeapJson {
  return disposed ? { disposed: true } : sampleHeap(runtime);
}
