/**
 * The heap dump: what is in the heap and what refers to what, as lines of JSON.
 *
 *   {"k":"heap","format":1,"generation":…,"liveness":…,"objects":…,"bytes":…,"roots":…}     the first line
 *   {"k":"type","id":0,"bytes":24,"pointers":[0,1],"pointerWords":2}     a kind of objects: their size and pointer words
 *   {"k":"object","at":…,"bytes":24,"type":0,"to":[…]}                   an object, and the objects that it refers to
 *   {"k":"root","what":"global","name":"cache","at":…}                   an object that marking begins at
 *
 * Objects are told by the address of their first byte. All are told that are allocated and not known to be garbage: what a
 * cycle has not found out yet is there. Objects have no names of types; a *type* here is what the heap knows, a size and
 * the words that hold pointers, of which 64 are listed. A word of an object without a type is an edge where it leads to an
 * object. A block of tiny objects is one object, and so is a chunk of a user arena.
 *
 * Where liveness is explicit there are neither edges nor roots: each object lives by itself.
 *
 * Not here: what is made of it (lab/metrics/heap-graph.ts).
 */
import { ExplicitLiveness } from '../alloc/explicit-liveness.ts';
import { ctz32 } from '../base/bits.ts';
import { markClassesOf } from '../gc/mark/mark-classes.ts';
import { type RootVisitor, visitAll } from '../gc/mark/marker.ts';
import { globalTable, mostGlobals } from '../gc/roots.ts';
import { SpecialRoots } from '../gc/special-roots.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { windowPageMask } from '../spans/object-memory.ts';
import { objectSize, spanState, spanUse } from '../spans/span-table.ts';

/** Pointer words of a type that are listed. */
const mostListed = 64;
const wordBytes = 8;
const wordsPerPage = 1024;

interface DumpedType {
  readonly id: number;
  readonly bytes: number;
  readonly pointers: readonly number[];
  readonly pointerWords: number;
}

/** @returns the lines, without their ends */
export function dumpHeap(runtime: Runtime): string[] {
  return new HeapDump(runtime).lines();
}

class HeapDump {
  readonly #runtime: Runtime;
  readonly #noscan: ArrayLike<number>;
  readonly #types = new Map<number | string, DumpedType>();
  readonly #typeLines: string[] = [];
  readonly #objectLines: string[] = [];
  #bytes = 0;

  constructor(runtime: Runtime) {
    const { alloc } = runtime;
    this.#runtime = runtime;
    this.#noscan = markClassesOf(alloc.classes).noscan;
  }

