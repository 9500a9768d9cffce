/**
 * User chunks: the memory of user arenas, each chunk a span that the collector takes for one large object.
 *
 *     waiting ──alloc──► in use ──retire──► quarantined ──recycle──► waiting
 *
 * A chunk that is retired goes back to the system at once, and an access to it faults: what a stale pointer finds is a
 * crash, not somebody else's object. But it keeps its span, without pointers in it, until a sweep finds it unmarked:
 * nothing points into it any more, so that its addresses can be used again. One that dies without being retired is
 * recycled as well.
 *
 * Statistics are the runtime's: taking a chunk counts as one large allocation, retiring it as its free; its address space
 * counts nowhere while it waits. A chunk that is retired while a cycle marks is marked all the same, for its arena was
 * a root when that began; so the cycle's end takes it out of the live heap, as the runtime does. (Go's zeroes a chunk that it takes, which puts all of it into RSS; this one is zero
 * because it comes from the system, and a page of it costs nothing until it is used.)
 *
 * Retired chunks leave the live heap, so they start no cycle by it; but nothing else gives their addresses back. So a
 * cycle is due as well when as much was retired since the last one as the heap's goal is: then addresses are used up as
 * slowly as memory. An eighth of a GiB and less starts none, and half of user space always does. (In Go nothing but the
 * cycle every two minutes does that; it has addresses for years, and keeps the rest of a chunk for the next arena.)
 *
 * Where the process is close to its limit of mappings, the memory goes back and stays accessible: `fallbacks()` tells.
 *
 * Not here: objects in chunks (alloc/user-arenas.ts); where chunks lie (spans/user-space.ts).
 */
import { fatal } from '../base/errors.ts';
import { bytes, spanId } from '../base/units.ts';
import type { Sys } from '../os/sys.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import { spanState, spanUse } from '../spans/span-table.ts';
import { chunkState, type UserSpace } from '../spans/user-space.ts';
import { leavesRoom } from './engine-room.ts';
import type { HeapState } from './heap-state.ts';
import type { MHeap } from './mheap.ts';
import type { PointerBits } from './pointer-bits.ts';
import { noPointers } from './pointer-map.ts';
import { userChunkShape } from './span-shape.ts';

/** Chunks whose end alone starts no cycle. */
const mostIgnored = 16;

export interface UserChunkDeps {
  readonly sys: Sys;
  readonly state: HeapState;
  readonly heap: MHeap;
  readonly space: UserSpace;
  readonly memory: ObjectMemory;
  readonly pointerBits: PointerBits | undefined;
}

export class UserChunks {
  readonly space: UserSpace;
  #taken = 0;
  readonly #deps: UserChunkDeps;

  constructor(deps: UserChunkDeps) {
    this.#deps = deps;
    this.space = deps.space;
  }

  /** The address of the chunk that was taken since it was asked last: then a collection may be due. 0: none was. */
  takeTaken(): number {
    const taken = this.#taken;
    this.#taken = 0;
    return taken;
  }

