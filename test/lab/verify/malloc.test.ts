import { describe, expect, it } from 'vitest';
import { verifyMalloc } from '../../../lib/lab/verify/malloc.ts';
import { verifyFile } from '../../../lib/lab/verify/verify.ts';
import { mallocFixture } from './malloc-fixture.ts';

import {
  editing,
  type Fields,
  firstOf,
  fresh,
  kindIs,
  refusal,
  startOf,
  still,
  swept,
  verify,
  write,
} from './malloc-lines.ts';

describe('the placements of the real runtime', () => {
  it.each(['f1', 'g1'])('%s, on arithmetic addresses', async (name) => {
    const verdict = await verifyMalloc(mallocFixture(name));
    expect(verdict).toMatchObject({ operations: 20_001, checkpoints: 1, real: false, seed: 7 });
    expect(verdict.mismatch).toBeUndefined();
  });

  it('on mapped pages, held against mincore: the first 1,500; all of them in test/long', async () => {
    const begun = editing(fresh.slice(0, firstOf(fresh) + 1500), 'hdr', (header) => {
      header.n = 1500;
    });
    const verdict = await verifyMalloc(write([...begun, fresh.at(-1)!]), { real: true });
    expect(verdict).toMatchObject({ operations: 1501, checkpoints: 1, real: true });
    // All of them agree, and the state is not the one that there was after 20,000.
    expect(verdict.mismatch).toMatchObject({ operation: 'heap1' });
  });
});

describe('an allocation that differs', () => {
  const first = firstOf(fresh);
  const third = JSON.parse(fresh[first + 2]!) as number[];

  it.each([
    ['address', 2],
    ['span', 3],
    ['pages', 4],
    ['class', 5],
    ['size', 6],
  ])('in its %s', async (_, index) => {
    const wrong = third.with(index, third[index]! + 8);
    const lines = fresh.with(first + 2, JSON.stringify(wrong));
    const { mismatch, operations, checkpoints } = await verify(lines, 2);
    expect([operations, checkpoints]).toEqual([3, 0]);
    expect(mismatch).toMatchObject({
      line: first + 3,
      operation: JSON.stringify(wrong),
      found: 'address 376832 from the arena base, span at page 46 of 1 pages, class 37, 256 bytes',
      last: [`${first + 1}: ${fresh[first]}`, `${first + 2}: ${fresh[first + 1]}`],
    });
    expect(mismatch?.expected).not.toBe(mismatch?.found);
  });

  it('shows the span, its objects, the cached span and the page cache', async () => {
    const lines = fresh.with(first + 2, JSON.stringify(third.with(2, 115_968)));
    const state = (await verify(lines)).mismatch?.state.join('\n');
    expect(state).toContain(
      'search page 64, arena space [4194304,67108864), tiny block 73744, 8 bytes of it used',
    );
    expect(state).toContain('page cache base 0, free ffff800000000000');
    expect(state).toContain('cached span of class 37: page 46');
    expect(state).toMatch(
      /pages 46 to 46, class 37, 32 objects of 256 bytes, cached, needs zeroing\n {2}allocated objects \[0,1\]/,
    );
    expect(state).toContain('pages 13 to 19, class 104, 6 objects of 9472 bytes');
  });

  it('shows the last 20 operations unless told', async () => {
    const at = first + 40;
    const wrong = JSON.parse(fresh[at]!) as number[];
    const { mismatch } = await verifyMalloc(write(fresh.with(at, JSON.stringify(wrong.with(3, 1)))));
    expect(mismatch?.last).toHaveLength(20);
    expect(mismatch?.last.at(-1)).toBe(`${at}: ${fresh[at - 1]}`);
  });
});

