import { describe, expect, it } from 'vitest';
import { roundUpSizeBy, sizeClassTablesByName } from '../../../lib/alloc/size-classes.ts';
import { RemoteHeap } from '../../../lib/lab/contenders/remote-heap.ts';
import type { Replayer } from '../../../lib/lab/contenders/replayer.ts';
import * as wire from '../../../lib/lab/contenders/wire.ts';
import { Replay } from '../../../lib/lab/run/replay.ts';
import {
  OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  wayPlain,
  wayZeroed,
} from '../../../lib/lab/trace/operations.ts';
import { randomNumbers } from '../support/synthetic-run.ts';
import { DecodingReplayer, type Told } from './decoding-replayer.ts';

const roundUpSize = (size: number): number => roundUpSizeBy(sizeClassTablesByName['go1.21'], size);

function made(threads = 1): { heap: RemoteHeap; replayer: DecodingReplayer } {
  const replayer = new DecodingReplayer();
  const heap = new RemoteHeap(replayer as unknown as Replayer, {
    name: 'decoding',
    settings: { contender: 'decoding' },
    threads,
    roundUpSize,
  });
  return { heap, replayer };
}

const record = (op: number, slot: number, bytes: number, flags = 0, thread = 0): Told => ({
  op,
  flags,
  thread,
  slot,
  bytes,
});

describe('what is said to a replayer', () => {
  it('is an allocation with its touch in one record, and the slot of the dead for the next', () => {
    const { heap, replayer } = made();
    const a = heap.malloc(100);
    heap.touch(a, 0, 100);
    const b = heap.malloc(2 ** 40, true);
    heap.touchPages(b, 0, 2 ** 40);
    heap.drop(a);
    const c = heap.malloc(8);
    heap.step();
    expect(c).toBe(a);
    expect(replayer.told).toEqual([
      record(wire.opAllocate, 0, 100, wire.flagTouchAll),
      record(wire.opAllocate, 1, 2 ** 40, wire.flagZeroed | wire.flagTouchPages),
      record(wire.opFree, 0, 0),
      record(wire.opAllocate, 0, 8),
    ]);
  });

  it('is a realloc with what is touched of the new part, and whether it fits into its class', () => {
    const { heap, replayer } = made();
    const a = heap.malloc(100);
    const cases: readonly [from: number, to: number, fits: boolean][] = [
      [100, 112, true],
      [112, 113, false],
      [113, 8, false],
      [8, 15, false],
    ];
    for (const [from, to] of cases) {
      expect(heap.resize(a, from, to)).toBe(a);
      if (to > from) heap.touch(a, from, to - from);
    }
    heap.step();
    expect(replayer.told.slice(1)).toEqual(
      cases.map(([from, to, fits]) =>
        record(wire.opResize, 0, to, (fits ? wire.flagInPlace : 0) | (to > from ? wire.flagTouchAll : 0)),
      ),
    );
  });

  it('is a touch of its own where something came between, or of another part', () => {
    const { heap, replayer } = made();
    const a = heap.malloc(100);
    heap.touch(a, 0, 50);
    heap.touch(a, 20, 10);
    heap.touchEvery(a, 100, 16);
    heap.step();
    heap.touch(a, 0, 100);
    heap.step();
    expect(replayer.told.slice(1)).toEqual([
      record(wire.opTouch, 0, 50, wire.flagTouchAll),
      record(wire.opTouchFrom, 0, 20),
      record(wire.opTouch, 0, 10, wire.flagTouchAll),
      record(wire.opTouchEvery, 0, 16),
      record(wire.opTouch, 0, 100, wire.flagTouchAll),
    ]);
  });

  it('is an alignment before its allocation, with the room that has it in Go', () => {
    const { heap, replayer } = made();
    const a = heap.mallocAligned(600, 4096);
    heap.touch(a, 0, 600);
    heap.mallocAligned(600, 65_536);
    heap.step();
    expect(replayer.told).toEqual([
      record(wire.opAlign, 12, 4096),
      record(wire.opAllocate, 0, 600, wire.flagTouchAll),
      record(wire.opAlign, 16, 600),
      record(wire.opAllocate, 1, 600),
    ]);
  });

  it('has the thread, folded where there are fewer', () => {
    const { heap, replayer } = made(3);
    for (const thread of [0, 1, 2, 3, 65_535]) {
      heap.selectThread(thread);
      heap.malloc(1);
    }
    heap.step();
    expect(replayer.told.map(({ thread }) => thread)).toEqual([0, 1, 2, 0, 0]);
  });

  it('touches also the last record of a full batch', () => {
    const { heap, replayer } = made();
    for (let i = 0; i < 10_000; i++) heap.touch(heap.malloc(16), 0, 16);
    heap.sample();
    expect(replayer.told).toHaveLength(10_001);
    expect(replayer.touched).toBe(160_000);
  });
});

it('a sample has no figure that the allocator does not tell', () => {
  const { heap } = made();
  const told = Object.entries(heap.sample()).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(told)).toEqual({ own: 64, busyNs: 1 });
  expect(heap.contender).toEqual({ name: 'decoding', version: '1', file: '/x', rss: 'process' });
});

it.each([1, 2, 3])('a replay of whatever a trace says keeps to objects that live, seed %i', (seed) => {
  const next = randomNumbers(seed);
  const { heap, replayer } = made(4);
  const replay = new Replay(heap);
  for (let n = 0; n < 5; n++) {
    const batch = new OperationBatch(2000);
    batch.threaded = batch.hasWays = true;
    for (let i = 0; i < 2000; i++) {
      // Few addresses: much is allocated twice, freed late, or not there.
      batch.kinds[i] = [opAllocate, opAllocate, opFree, opMoveFrom, opMoveTo, opFailedMove][
        Math.floor(next() * 6)
      ];
      batch.pointers[i] = 16 * Math.floor(next() * 200);
      batch.sizes[i] = Math.floor(2 ** (20 * next())) - 1;
      batch.threads[i] = Math.floor(next() * 6);
      batch.ways[i] = [wayPlain, wayZeroed, 4 + Math.floor(20 * next())][Math.floor(3 * next())];
    }
    batch.count = 2000;
    replay.runAll(batch);
    heap.sample();
    expect(replayer.liveBytes).toBe(replay.liveBytes);
    expect(replayer.objects.size).toBe(replay.liveObjects);
  }
  expect(replayer.told.length).toBeGreaterThan(3000);
});