  /** A chunk of zero memory, empty; 0 when the system has none. */
  alloc(): number {
    const { state, heap, space, pointerBits } = this.#deps;
    const { chunkStates, chunkBytes, chunkPages } = space;
    const columns = space.rows();
    const waiting = space.pop();
    const chunk = waiting !== 0 ? waiting : space.carve(() => leavesRoom(this.#deps.sys));
    if (chunk === 0) return 0;
    const i = chunk - 1;
    if (chunkStates[i] === chunkState.none) chunkStates[i] = chunkState.reserved;
    const page = state.arenas.pageOf(space.addressOf(chunk));
    const former = columns.span[i];
    // What can fail for lack of metadata comes before memory.
    if (pointerBits?.ensure(page, chunkPages) === false || !this.#back(chunk)) {
      space.push(chunk);
      return 0;
    }
    if (former !== 0) state.spans.setState(spanId(former), spanState.dead);
    const s = heap.enter(former, page, chunkPages, userChunkShape);
    if (s === 0) {
      if (former !== 0) state.spans.setState(spanId(former), spanState.faulted);
      this.#giveBack(chunk);
      space.push(chunk);
      return 0;
    }
    state.spans.columns.freeIndex[s] = 1;
    state.spans.columns.allocCount[s] = 1;
    chunkStates[i] = chunkState.inUse;
    columns.span[i] = s;
    columns.next[i] = 0;
    columns.front[i] = 0;
    columns.back[i] = chunkBytes;
    const { counters } = state;
    counters.heapInUse[0] += chunkBytes;
    counters.largeAlloc[0] += chunkBytes;
    counters.largeAllocCount[0]++;
    counters.totalAlloc[0] += chunkBytes;
    counters.heapLive[0] += chunkBytes;
    this.#taken = space.addressOf(chunk);
    return chunk;
  }

  /** Takes a chunk its memory, for good or until it is used again; it waits in quarantine for a sweep. */
  retire(chunk: number): void {
    const { counters } = this.#deps.state;
    const { chunkBytes } = this.space;
    counters.heapLive[0] -= chunkBytes;
    counters.chunksFreed[0] += chunkBytes;
    this.#end(chunk);
  }

  /** Whether so much was retired since the last cycle began that one is due for its addresses. */
  wantCycle(goal: () => number): boolean {
    const freed = this.#deps.state.counters.chunksFreed[0];
    const { chunkBytes, bytes } = this.space;
    return freed > mostIgnored * chunkBytes || freed > bytes / 2
      ? freed > Math.min(goal(), bytes / 2)
      : false;
  }

  /** A chunk's memory and its objects end. What is live is the caller's to count. */
  #end(chunk: number): void {
    const { state, space, pointerBits } = this.#deps;
    const { chunkBytes } = space;
    const columns = space.rows();
    const { counters, spans } = state;
    const s = columns.span[chunk - 1];
    spans.columns.use[s] = spanUse.freedArena;
    // Marked it may still be, but never read.
    const offset = space.addressOf(chunk) - state.arenas.origin;
    pointerBits?.put(offset, chunkBytes / 8, noPointers);
    counters.heapInUse[0] -= chunkBytes;
    counters.largeFree[0] += chunkBytes;
    counters.largeFreeCount[0]++;
    counters.totalFree[0] += chunkBytes;
    space.state.quarantined[0] += chunkBytes;
    this.#giveBack(chunk);
  }

  /** A sweep found nothing that points into a chunk: it can be used again. */
  recycle(s: number): void {
    const { state, heap, space } = this.#deps;
    const { use, startPage } = state.spans.columns;
    const chunk = space.chunkAt(state.arenas.addressOf(startPage[s]));
    if (chunk === 0 || space.rows().span[chunk - 1] !== s)
      fatal('a chunk of a user arena is not known', { span: s, chunk });
    // Its arena was forgotten, not freed. Nothing marked it, so it is not in the live heap any more.
    if (use[s] === spanUse.userArena) this.#end(chunk);
    space.state.quarantined[0] -= space.chunkBytes;
    heap.leave(spanId(s));
    space.push(chunk);
  }

  /** Puts memory behind a chunk that waited. False when there is none. */
  #back(chunk: number): boolean {
    const { sys, state, space } = this.#deps;
    const { chunkBytes, chunkStates } = space;
    const { counters } = state;
    const at = space.addressOf(chunk);
    const size = bytes(chunkBytes);
    switch (chunkStates[chunk - 1]) {
      case chunkState.reserved:
        if (!sys.map(at, size, 'heap')) return false;
        if (sys.used(at, size)) break;
        this.#countReleased(chunk);
        return false;
      case chunkState.released:
        if (!sys.used(at, size)) return false;
        counters.heapReleased[0] -= chunkBytes;
        space.state.released[0] -= chunkBytes;
        break;
      default:
        this.#deps.memory.fill(at, chunkBytes, 0);
        counters.heapFree[0] -= chunkBytes;
        space.state.dirty[0] -= chunkBytes;
    }
    this.#deps.heap.growth.hooks.mapped(at, size);
    return true;
  }

  #giveBack(chunk: number): void {
    const { sys, state, space } = this.#deps;
    const { chunkBytes, chunkStates } = space;
    const { counters } = state;
    const at = space.addressOf(chunk);
    if (sys.faultIfRoom(at, bytes(chunkBytes), 'heap')) {
      chunkStates[chunk - 1] = chunkState.reserved;
    } else if (sys.unused(at, bytes(chunkBytes))) {
      this.#countReleased(chunk);
    } else {
      counters.heapFree[0] += chunkBytes;
      space.state.dirty[0] += chunkBytes;
      chunkStates[chunk - 1] = chunkState.dirty;
    }
  }

  #countReleased(chunk: number): void {
    const { state, space } = this.#deps;
    state.counters.heapReleased[0] += space.chunkBytes;
    space.state.released[0] += space.chunkBytes;
    space.chunkStates[chunk - 1] = chunkState.released;
  }
}