describe('a start that differs', () => {
  it('in the order of swept spans', async () => {
    const lines = editing(swept, 'partialSwept', (fields) => {
      (fields.byClass as Record<string, number[]>)['13']!.reverse();
    });
    const { mismatch, operations } = await verify(lines);
    expect(operations).toBe(1);
    expect(mismatch?.found).toContain('span at page 48');
    expect(mismatch?.state.join('\n')).toContain('cached span of class 13: page 48');
  });

  it('in a list without its spans: others are thought to hold them', async () => {
    const lines = editing(swept, 'partialSwept', (fields) => {
      delete (fields.byClass as Record<string, number[]>)['13'];
    });
    const { mismatch, operations } = await verify(lines);
    expect(operations).toBe(1);
    expect(mismatch?.expected).toContain('span at page 34233');
    expect(mismatch?.state.join('\n')).toMatch(/span \d+: pages 34233 to 34233, class 13, .* cached/);
  });

  it('in an object that is allocated', async () => {
    const lines = editing(
      fresh,
      'span',
      (fields) => {
        fields.freeindex = (fields.freeindex as number) + 1;
        fields.allocCount = (fields.allocCount as number) + 1;
      },
      (fields) => fields.page === 13,
    );
    const { mismatch } = await verify(lines);
    expect(mismatch?.line).toBe(firstOf(fresh) + 4);
    expect(mismatch?.found).toContain('span at page 13');
  });
});

describe('a start that is rare', () => {
  const oneOperation = editing(startOf(fresh), 'hdr', (header) => {
    header.n = 1;
  });
  const heap0 = JSON.parse(oneOperation.find((text) => kindIs('heap0', text))!) as Fields;
  const mcache = heap0.mcache as number[];

  it('a cached span without a free object: it is exchanged', async () => {
    expect(mcache[64]).toBe(24);
    const full = editing(
      oneOperation,
      'span',
      (span) => {
        span.freeindex = span.nelems;
        span.allocCount = span.nelems;
      },
      (span) => span.page === 24,
    );
    const pcache = [0, 'ffffe00000000000', 'ffffe00000000000'];
    const end = { ...heap0, k: 'heap1', mcache: mcache.with(64, 44), pcache };
    const lines = [...full, '[1008,1,360448,44,1,64,1024]', JSON.stringify(end)];
    expect(await verify(lines)).toMatchObject({ operations: 2, checkpoints: 1, mismatch: undefined });
  });

  it('pages that are allocated to nobody the trace knows', async () => {
    const foreign = editing(oneOperation, 'heap0', (h) => {
      h.alloc = [(h.alloc as string[])[0]!.replace(/^(.{16}).{16}/, '$100000000000fffff')];
    });
    const end = JSON.parse(foreign.find((text) => kindIs('heap0', text))!) as Fields;
    const bits = (end.alloc as string[])[0]!.replace(/^(.{16}).{16}/, '$1000000ffffffffff');
    Object.assign(end, { k: 'heap1', alloc: [bits], searchPage: 84 });
    // Twenty pages go past the page cache, to the first that are free: those after the foreign ones.
    const lines = [...foreign, '[163840,1,688128,84,20,0,163840]', JSON.stringify(end)];
    for (const typed of [false, true]) {
      const verdict = await verifyMalloc(write(lines), { typed });
      expect(verdict).toMatchObject({ operations: 2, checkpoints: 1, mismatch: undefined });
    }
  });

  it('an empty object has no place to compare', async () => {
    const end = JSON.stringify({ ...heap0, k: 'heap1' });
    const { mismatch } = await verify([...oneOperation, '[0,0,-824627224576,-1,0,0,0]', end]);
    expect(mismatch).toBeUndefined();
  });
});

