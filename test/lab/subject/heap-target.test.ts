import { afterAll, describe, expect, it } from 'vitest';
import { Replay } from '../../../lib/lab/run/replay.ts';
import { HeapTarget } from '../../../lib/lab/subject/heap-target.ts';
import type { LabEvent } from '../../../lib/lab/subject/target.ts';
import { forEachBatch } from '../../../lib/lab/trace/reader.ts';
import { Residency } from '../../../lib/os/residency.ts';
import { isAll } from '../../support/is-all.ts';
import { inOnePiece } from '../../support/one-piece.ts';

const page = 4096;
const MiB = 2 ** 20;
const target = new HeapTarget({ environment: false, reach: 256 * MiB, collect: false }, page);
const heap = target.heap;
const looks = new Residency();
afterAll(() => target.dispose());

const bytesOf = (address: number, length: number): number[] => [...heap.read(address, length)];

describe('the heap as a target', () => {
  it.each([1, 7, 31, 32, 33, 5000, 70_000])(
    'writes every byte of a part of an object, and none beside it: %i bytes',
    (n) => {
      const address = heap.malloc(n + 20);
      target.touch(address, 10, n);
      const bytes = bytesOf(address, n + 20);
      expect(bytes.slice(10, 10 + n).every((b) => b === 0xa5)).toBe(true);
      expect(bytes.slice(0, 10).every((b) => b === 0)).toBe(true);
      expect(bytes.slice(10 + n).every((b) => b === 0)).toBe(true);
    },
  );

  it('writes one byte of each physical page', () => {
    const address = heap.malloc(10 * page);
    target.touchPages(address, 100, 8 * page);
    const written = [...heap.read(address, 10 * page).entries()].filter(([, b]) => b !== 0).map(([i]) => i);
    expect(written).toEqual([100, ...Array.from({ length: 8 }, (_, i) => (i + 1) * page)]);
  });

  it('says what cannot be changed where nothing is ever freed', () => {
    const never = new HeapTarget({ environment: false, reach: 64 * MiB, sbrk: true }, page);
    const { whyNoCollection, whyNoLimit, whyNoAdvise } = never.tunable;
    expect([whyNoCollection, whyNoLimit, whyNoAdvise]).toEqual(
      Array(3).fill(expect.stringContaining('sbrk')),
    );
    never.dispose();
    expect(target.tunable.whyNoCollection).toBeUndefined();
  });

  it('copies', () => {
    const from = heap.malloc(1000);
    const to = heap.malloc(2000);
    heap.write(
      from,
      Uint8Array.from({ length: 1000 }, (_, i) => i),
    );
    target.copy(to, from, 999);
    expect(bytesOf(to, 1000)).toEqual([...bytesOf(from, 999), 0]);
  });

  it('makes memory resident by writing, and only by writing', () => {
    const resident = (): number => looks.residentBytes(target.ranges());
    const before = resident();
    const address = target.malloc(8 * MiB);
    expect(resident() - before).toBeLessThan(MiB);
    target.touchPages(address, 0, 4 * MiB);
    expect((resident() - before) / MiB).toBeCloseTo(4, 0);
    target.touch(address, 0, 8 * MiB);
    expect((resident() - before) / MiB).toBeCloseTo(8, 0);
  });

  it('tells of collections, page states, size classes and statistics', () => {
    const events: LabEvent[] = [];
    target.onEvent = (event) => events.push(event);
    const address = target.malloc(100);
    target.drop(address);
    target.gc();
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'gc',
        forced: true,
        n: expect.any(Number),
        line: expect.stringMatching(/^gc \d+ @/),
      }),
    );
    const { state, ranges } = target.pageStates();
    expect(state.length).toBe(ranges.reduce((sum, [, n]) => sum + n, 0));
    expect(target.classes().find((row) => row.size === 112)).toMatchObject({
      spanBytes: 8192,
      objectsPerSpan: 73,
      tailOfSpan: 16,
    });
    expect(target.summary()).toMatchObject({ NumGC: 1, HeapSys: expect.any(Number) });
    expect(target.settings).toMatchObject({ gcPercent: 100, advise: 'dontneed', reach: 256 * MiB });
  });
});

describe('windows of 4 GiB', () => {
  it('writes and copies objects that cross from one into the next', () => {
    let first = 0;
    let boundary = 0;
    let address = 0;
    const { heap: wide, dispose } = inOnePiece(
      () => new HeapTarget({ environment: false, reach: 2 ** 33, collect: false }, page),
      // Arenas are handed out in address order: fill the first window but its last 10 MiB, untouched.
      (filled) => {
        first = filled.malloc(64 * MiB);
        boundary = filled.pageStates().origin + 2 ** 32;
        filled.malloc(boundary - 10 * MiB - (first + 64 * MiB));
        address = filled.malloc(20 * MiB);
      },
    );
    try {
      expect(address).toBe(boundary - 10 * MiB);
      wide.touch(address, 9 * MiB, 2 * MiB);
      const around = wide.heap.read(boundary - MiB - 1, 2 * MiB + 2);
      expect([around[0], around[1], around[2 * MiB], around[2 * MiB + 1]]).toEqual([0, 0xa5, 0xa5, 0]);
      expect(around.subarray(1, 2 * MiB + 1).every((b) => b === 0xa5)).toBe(true);
      wide.touchPages(address, 5 * MiB, 10 * MiB);
      expect(wide.heap.read(boundary + 4 * MiB, 1)[0]).toBe(0xa5);
      wide.copy(first, address, 11 * MiB);
      expect(wide.heap.read(first + 10 * MiB - 2, 4)).toEqual(Uint8Array.of(0xa5, 0xa5, 0xa5, 0xa5));
      wide.touch(first, 0, 10);
      expect(wide.heap.read(first, 1)[0]).toBe(0xa5);
    } finally {
      dispose();
    }
  });
});

describe('a recorded program on the heap', () => {
  it('keeps what it holds, and its heap stays sound', async () => {
    const own = new HeapTarget({ environment: false, reach: 1024 * MiB, gcPercent: 20 }, page);
    try {
      const replay = new Replay(own, { strict: true });
      await forEachBatch('traces/perl.mtrace.gz', (batch) => replay.runAll(batch));
      expect(own.sample().numGC).toBeGreaterThan(3);
      own.heap.check(3);
      // Every object that lives holds what was written, and none lies where another does.
      const objects: [number, number][] = [];
      replay.forEachLive((_pointer, address, size) => {
        if (size > 0) objects.push([address, size]);
      });
      objects.sort(([a], [b]) => a - b);
      expect(objects.length).toBeGreaterThan(3000);
      for (const [i, [address, size]] of objects.entries()) {
        if (i > 0) expect(address).toBeGreaterThanOrEqual(objects[i - 1][0] + objects[i - 1][1]);
        expect(own.heap.sizeOf(address)).toBeGreaterThanOrEqual(size);
        expect(isAll(own.heap.view(address, size), 0xa5)).toBe(true);
      }
    } finally {
      own.dispose();
    }
  });
});