  lines(): string[] {
    const { memory, state } = this.#runtime;
    this.#runtime.alloc.mcache.flushAll();
    for (let s = 1; s < state.spans.end; s++) this.#span(s);
    const roots = this.#roots();
    const { generation, liveness } = memory.design;
    const head = {
      ...{ k: 'heap', format: 1, generation, liveness },
      ...{ objects: this.#objectLines.length, bytes: this.#bytes, roots: roots.length },
    };
    return [JSON.stringify(head), ...this.#typeLines, ...this.#objectLines, ...roots];
  }

  #span(s: number): void {
    const { state, spans, alloc } = this.#runtime;
    const c = state.spans.columns;
    if (c.state[s] !== spanState.inUse || c.use[s] === spanUse.freedArena) return;
    const isUnswept = c.sweepGen[s] === state.sweepState.gen - 2;
    for (let window = 0; window < c.nelems[s]; window += 32) {
      let living = spans.objects.allocatedWord(s, window);
      if (alloc.liveness instanceof ExplicitLiveness) living &= alloc.liveness.livingWord(s, window);
      if (isUnswept) living &= state.gcBits.bits[c.markBits[s] + (window >>> 5)];
      for (; living !== 0; living &= living - 1) this.#object(s, window + ctz32(living));
    }
  }

  #object(s: number, index: number): void {
    const { state } = this.#runtime;
    const c = state.spans.columns;
    const size = objectSize(c, s);
    const at = state.arenas.addressOf(c.startPage[s]) + index * size;
    const bytes = size - c.unasked[s];
    const { pointers, masks } = this.#pointersOf(s, index);
    this.#bytes += bytes;
    const type = this.#typeOf(bytes, pointers, masks);
    const to = this.#targets(s, index, pointers);
    this.#objectLines.push(
      `{"k":"object","at":${at},"bytes":${bytes},"type":${type.id},"to":[${to.join(',')}]}`,
    );
  }

  /** The pointer words of an object, and for the short ones the same as a mask. */
  #pointersOf(s: number, index: number): { pointers: readonly number[]; masks: number } {
    const { state, spans, isTraced } = this.#runtime;
    const c = state.spans.columns;
    const { pointerBits } = spans;
    if (!isTraced || pointerBits === undefined || this.#noscan[c.spanClass[s]] === 1)
      return { pointers: [], masks: 0 };
    const words = objectSize(c, s) / wordBytes;
    const first = index * words;
    const pointers: number[] = [];
    let masks = 0;
    for (let word = 0; word < words; word += 32) {
      const rest = words - word;
      let mask = pointerBits.mask(c.startPage[s], first + word, Math.min(32, rest));
      if (word === 0) masks = mask;
      for (; mask !== 0; mask &= mask - 1) pointers.push(word + ctz32(mask));
      if (rest > 32 && pointerBits.endsAfter(c.startPage[s], first + word)) break;
    }
    return { pointers, masks: words <= 32 ? masks : 0 };
  }

  #typeOf(bytes: number, pointers: readonly number[], masks: number): DumpedType {
    const listed = pointers.slice(0, mostListed);
    const key =
      bytes <= 32 * wordBytes
        ? bytes * 2 ** 32 + (masks >>> 0)
        : `${bytes} ${pointers.length} ${listed.join(' ')}`;
    let type = this.#types.get(key);
    if (type === undefined) {
      type = { id: this.#types.size, bytes, pointers: listed, pointerWords: pointers.length };
      this.#types.set(key, type);
      this.#typeLines.push(JSON.stringify({ k: 'type', ...type }));
    }
    return type;
  }

  /** The objects that an object's pointers lead to, each once. */
  #targets(s: number, index: number, pointers: readonly number[]): number[] {
    const { state, spans, alloc } = this.#runtime;
    const c = state.spans.columns;
    const first = (index * objectSize(c, s)) / wordBytes;
    const found = new Set<number>();
    for (const pointer of pointers) {
      const word = first + pointer;
      const page = c.startPage[s] + Math.floor(word / wordsPerPage);
      const words = spans.memory.words(page);
      const at = 2 * ((page & windowPageMask) * wordsPerPage + (word % wordsPerPage));
      const address = (words[at + 1] >>> 0) * 2 ** 32 + (words[at] >>> 0);
      if (address === 0) continue;
      const target = alloc.finder.owner(address);
      if (target !== undefined) found.add(target.base);
    }
    return [...found];
  }

  #roots(): string[] {
    const { state, alloc, gc, special } = this.#runtime;
    const roots = gc.tracing?.roots;
    if (roots === undefined) return [];
    const lines = new Set<string>();
    const add = (what: string, address: number, name?: string): void => {
      const at = alloc.finder.owner(address)?.base;
      if (at !== undefined)
        lines.add(JSON.stringify({ k: 'root', what, ...(name === undefined ? {} : { name }), at }));
    };
    const visitor = (what: string, isTold: (address: number) => boolean): RootVisitor => ({
      root: (address) => {
        if (!isTold(address)) add(what, address);
      },
      rootsIn: (address) => {
        const found = alloc.finder.owner(address);
        if (found === undefined) return;
        const { pointers } = this.#pointersOf(found.span, found.index);
        for (const at of this.#targets(found.span, found.index, pointers)) add(what, at);
      },
    });
    const named = new Set<number>();
    this.#eachGlobal((name, id) => {
      named.add(roots.addresses[id]);
      add('global', roots.addresses[id], name);
    });
    visitAll(
      roots,
      visitor('root', (address) => named.has(address)),
    );
    if (alloc.userArenas !== undefined)
      visitAll(
        alloc.userArenas,
        visitor('arena', () => false),
      );
    const kept = new SpecialRoots(state, special.specials, special.pins, special.callbacks, this.#noscan);
    visitAll(
      kept,
      visitor('special', () => false),
    );
    return [...lines];
  }

  #eachGlobal(visit: (name: string, id: number) => void): void {
    const { meta } = this.#runtime.memory;
    const { name, root } = meta.views(globalTable);
    const bytes = globalTable.columns.name.perRow;
    for (let row = 0; row < mostGlobals && meta.commit(globalTable, row, row + 1) && root[row] !== 0; row++) {
      const of = name.subarray(row * bytes, (row + 1) * bytes);
      visit(Buffer.from(of.subarray(0, of.indexOf(0))).toString(), root[row]);
    }
  }
}
