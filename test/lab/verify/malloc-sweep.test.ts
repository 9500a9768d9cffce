/**
 * Recordings that tell what a collection found, by this project's own recorder (bench/go/runtime/malloc_go121_test.go): in
 * which order the real runtime sweeps, and what its allocations sweep for themselves.
 */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Sweeper } from '../../../lib/gc/sweeper.ts';
import { SpanSets } from '../../../lib/heap/span-sets.ts';
import { verifyMalloc } from '../../../lib/lab/verify/malloc.ts';
import { mallocFixture } from './malloc-fixture.ts';
import { editing, type Fields, kindIs, linesOf, refusal, verify } from './malloc-lines.ts';

/** A heap that was swept; one that was only marked; and one like that, whose sweep has a pace. */
const [swept, unswept, paced] = ['g2', 'u1', 'u2'];

describe('the placements of the real runtime', () => {
  it.each([
    [swept, false, 1501],
    [swept, true, 1502],
    [unswept, false, 2502],
    [unswept, true, 2502],
    [paced, false, 2502],
    [paced, true, 2502],
  ])('%s, objects with types: %s', async (name, typed, operations) => {
    const verdict = await verifyMalloc(mallocFixture(name!), { typed });
    expect(verdict).toMatchObject({ operations, checkpoints: 1, mismatch: undefined });
  });

  it('on mapped pages, held against mincore', async () => {
    const { mismatch, operations } = await verifyMalloc(mallocFixture(unswept!), { real: true });
    expect([operations, mismatch]).toEqual([2502, undefined]);
  });
});

describe('a heap that sweeps otherwise', () => {
  /** Replays it with a part of the heap changed. */
  async function mismatchOf(name: string, change: () => unknown, typed = false): Promise<string | undefined> {
    change();
    onTestFinished(() => void vi.restoreAllMocks());
    return (await verifyMalloc(mallocFixture(name), { typed })).mismatch?.found;
  }

  const newestFirst = (): unknown =>
    vi.spyOn(SpanSets.prototype, 'shift').mockImplementation(function (this: SpanSets, set) {
      return this.pop(set);
    });

  it('the span that was put into a set last, first', async () => {
    expect(await mismatchOf(unswept!, newestFirst)).toContain('span at page');
  });

  it('the same, and all at once', async () => {
    expect(await mismatchOf(swept!, newestFirst, true)).toMatch(
      /^spans of class \d+ with free objects are those at pages/,
    );
  });

  it('no page reclaimer', async () => {
    const without = (): unknown => vi.spyOn(Sweeper.prototype, 'reclaim').mockImplementation(() => {});
    expect(await mismatchOf(unswept!, without)).toContain('span at page');
  });

  it('not in proportion to what is allocated', async () => {
    const without = (): unknown => vi.spyOn(Sweeper.prototype, 'deductCredit').mockImplementation(() => {});
    expect(await mismatchOf(paced!, without)).toContain('span at page');
  });
});

describe('a record of what a collection found', () => {
  const lines = linesOf(unswept!);

  it('decides: a living object more, and another is found', async () => {
    const marked = new Set(
      lines
        .filter((text) => kindIs('span', text))
        .map((text) => JSON.parse(text) as Fields)
        .filter(({ markBits }) => markBits !== undefined)
        .map(({ page }) => page),
    );
    const pageOf = (text: string): unknown => (JSON.parse(text) as unknown[])[3];
    const at = lines.findIndex((text) => text.startsWith('[') && marked.has(pageOf(text)));
    const kept = editing(
      lines,
      'span',
      (span) => {
        span.markBits = (span.markBits as string).replaceAll(/../g, 'ff');
      },
      ({ page }) => page === pageOf(lines[at]!),
    );
    expect((await verify(kept)).mismatch?.line).toBe(at + 1);
  });

  it.each<[what: string, kind: string, edit: (fields: Fields) => void]>([
    [
      'marks that are too short',
      'span',
      (span) => {
        span.markBits = '';
      },
    ],
    [
      'places that are none',
      'beforeCollection',
      (places) => {
        places.full = { 2: ['x'] };
      },
    ],
    [
      'no caches',
      'beforeCollection',
      (places) => {
        places.mcache = undefined;
      },
    ],
  ])('is refused with %s', async (_, kind, edit) => {
    const has = (fields: Fields): boolean => kind !== 'span' || fields.markBits !== undefined;
    const wrong = editing(lines, kind, edit, has);
    const line = wrong.findIndex((text, i) => text !== lines[i] && kindIs(kind, text)) + 1;
    expect(await refusal(wrong)).toEqual(['ERR_GOLDEN', line]);
  });
});
