/**
 * The placements of the real runtime's malloc, of objects with types on a heap that traces; and where a collection had gone
 * before, on what a collection of our own leaves.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Roots } from '../../../lib/gc/roots.ts';
import { verifyMalloc } from '../../../lib/lab/verify/malloc.ts';
import { verifyFile } from '../../../lib/lab/verify/verify.ts';
import { isWhole } from '../../support/extent.ts';
import { seedOf } from '../../support/random.ts';
import { mallocFixture } from './malloc-fixture.ts';

describe('the placements of the real runtime', () => {
  // On one that was collected before it is tried each time.
  it.runIf(isWhole)('of objects with types, on a heap that traces', async () => {
    const verdict = await verifyMalloc(mallocFixture('f1'), { typed: true });
    expect(verdict).toMatchObject({ operations: 20_001, checkpoints: 1 });
    expect(verdict.mismatch).toBeUndefined();
  });

  const seed = seedOf('PAGEHEAP_PLACEMENT_SEED');

  it(`of objects with types, on a heap that our own marking and sweep made what it was (seed ${seed})`, async () => {
    const verdict = await verifyMalloc(mallocFixture('g1'), { typed: true, seed });
    // What the collection has left is held against the record as well.
    expect(verdict).toMatchObject({ operations: 20_002, checkpoints: 1 });
    expect(verdict.mismatch).toBeUndefined();
  });

  it.each([
    ['lived and was freed', (): number => 0],
    [
      'is garbage and was kept',
      // What lies in the pages of the first hundred roots is kept: garbage is among it.
      (visit: (at: number) => void, at: number, n: number): void => {
        visit(at);
        if (n > 100) return;
        for (let other = at - (at % 8192), end = other + 8192; other < end; other += 8) visit(other);
      },
    ],
  ] as const)('where marking is wrong: an object that %s', async (what, mark) => {
    const { eachRoot } = Roots.prototype;
    let n = 0;
    vi.spyOn(Roots.prototype, 'eachRoot').mockImplementation(function (this: Roots, visitor, from) {
      const visit = (at: number): void => visitor.root(at);
      const wrong = { root: (at: number) => void mark(visit, at, n++), rootsIn: visit };
      return eachRoot.call(this, wrong, from);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const { mismatch } = await verifyMalloc(mallocFixture('g1'), { typed: true, seed });
    expect(mismatch).toMatchObject({ operation: 'heap0' });
    expect(mismatch?.found).toContain(what);
  });

  it('of a trace without objects it is told that types add nothing', async () => {
    const pages = fileURLToPath(new URL('../../fixtures/golden/radix/pa-1.jsonl.gz', import.meta.url));
    const { notes, mismatch } = await verifyFile(pages, { typed: true });
    expect(mismatch).toBeUndefined();
    expect(notes).toEqual(['no objects are allocated in it: types add nothing']);
  });
});
