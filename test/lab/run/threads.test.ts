import { describe, expect, it } from 'vitest';
import { psOf } from '../../../lib/lab/run/processors.ts';
import { Replay } from '../../../lib/lab/run/replay.ts';
import { HeapTarget } from '../../../lib/lab/subject/heap-target.ts';
import {
  OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
} from '../../../lib/lab/trace/operations.ts';

type Row = readonly [thread: number, kind: number, pointer: number, size?: number];

/** A batch, in true order or as one thread's. */
function batchOf(rows: readonly Row[], ordered = true): OperationBatch {
  const batch = new OperationBatch(Math.max(2, rows.length));
  batch.threaded = batch.ordered = ordered;
  rows.forEach(([thread, kind, pointer, size = 0], i) => {
    batch.kinds[i] = kind;
    batch.pointers[i] = pointer;
    batch.sizes[i] = size;
    batch.threads[i] = thread;
    batch.lineOffsets[i] = i + 1;
  });
  batch.count = rows.length;
  return batch;
}

/** Replays on a heap whose threads share so many Ps. @returns where the objects lie, by pointer, and what was counted */
function replayOn(ps: number, rows: readonly Row[], ordered = true) {
  const target = new HeapTarget({ environment: false }, 4096, true, ps);
  try {
    const replay = new Replay(target);
    replay.runAll(batchOf(rows, ordered));
    const at = new Map<number, number>();
    replay.forEachLive((pointer, address) => at.set(pointer, address));
    target.heap.gc();
    target.heap.check();
    return { at, counts: replay.counts, liveBytes: replay.liveBytes };
  } finally {
    target.dispose();
  }
}

const pageOf = (address = 0): number => Math.floor(address / 8192);

describe('threads of a trace', () => {
  const three: Row[] = [0, 1, 2].flatMap((thread): Row[] => [
    [thread, opAllocate, 0x1000 + 0x100 * thread, 100],
    [thread, opAllocate, 0x1010 + 0x100 * thread, 5],
    [thread, opAllocate, 0x1020 + 0x100 * thread, 5],
  ]);

  it('have spans and tiny blocks of their own, one P each', () => {
    const { at } = replayOn(3, three);
    const pages = [0x1000, 0x1100, 0x1200].map((pointer) => pageOf(at.get(pointer)));
    expect(new Set(pages).size).toBe(3);
    const blocks = [0x1010, 0x1020, 0x1110, 0x1120].map((pointer) => Math.floor((at.get(pointer) ?? 0) / 16));
    expect([blocks[0] === blocks[1], blocks[2] === blocks[3], blocks[0] === blocks[2]]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('reallocate what is not live, or was killed before, and it is counted as of one thread', () => {
    const unknown: Row[] = [
      [1, opMoveFrom, 0x5000],
      [1, opMoveTo, 0x6000, 50],
    ];
    // The address is used again before the free is written: the realloc's own is the one that was owed.
    const late: Row[] = [
      [0, opAllocate, 0x1000, 100],
      [1, opAllocate, 0x1000, 100],
      [0, opMoveFrom, 0x1000],
      [0, opMoveTo, 0x2000, 50],
    ];
    for (const rows of [unknown, late, [...late, ...unknown]]) {
      const inOrder = replayOn(2, rows).counts;
      const ofOne = replayOn(
        1,
        rows.map(([, ...rest]): Row => [0, ...rest]),
        false,
      ).counts;
      expect(inOrder).toEqual(ofOne);
    }
    expect(replayOn(2, unknown).counts.unknownFrees).toBe(1);
    expect(replayOn(2, late).counts.lateFrees).toBe(1);
  });

  it('share Ps where there are fewer', () => {
    const { at } = replayOn(2, three);
    const pages = [0x1000, 0x1100, 0x1200].map((pointer) => pageOf(at.get(pointer)));
    expect([pages[0] === pages[2], pages[0] === pages[1]]).toEqual([true, false]);
  });

  it('are one with --ps 1', () => {
    const { at } = replayOn(1, three);
    expect(new Set([0x1000, 0x1100, 0x1200].map((pointer) => pageOf(at.get(pointer)))).size).toBe(1);
  });

  it.each([
    ['one each', 0, 5, 5],
    ['as many as are asked for', 3, 5, 3],
    ['no more than there are threads', 7, 5, 5],
    ['no more than a heap has', 0, 500, 64],
    ['all of a heap where nobody knows', 0, undefined, 8],
    ['at least one', 0, 0, 1],
  ])('%s', (_name, asked, threads, ps) => {
    expect(psOf(asked, threads)).toBe(ps);
  });

  it('drop each other’s objects, large ones too, and the heap stays sound over collections', () => {
    const rows: Row[] = [];
    for (let i = 0; i < 4000; i++) rows.push([i % 4, opAllocate, 0x1000 + 16 * i, 1 + ((i * 37) % 40_000)]);
    for (let i = 0; i < 4000; i += 2) rows.push([(i + 1) % 4, opFree, 0x1000 + 16 * i]);
    const { at, counts } = replayOn(4, rows);
    expect([at.size, counts.allocs, counts.frees, counts.unknownFrees]).toEqual([2000, 4000, 2000, 0]);
  });
});

describe('a realloc in true order', () => {
  it('leaves its address at once, so that another thread may have it before it is over', () => {
    const { at, counts, liveBytes } = replayOn(2, [
      [0, opAllocate, 0x1000, 100],
      [0, opMoveFrom, 0x1000],
      [1, opAllocate, 0x1000, 50],
      [0, opMoveTo, 0x2000, 200],
      [1, opFree, 0x1000],
    ]);
    expect([...at.keys()]).toEqual([0x2000]);
    expect([counts.liveReuse, counts.unknownFrees, counts.reallocs, liveBytes]).toEqual([0, 0, 1, 200]);
  });

  it('that fails leaves the object where it was', () => {
    const { at, counts } = replayOn(1, [
      [0, opAllocate, 0x1000, 100],
      [0, opMoveFrom, 0x1000],
      [0, opFailedMove, 0x1000, 2 ** 60],
      [0, opFree, 0x1000],
    ]);
    expect([at.size, counts.failedReallocs, counts.frees, counts.unknownFrees]).toEqual([0, 1, 1, 0]);
  });

  it('of two threads at once does not mix them up', () => {
    const { at, counts } = replayOn(2, [
      [0, opAllocate, 0x1000, 100],
      [1, opAllocate, 0x2000, 300],
      [0, opMoveFrom, 0x1000],
      [1, opMoveFrom, 0x2000],
      [0, opMoveTo, 0x2000, 110],
      [1, opMoveTo, 0x1000, 310],
    ]);
    expect([...at.keys()].sort()).toEqual([0x1000, 0x2000]);
    expect([counts.reallocs, counts.liveReuse, counts.unknownFrees]).toEqual([2, 0, 0]);
  });

  it('of what was never allocated is an allocation', () => {
    const { at, counts } = replayOn(1, [
      [0, opMoveFrom, 0x1000],
      [0, opMoveTo, 0x2000, 10],
    ]);
    expect([[...at.keys()], counts.reallocs]).toEqual([[0x2000], 1]);
  });
});