describe('the state at the end', () => {
  it.each([
    ['a fresh heap', fresh],
    ['a swept heap', swept],
  ])('is the start of %s if nothing was allocated', async (_, lines) => {
    expect(await verify(still(lines))).toMatchObject({ operations: 1, checkpoints: 1, mismatch: undefined });
  });

  it.each<[field: string, edit: (heap1: Fields) => void, expected: string, found: string]>([
    [
      'curArena',
      (h) => {
        h.curArena = [8388608, 67108864];
      },
      '8388608,67108864',
      '4194304,67108864',
    ],
    [
      'page cache base',
      (h) => {
        (h.pcache as unknown[])[0] = 64;
      },
      '64',
      '0',
    ],
    [
      'page cache free',
      (h) => {
        (h.pcache as unknown[])[1] = 'fffff00000000001';
      },
      'fffff00000000001',
      'fffff00000000000',
    ],
    [
      'page cache scavenged',
      (h) => {
        (h.pcache as unknown[])[2] = '7ffff00000000000';
      },
      '7ffff00000000000',
      'fffff00000000000',
    ],
    [
      'searchPage',
      (h) => {
        h.searchPage = 65;
      },
      '65',
      '64',
    ],
    [
      'tiny',
      (h) => {
        h.tiny = [73744, 9];
      },
      '73744, 9 bytes of it used',
      '73744, 8 bytes of it used',
    ],
    [
      'mcache[2]',
      (h) => {
        (h.mcache as number[])[2] = 11;
      },
      '11',
      '12',
    ],
    [
      'alloc[0]',
      (h) => {
        (h.alloc as string[])[0] = (h.alloc as string[])[0]!.replace(/^ffff/, '7fff');
      },
      '[0,63] [64,16]',
      '[0,80]',
    ],
  ])('differs in %s', async (field, edit, expected, found) => {
    const { mismatch, checkpoints } = await verify(still(fresh, edit));
    expect(checkpoints).toBe(1);
    expect(mismatch).toMatchObject({ operation: 'heap1', fields: [{ field, expected, found }] });
    expect(mismatch?.expected).toBe(`${field} ${expected}`);
  });

  it('differs in the ranges and a chunk that was never grown', async () => {
    const { mismatch } = await verify(
      still(fresh, (h) => {
        h.inUse = [[0, 8388608]];
        (h.alloc as string[]).push('0'.repeat(128));
      }),
    );
    expect(mismatch?.fields).toEqual([
      { field: 'inUse', expected: '[[0,8388608]]', found: '[[0,4194304]]' },
      { field: 'alloc[1]', expected: 'none', found: 'not grown' },
    ]);
  });

  it('is not asked for scavenged bits that the start does not tell', async () => {
    // The 20 pages of the page cache, made free and not cached: the first allocation caches them anew.
    const start = editing(startOf(fresh), 'hdr', (header) => {
      header.n = 1;
    });
    const uncached = editing(start, 'heap0', (h) => {
      h.pcache = [0, '0'.repeat(16), '0'.repeat(16)];
      h.alloc = [(h.alloc as string[])[0]!.replace(/^f{5}/, '00000')];
      h.searchPage = 44;
    });
    const heap0 = JSON.parse(start.find((text) => kindIs('heap0', text))!) as Fields;
    const end = (free: string, scavenged: string): string =>
      JSON.stringify({
        ...heap0,
        k: 'heap1',
        pcache: [0, free, scavenged],
        searchPage: 63,
        mcache: (heap0.mcache as number[]).with(13, 44),
      });
    const first = fresh[firstOf(fresh)]!;
    for (const scavenged of ['0000000000000000', 'ffffe00000000000']) {
      const lines = [...uncached, first, end('ffffe00000000000', scavenged)];
      expect(await verify(lines)).toMatchObject({ operations: 2, mismatch: undefined });
    }
    const told = await verify([...uncached, first, end('ffffe00000000000', '0000000000000001')]);
    expect(told.mismatch?.fields.map(({ field }) => field)).toEqual(['page cache scavenged']);
  });
});

