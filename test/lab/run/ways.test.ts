import { describe, expect, it } from 'vitest';
import { Replay } from '../../../lib/lab/run/replay.ts';
import type { ReplayTarget } from '../../../lib/lab/subject/target.ts';
import {
  OperationBatch,
  opAllocate,
  wayAligned,
  wayPlain,
  wayZeroed,
} from '../../../lib/lab/trace/operations.ts';
import { BumpTarget } from '../support/bump-target.ts';

/** What is asked of a target, by a batch whose rows have ways. */
function askedOf(
  target: ReplayTarget,
  rows: readonly (readonly [pointer: number, size: number, way: number])[],
): void {
  const batch = new OperationBatch(rows.length);
  rows.forEach(([pointer, size, way], i) => {
    batch.kinds[i] = opAllocate;
    batch.pointers[i] = pointer;
    batch.sizes[i] = size;
    batch.ways[i] = way;
  });
  batch.count = rows.length;
  batch.hasWays = true;
  new Replay(target).runAll(batch);
}

describe('what a replay asks for', () => {
  const rows = [
    [16, 100, wayPlain],
    [32, 200, wayZeroed],
    [64, 600, wayAligned(4096)],
    // A live address.
    [16, 300, wayZeroed],
    [32, 10, wayAligned(64)],
  ] as const;

  it('is zeroed memory for calloc, and a size whose class has the alignment', () => {
    const target = new BumpTarget();
    const asked: unknown[] = [];
    const malloc = target.malloc.bind(target);
    target.malloc = (size: number, zero?: boolean) => {
      asked.push([size, zero ?? false]);
      return malloc(size);
    };
    target.roundUpSize = (size) => (size > 1000 ? Math.ceil(size / 3072) * 3072 : size);
    askedOf(target, rows);
    expect(asked).toEqual([
      [100, false],
      [200, true],
      [12_288, false],
      [300, true],
      [64, false],
    ]);
  });

  it('is the alignment where the target has it', () => {
    const target: ReplayTarget & BumpTarget = new BumpTarget();
    const asked: unknown[] = [];
    target.mallocAligned = (size, alignment) => {
      asked.push([size, alignment]);
      return target.malloc(size);
    };
    askedOf(target, rows);
    expect(asked).toEqual([
      [600, 4096],
      [10, 64],
    ]);
  });
});
