import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { Replay } from '../../../lib/lab/run/replay.ts';
import {
  OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  opResize,
  opWrite,
} from '../../../lib/lab/trace/operations.ts';
import { BumpTarget } from '../support/bump-target.ts';
import { NaiveReplay } from './naive-replay.ts';

interface Step {
  readonly kind: number;
  readonly pointer: number;
  readonly size: number;
  /** Of a `<`: the pointer of its `>`. */
  readonly to: number;
}

/** Few pointers, so that they are reused, freed twice and moved onto each other; 0 is the null pointer. */
const steps = (kinds: readonly number[]): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      pointer: fc.integer({ min: 0, max: 9 }),
      size: fc.integer({ min: 0, max: 70 }),
      to: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 120 },
  );

/** Twice as many allocations and frees as others. */
const addressKinds = [opAllocate, opAllocate, opFree, opFree, opMoveFrom, opMoveFrom, opFailedMove];
const idKinds = [opAllocate, opAllocate, opFree, opFree, opResize, opWrite];

/** Batches of so many rows; a `<` and its `>` may lie in two of them. */
function batchesOf(list: readonly Step[], ids: boolean, rows: number): OperationBatch[] {
  const all = list.flatMap(({ kind, pointer, size, to }) =>
    kind === opMoveFrom
      ? [
          [kind, pointer, 0],
          [opMoveTo, to, size],
        ]
      : // An id plus one is never 0 but in `f -1`.
        [[kind, ids && kind !== opFree ? pointer + 1 : pointer, kind === opFree ? 0 : size]],
  );
  const batches: OperationBatch[] = [];
  for (let at = 0; at < all.length; at += rows) {
    const batch = new OperationBatch(rows);
    batch.clear(at);
    batch.ids = ids;
    for (const [kind, pointer, size] of all.slice(at, at + rows)) {
      batch.kinds[batch.count] = kind;
      batch.pointers[batch.count] = pointer;
      batch.sizes[batch.count] = size;
      batch.lineOffsets[batch.count] = ++batch.count;
    }
    batches.push(batch);
  }
  return batches;
}

describe('what is resolved ahead, and replayed in pieces', () => {
  it.each([
    ['addresses', addressKinds, false],
    ['ids', idKinds, true],
  ])(
    '%s: every call, every count and every error is that of one operation at a time',
    (_what, kinds, ids) => {
      fc.assert(
        fc.property(steps(kinds), fc.integer({ min: 1, max: 50 }), fc.boolean(), (list, rows, strict) => {
          const [target, plain] = [new BumpTarget(true), new BumpTarget(true)];
          const replay = new Replay(target, { touch: 'none', strict });
          const naive = new NaiveReplay(plain, strict);
          for (const batch of batchesOf(list, ids, rows)) {
            replay.resolve(batch);
            for (let i = 0; i < batch.count; i++) {
              let said: string | undefined;
              try {
                naive.step(batch, i);
              } catch (error) {
                said = String(error);
              }
              const run = (): void => replay.run(batch, i, i + 1);
              if (said === undefined) run();
              else expect(run).toThrow(`trace:${batch.lineOf(i)}: ${said}`);
              expect(replay.counts).toEqual(naive.counts);
              expect(target.log).toEqual(plain.log);
              if (said !== undefined) return;
              expect([replay.liveObjects, replay.liveBytes]).toEqual([naive.live.size, naive.liveBytes]);
            }
            const live = new Map<number, number[]>();
            replay.forEachLive((pointer, address, size) => live.set(pointer, [address, size]));
            expect(live).toEqual(new Map([...naive.live].map(([p, o]) => [p, [o.address, o.size]])));
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe('the tables of a replay', () => {
  const rows = 1000;

  /** A program that keeps `live` objects: each allocation takes a new address, each free is of the oldest. */
  function longRun(live: number, ops: number, look: (replay: Replay, op: number) => void): void {
    const replay = new Replay(new BumpTarget(), { touch: 'none', strict: true });
    const batch = new OperationBatch(rows);
    let [allocated, freed] = [0, 0];
    for (let at = 0; at < ops; at += rows) {
      batch.clear(at);
      for (; batch.count < rows; batch.count++) {
        const isFree = allocated - freed === live;
        batch.kinds[batch.count] = isFree ? opFree : opAllocate;
        batch.pointers[batch.count] = 16 * (isFree ? ++freed : ++allocated);
        batch.sizes[batch.count] = isFree ? 0 : 8;
      }
      replay.runAll(batch);
      look(replay, at + rows);
    }
    expect(replay.liveObjects).toBe(allocated - freed);
  }

  it('follow the most objects alive, not the length of the trace', () => {
    const seen = new Set<string>();
    longRun(5000, 400_000, (replay, op) => {
      if (op >= 20_000) seen.add(JSON.stringify(replay.capacity));
    });
    expect([...seen]).toEqual(['{"pointers":8192,"objects":8192}']);
  });

  it('take no memory of the process either, however long the trace', () => {
    const before = { bytes: 0 };
    longRun(5000, 1_000_000, (_replay, op) => {
      // V8 has compiled everything by then.
      if (op === 200_000) before.bytes = process.memoryUsage().arrayBuffers;
    });
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(before.bytes + 65_536);
  });

  it('end in an error with the line, after what came before it was carried out', () => {
    const replay = new Replay(new BumpTarget(), { touch: 'none' });
    const batch = new OperationBatch(4);
    batch.kinds.set([opAllocate, opAllocate, opAllocate, opAllocate]);
    batch.pointers.set([16, 32, 48, 64]);
    batch.count = 4;
    for (let i = 0; i < 4; i++) batch.lineOffsets[i] = i + 1;
    // As if there were too many: the third pointer cannot be entered.
    let reads = 0;
    Object.defineProperty(batch, 'pointers', {
      value: new Proxy(batch.pointers, {
        get(pointers, key) {
          // The row is read ahead once.
          if (key === '2' && ++reads > 1) throw new PageHeapError('ERR_OUT_OF_MEMORY', 'too many objects');
          return Reflect.get(pointers, key);
        },
      }),
    });
    replay.resolve(batch);
    expect(() => replay.run(batch, 0, 4)).toThrow();
    expect([replay.ops, replay.counts.allocs]).toEqual([2, 2]);
  });
});