describe('a trace that is no trace', () => {
  const end = fresh.length;
  const spanLine = fresh.findIndex((text) => kindIs('span', text)) + 1;

  it.each<[what: string, lines: () => string[], line: number]>([
    ['another first line', () => fresh.slice(1), 1],
    [
      'a base that is not aligned',
      () =>
        editing(fresh, 'hdr', (h) => {
          h.arenaBase = '0xc000001000';
        }),
      1,
    ],
    [
      'no count of operations',
      () =>
        editing(fresh, 'hdr', (h) => {
          h.n = undefined;
        }),
      1,
    ],
    ['no state at the start', () => fresh.filter((text) => !kindIs('heap0', text)), firstOf(fresh)],
    ['no state at the end', () => fresh.slice(0, -1), end - 1],
    ['too few operations', () => fresh.toSpliced(end - 2, 1), end - 1],
    ['more after the end', () => [...fresh, fresh[end - 2]!], end + 1],
    ['a line of no kind', () => fresh.toSpliced(5, 0, '{"k":"what"}'), 6],
    ['half an operation', () => fresh.with(end - 3, '[64,0,360448]'), end - 2],
    ['a size below zero', () => fresh.with(end - 3, '[-1,0,0,0,0,0,0]'), end - 2],
    [
      'chunks that do not fit the ranges',
      () =>
        editing(fresh, 'heap0', (h) => {
          h.alloc = [];
        }),
      2,
    ],
    [
      'a page cache that is no word',
      () =>
        editing(fresh, 'heap0', (h) => {
          h.pcache = [0, 'ff', 'ff'];
        }),
      2,
    ],
    [
      'a page cache over spans',
      () =>
        editing(fresh, 'heap0', (h) => {
          h.pcache = [0, '0000000000000001', '0000000000000000'];
        }),
      2,
    ],
    ['a span twice', () => fresh.toSpliced(5, 0, fresh[spanLine - 1]!), spanLine + 2],
    [
      'a span on free pages',
      () =>
        editing(
          fresh,
          'span',
          (s) => {
            s.page = 100;
          },
          (s) => s.page === 20,
        ),
      27,
    ],
    [
      'a span with other objects than its class',
      () =>
        editing(fresh, 'span', (s) => {
          s.class = 30;
        }),
      2,
    ],
    [
      'a span that miscounts',
      () =>
        editing(fresh, 'span', (s) => {
          s.allocCount = 2;
        }),
      spanLine,
    ],
    [
      'a cached span that is none',
      () =>
        editing(fresh, 'heap0', (h) => {
          (h.mcache as number[])[2] = 44;
        }),
      2,
    ],
    [
      'a tiny block elsewhere',
      () =>
        editing(fresh, 'heap0', (h) => {
          h.tiny = [0, 8];
        }),
      2,
    ],
    [
      'lists of something else',
      () =>
        editing(fresh, 'partialSwept', (p) => {
          p.byClass = { 2: ['x'] };
        }),
      3,
    ],
  ])('%s: ERR_GOLDEN and the line', async (_, lines, line) => {
    expect(await refusal(lines())).toEqual(['ERR_GOLDEN', line]);
  });

  it('an empty file', async () => {
    expect(await refusal([''])).toEqual(['ERR_GOLDEN', 1]);
  });
});

describe('verifyFile', () => {
  it('knows a malloc trace by its content', async () => {
    expect(await verifyFile(mallocFixture('f1'))).toEqual({
      file: mallocFixture('f1'),
      kind: 'malloc',
      operations: 20_001,
      checkpoints: 1,
      missing: 0,
      real: false,
      notes: [],
      mismatch: undefined,
    });
    expect(
      (
        await verifyFile(
          write(
            still(fresh, (h) => {
              h.searchPage = 7;
            }),
          ),
        )
      ).mismatch?.operation,
    ).toBe('heap1');
  });

  it('refuses what it does not know', async () => {
    const file = write(['{"k":"other"}']);
    await expect(verifyFile(file)).rejects.toMatchObject({ code: 'ERR_GOLDEN', line: 1, file });
  });
});
