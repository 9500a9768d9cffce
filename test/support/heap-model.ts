/**
 * The naive twin of a heap: a map of what was allocated, searched from end to end, that every answer of
 * the heap is held against. Each object is filled with a byte of its own, so that two that share memory
 * give themselves away.
 */
import { expect } from 'vitest';
import type { Heap } from '../../lib/api/heap.ts';
import { codeOf } from './codes.ts';
import { isAll } from './is-all.ts';

export interface ModelObject {
  readonly addr: number;
  /** Bytes asked for, which are the ones written. */
  readonly size: number;
  /** Bytes that are nobody else's: of a tiny object its own, of others those of its slot. */
  readonly extent: number;
  readonly tiny: boolean;
  /** Past the first byte of a tiny block, where a second drop cannot be told from a drop of nothing. */
  readonly leavesNoTrace: boolean;
  readonly stamp: number;
}

interface Dropped extends ModelObject {
  /** Cycles there had been when it was dropped: until one more, nobody may have its memory. */
  readonly cycles: number;
}

/** The largest power of two, at most a page, that divides n. */
function alignmentOf(n: number): number {
  let align = 1;
  while (align < 8192 && n % (align * 2) === 0) align *= 2;
  return align;
}

export class HeapModel {
  readonly heap: Heap;
  readonly live: ModelObject[] = [];
  dropped: Dropped[] = [];
  private stamps = 0;

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** Allocates and holds the address against everything there is. */
  malloc(size: number, noscan: boolean, zero: boolean): number {
    const { heap } = this;
    const addr = heap.malloc(size, noscan, zero);
    if (size === 0) {
      expect(addr).toBe(heap.malloc(0));
      return addr;
    }
    const tiny = noscan && size < 16;
    const rounded = heap.roundUpSize(size);
    const align = !tiny
      ? alignmentOf(rounded)
      : size % 8 === 0
        ? 8
        : size % 4 === 0
          ? 4
          : size % 2 === 0
            ? 2
            : 1;
    expect(addr % align, `${addr} is not aligned to ${align}`).toBe(0);
    const found = heap.findObject(addr);
    expect(found).toMatchObject(tiny ? { size: 16, noscan: true } : { base: addr, size: rounded, noscan });
    // What a tiny object may share is its block; nothing else overlaps.
    const bytes = tiny ? size : rounded;
    const cycles = heap.sample().numGC;
    for (const other of this.live) {
      if (addr < other.addr + other.extent && other.addr < addr + bytes) {
        expect.fail(`${size} bytes at ${addr} overlap the ${other.size} at ${other.addr}`);
      }
    }
    this.dropped = this.dropped.filter((other) => {
      // A tiny object brings its whole block; but what was tiny there before may have been of the same one.
      const [from, to] =
        tiny && !other.tiny ? [addr - (addr % 16), addr - (addr % 16) + 16] : [addr, addr + bytes];
      const overlaps = from < other.addr + other.size && other.addr < to;
      if (overlaps && other.cycles === cycles) {
        expect.fail(`the memory of ${other.addr}, dropped in this cycle, was given out again`);
      }
      return !overlaps;
    });
    const view = heap.view(addr, size);
    if (zero) {
      expect(isAll(view, 0), `${size} bytes at ${addr} are not zero`).toBe(true);
    }
    this.stamps = (this.stamps % 255) + 1;
    view.fill(this.stamps);
    this.live.push({
      addr,
      size,
      extent: bytes,
      tiny,
      leavesNoTrace: tiny && size > 0 && addr % 16 !== 0,
      stamp: this.stamps,
    });
    return addr;
  }

  /** Drops the nth object alive, after looking whether it is as it was left. */
  drop(nth: number): void {
    if (this.live.length === 0) return;
    const at = nth % this.live.length;
    const object = this.live[at];
    this.live[at] = this.live[this.live.length - 1];
    this.live.pop();
    this.verify(object);
    this.heap.drop(object.addr);
    const again = codeOf(() => this.heap.drop(object.addr));
    expect(again).toBe(object.leavesNoTrace ? 'ERR_NOT_ALLOCATED' : 'ERR_ALREADY_DROPPED');
    this.dropped.push({ ...object, cycles: this.heap.sample().numGC });
  }

  /** Holds an object's bytes against what was written. */
  verify({ addr, size, stamp }: ModelObject): void {
    const view = this.heap.view(addr, size);
    expect(isAll(view, stamp), `the ${size} bytes at ${addr} were overwritten`).toBe(true);
  }

  verifyAll(): void {
    for (const object of this.live) this.verify(object);
  }

  /** After a whole collection: what was dropped is gone, and the statistics count what lives. */
  afterCollection(): void {
    const blocks = new Set(this.live.filter(({ tiny }) => tiny).map(({ addr }) => addr - (addr % 16)));
    for (const { addr, tiny, size } of this.dropped) {
      if (tiny && size > 0 && blocks.has(addr - (addr % 16))) continue;
      expect(this.heap.findObject(addr), `${addr} outlived its collection`).toBeUndefined();
      expect(codeOf(() => this.heap.drop(addr))).toBe('ERR_NOT_ALLOCATED');
    }
    this.dropped = [];
    const stats = this.heap.readMemStats();
    const alone = this.live.filter(({ tiny }) => !tiny);
    const bytes = alone.reduce((sum, { extent }) => sum + extent, 0);
    expect(stats.HeapObjects).toBe(alone.length + blocks.size);
    expect(stats.HeapAlloc).toBe(bytes + blocks.size * 16);
  }
}
