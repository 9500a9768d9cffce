/**
 * Marking by tracing: what can be reached from the roots lives.
 *
 * An object is *gray* when it is marked and its pointers were not followed yet. Scanning one reads those of its words
 * that are pointers (heap/pointer-bits.ts); each leads to an object, also from within it, which becomes gray if it was
 * not marked. Objects without pointers are marked and never read. When nothing is gray, what is not marked is garbage.
 *
 * Gray objects wait in two places:
 *
 *   the stack        word offsets within one window of object memory (4 GiB), in work buffers: last in, first out
 *   the span queue   for each span a bit an object, beside its mark bits; spans that have any are linked through a column,
 *                    first in, first out. All that is gray in a span is scanned when its turn comes
 *
 * The order of marking says where they go. By *objects*, as until Go 1.25: to the stack. By *spans*, as in Go 1.26: to
 * the queue, which finds more than one object in a span that comes into the cache. The queue takes no memory, since its
 * bits have theirs together with the mark bits. So whatever does not fit the stack goes there in either order: roots,
 * large objects, objects of other windows, and all of them when the system has no memory for work buffers. A cycle
 * cannot fail once it has begun.
 *
 * Which words are believed. A pointer of a typed object leads to an object, or out of the heap, or to a manual span;
 * anything else is an error of the program: `fatal`, as Go reports it. The words of roots, and those of objects without
 * a type, may be anything: one that leads to no allocated object marks nothing. (A span that holds untyped objects is
 * untyped as a whole.)
 *
 * What it leaves is what every marker does: mark bits within the allocated ones, and page marks.
 *
 * All that marking knows is in columns when it stops (mark-state.ts), so that it goes on later, on whichever thread:
 *
 *     marker.mark();                          // the world stands: all at once
 *
 *     marker.begin();                         // beside the program, which runs between the steps
 *     while (!marker.step(words)) …;          // roots are visited in steps, too
 *     marker.settle();                        // the world stands: what has views once more, and what that leads to
 *     marker.end();
 *
 * Beside the program, what was marked is not counted at the end, which would take a look at every span: each word that
 * is scanned is counted as it is, of objects without pointers their size, and what was allocated marked (barrier.ts).
 *
 * Not here: the loop (drain.ts); roots (gc/roots.ts, gc/special-roots.ts); marking a single object (shader.ts); what keeps marking right while
 * the program runs (barrier.ts).
 */
import { throwZombie, zombieReport } from '../../heap/zombie.ts';
import type { WriteBarrier } from './barrier.ts';
import { type Drain, drainOf } from './drain.ts';
import { GraySpans } from './gray-spans.ts';
import { type MarkColumns, resetMarkState } from './mark-state.ts';
import { clearPageMarks, markSpans, unmarkSpans } from './marked-spans.ts';
import type { ConcurrentMarker, Marked, RootSource } from './marker.ts';
import type { Shader, ShaderDeps } from './shader.ts';
import { MarkWindow } from './window.ts';
import type { WorkBuffers } from './work-buffers.ts';

/** Words that a cycle with the world stopped looks at before it counts anew. */
const unlimited = 2 ** 30;

/** What a mark phase works with besides what shades single objects. */
export interface TracingDeps {
  /** What all marking knows. */
  readonly deps: ShaderDeps;
  readonly shader: Shader;
  readonly barrier: WriteBarrier;
  readonly buffers: WorkBuffers;
  /** Visited in this order. */
  readonly roots: readonly RootSource[];
  /** The order of marking: by spans, not by objects. */
  readonly bySpans: boolean;
}

export class TracingMarker implements ConcurrentMarker {
  readonly #deps: ShaderDeps & Omit<TracingDeps, 'deps'>;
  readonly #columns: MarkColumns;
  readonly #graySpans: GraySpans;
  /** Scans gray objects until none is left, or so many words were scanned. @returns whether none is left */
  drain: Drain;

  constructor({ deps, shader, barrier, buffers, roots, bySpans }: TracingDeps) {
    const window = new MarkWindow(deps.state, deps.memory);
    this.#deps = { ...deps, shader, barrier, buffers, roots, bySpans };
    this.#columns = deps.columns;
    this.#graySpans = new GraySpans(deps, shader, window);
    this.drain = drainOf({ deps, shader, buffers, window, graySpans: this.#graySpans, bySpans });
  }

  mark(): Marked {
    const { state, buffers } = this.#deps;
    resetMarkState(this.#columns);
    clearPageMarks(state);
    try {
      this.#firstRoots();
      while (!this.step(unlimited));
      buffers.release();
      const scanned = this.#markedScanned;
      resetMarkState(this.#columns);
      return { ...markSpans(state, (s, window) => this.#markedWord(s, window)), scanned };
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  get isMarking(): boolean {
    return this.#columns.isOn[0] !== 0;
  }

  get heapScanned(): number {
    return this.#columns.scannedWords[0] * 8;
  }

  /** Bytes of what was scanned and is marked, each counted once. */
  get #markedScanned(): number {
    return (this.#columns.scannedWords[0] - this.#columns.againWords[0]) * 8;
  }

  begin(): void {
    resetMarkState(this.#columns);
    clearPageMarks(this.#deps.state);
    this.#deps.barrier.begin();
    this.#firstRoots();
  }

  #firstRoots(): void {
    const { roots, shader } = this.#deps;
    for (const source of roots) source.firstRoots?.(shader);
  }

  step(words: number): boolean {
    const { roots, shader } = this.#deps;
    const { rootSource, rootPlace } = this.#columns;
    if (rootSource[0] === roots.length) return this.drain(words);
    rootPlace[0] = roots[rootSource[0]].eachRoot(shader, rootPlace[0]);
    if (rootPlace[0] === 0) rootSource[0]++;
    return false;
  }

  settle(): void {
    while (!this.step(unlimited));
    this.#deps.barrier.shadeViewed((s, from, end) => {
      this.#graySpans.scanAgain(s, from, end);
      while (!this.drain(unlimited));
    });
    while (!this.drain(unlimited));
  }

  end(): Marked {
    this.#deps.barrier.end();
    this.#deps.buffers.release();
    const c = this.#columns;
    const marked = {
      bytes: this.#markedScanned + c.plainWords[0] * 8 + c.blackBytes[0],
      objects: c.scannedObjects[0] - c.againObjects[0] + c.plainObjects[0] + c.blackObjects[0],
      scanned: this.#markedScanned,
    };
    resetMarkState(c);
    return marked;
  }

  abort(): void {
    const { state, gray, liveness, buffers, barrier } = this.#deps;
    if (this.isMarking) barrier.abandon();
    buffers.release();
    unmarkSpans(state, gray, liveness.spans.queued);
    resetMarkState(this.#columns);
  }

  /** The objects of a window that are marked. One that is free was pointed to by a word that must be right. */
  #markedWord(s: number, window: number): number {
    const { state, objects, memory } = this.#deps;
    const c = state.spans.columns;
    const word = state.gcBits.bits[c.markBits[s] + (window >>> 5)];
    const zombies = word & ~objects.allocatedWord(s, window);
    if (zombies !== 0) {
      const index = window + 31 - Math.clz32(zombies & -zombies);
      throwZombie(zombieReport(state, objects, memory, s, index));
    }
    return word;
  }
}
