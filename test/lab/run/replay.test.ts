import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { patience } from '../../../lib/lab/run/owed-frees.ts';
import { Replay, type ReplayOptions } from '../../../lib/lab/run/replay.ts';
import { UsedIds } from '../../../lib/lab/run/used-ids.ts';
import { OperationBatch } from '../../../lib/lab/trace/operations.ts';
import { TraceParser } from '../../../lib/lab/trace/parser.ts';
import { forEachBatch } from '../../../lib/lab/trace/reader.ts';
import { those } from '../../support/extent.ts';
import { BumpTarget } from '../support/bump-target.ts';

function replay(text: string, target: BumpTarget, options: ReplayOptions = {}, rows = 100): Replay {
  const parser = new TraceParser('x.mtrace');
  const run = new Replay(target, { file: 'x.mtrace', ...options });
  const batch = new OperationBatch(rows);
  const drain = (): void => {
    let more = true;
    while (more) {
      batch.clear(parser.lines);
      more = parser.parse(batch);
      run.runAll(batch);
    }
  };
  parser.feed(Buffer.from(text));
  drain();
  parser.end();
  drain();
  return run;
}

function logOf(text: string, options: ReplayOptions = {}): string[] {
  const target = new BumpTarget(true);
  replay(text, target, options);
  return target.log ?? [];
}

describe('what a replay does', () => {
  it.each<[string, string, ReplayOptions, string[]]>([
    [
      'an allocation and its free',
      '+ 0x10 0x20\n- 0x10\n',
      {},
      ['malloc 32 = #0', 'touch #0 0 32', 'drop #0'],
    ],
    ['one byte a page', '+ 0x10 0x20\n', { touch: 'page' }, ['malloc 32 = #0', 'pages #0 0 32']],
    ['nothing written', '+ 0x10 0x20\n- 0x10\n', { touch: 'none' }, ['malloc 32 = #0', 'drop #0']],
    [
      'a realloc that moves',
      '+ 0x10 0x20\n< 0x10\n> 0x30 0x28\n- 0x30\n',
      {},
      [
        'malloc 32 = #0',
        'touch #0 0 32',
        'malloc 40 = #32',
        'copy #32 #0 32',
        'touch #32 32 8',
        'drop #0',
        'drop #32',
      ],
    ],
    [
      'a realloc that moves and shrinks',
      '+ 0x10 0x20\n< 0x10\n> 0x10 0x10\n',
      {},
      ['malloc 32 = #0', 'touch #0 0 32', 'malloc 16 = #32', 'copy #32 #0 16', 'drop #0'],
    ],
    [
      'a realloc that moves, a byte a page',
      '+ 0x10 0x20\n< 0x10\n> 0x10 0x40\n',
      { touch: 'page' },
      ['malloc 32 = #0', 'pages #0 0 32', 'malloc 64 = #32', 'pages #32 0 64', 'drop #0'],
    ],
    [
      'a realloc within the size class: only what is new is written',
      '+ 0x10 0x21\n< 0x10\n> 0x30 0x40\n- 0x30\n',
      {},
      ['malloc 33 = #0', 'touch #0 0 33', 'touch #0 33 31', 'drop #0'],
    ],
    [
      'a realloc that shrinks within the size class',
      '+ 0x10 0x40\n< 0x10\n> 0x30 0x21\n- 0x30\n',
      {},
      ['malloc 64 = #0', 'touch #0 0 64', 'drop #0'],
    ],
    [
      'a tiny object that grows always moves',
      '+ 0x10 0x5\n< 0x10\n> 0x10 0x6\n',
      {},
      ['malloc 5 = #0', 'touch #0 0 5', 'malloc 6 = #16', 'copy #16 #0 5', 'touch #16 5 1', 'drop #0'],
    ],
    [
      'a tiny object that shrinks stays',
      '+ 0x10 0x6\n< 0x10\n> 0x10 0x5\n',
      {},
      ['malloc 6 = #0', 'touch #0 0 6'],
    ],
    ['an object of no bytes', '+ 0x10 0\n- 0x10\n', {}, ['malloc 0 = #0', 'drop #0']],
    [
      'a failed realloc leaves the object',
      '+ 0x10 0x20\n! 0x10 0x40\n- 0x10\n',
      {},
      ['malloc 32 = #0', 'touch #0 0 32', 'drop #0'],
    ],
    ['a realloc of nothing allocates', '< (nil)\n> 0x10 0x20\n', {}, ['malloc 32 = #0', 'touch #0 0 32']],
    ['a failed allocation', '+ (nil) 0x20\n', {}, []],
    [
      'an allocation at a live pointer drops the old object, whose free may come late',
      '+ 0x10 0x20\n+ 0x10 0x30\n- 0x10\n- 0x10\n',
      {},
      ['malloc 32 = #0', 'touch #0 0 32', 'malloc 48 = #32', 'drop #0', 'touch #32 0 48', 'drop #32'],
    ],
    [
      'resizes and writes of a .rep',
      '1\n1\n4\n0\na 0 17\nr 0 32\nw 0 99\nf 0\n',
      {},
      ['malloc 17 = #0', 'touch #0 0 17', 'touch #0 17 15', 'touch #0 0 32', 'drop #0'],
    ],
  ])('%s', (_what, text, options, log) => {
    expect(logOf(text, options)).toEqual(log);
  });

  it('counts what it meets', () => {
    const text = `+ 0x10 0x20
+ 0x10 0x8
- 0x30
+ (nil) 0x9999999999999999
! 0x10 0x1
< 0x10
> 0x20 0x10
< 0x77
> 0x88 0x1
- 0x20
`;
    const run = replay(text, new BumpTarget());
    expect(run.counts).toEqual({
      allocs: 2,
      frees: 1,
      reallocs: 2,
      unknownFrees: 2,
      liveReuse: 1,
      lateFrees: 1,
      failedReallocs: 1,
      nilAllocs: 1,
      unknownWrites: 0,
    });
    expect([run.ops, run.liveObjects, run.liveBytes, run.peakLiveBytes]).toEqual([10, 2, 9, 32]);
  });

  it('counts a write to what is not live', () => {
    expect(replay('1\n2\n1\n0\nw 1 5\n', new BumpTarget()).counts.unknownWrites).toBe(1);
  });

  it.each([
    ['a free of an unknown pointer', '+ 0x10 0x1\n- 0x20\n', 2, /a free of 0x20, which is not live/],
    ['a second free', '+ 0x10 0x1\n- 0x10\n- 0x10\n', 3, /a free of 0x10/],
    ['a realloc of an unknown pointer', '< 0x20\n> 0x20 0x1\n', 1, /a free of 0x20/],
    [
      'an allocation at a live pointer',
      '+ 0x10 0x1\n+ 0x10 0x1\n',
      2,
      /an allocation at 0x10, which is live/,
    ],
    ['a write to nothing', '1\n2\n1\n0\nw 1 5\n', 5, /a write to the id 1, which/],
  ])('refuses %s in strict mode', (_what, text, line, message) => {
    let failure: unknown;
    const target = new BumpTarget();
    try {
      replay(text, target, { strict: true });
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'ERR_TRACE', file: 'x.mtrace', line });
    expect((failure as Error).message).toMatch(message);
  });

  it('gives an error of the allocator its place in the trace', () => {
    const target = new BumpTarget();
    target.malloc = (size) => {
      if (size > 1000) throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory', { value: size, errno: 12 });
      return 16;
    };
    expect(() => replay('= Start\n+ 0x10 0x1\n+ 0x20 0x1000\n', target)).toThrow(
      expect.objectContaining({
        code: 'ERR_OUT_OF_MEMORY',
        file: 'x.mtrace',
        line: 3,
        value: 4096,
        errno: 12,
      }),
    );
  });

  it('does the same whatever the size of the batches', () => {
    const id = fc.integer({ min: 0, max: 9 });
    const bytes = fc.integer({ min: 0, max: 70 });
    const op = fc.oneof(
      fc.tuple(id, bytes).map(([i, n]) => `a ${i} ${n}\n`),
      fc.tuple(id, bytes).map(([i, n]) => `r ${i} ${n}\n`),
      id.map((i) => `f ${i}\n`),
    );
    fc.assert(
      fc.property(
        fc.array(op, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (ops, rows) => {
          const text = `# script\n${ops.join('')}`;
          const [one, other] = [new BumpTarget(true), new BumpTarget(true)];
          const whole = replay(text, one, {}, 1000);
          const parts = replay(text, other, {}, rows);
          expect(other.log).toEqual(one.log);
          expect(parts.counts).toEqual(whole.counts);
          // What lives: by a Map, and by what was allocated and not dropped.
          const live = new Map<string, number>();
          for (const [kind, i, n] of ops.map((line) => line.trim().split(' '))) {
            if (kind === 'f' || (kind === 'r' && n === '0')) live.delete(i);
            else live.set(i, Number(n));
          }
          expect(whole.liveObjects).toBe(live.size);
          expect(whole.liveBytes).toBe([...live.values()].reduce((a, b) => a + b, 0));
          expect(one.mallocs - one.drops).toBe(live.size);
        },
      ),
    );
  });
});

/** Live objects by pointer, with their sizes, after a text. */
function liveAfter(text: string): Record<string, number> {
  const run = replay(text, new BumpTarget());
  const live: Record<string, number> = {};
  run.forEachLive((pointer, _address, size) => {
    live[pointer.toString(16)] = size;
  });
  expect(run.liveBytes).toBe(Object.values(live).reduce((a, b) => a + b, 0));
  return live;
}

describe('two threads in one trace', () => {
  const [one, two] = ['+ 0x10 0x1\n', '+ 0x10 0x2\n'];
  const free = '- 0x10\n';

  it.each<[string, string, Record<string, number>, Partial<Replay['counts']>]>([
    [
      'a free after the address was allocated again kills nothing',
      one + two + free,
      { 10: 2 },
      { lateFrees: 1, frees: 1 },
    ],
    ['the free after it does', one + two + free + free, {}, { lateFrees: 1, frees: 2 }],
    [
      'as many late frees as there are threads',
      one + one + two + free + free,
      { 10: 2 },
      { liveReuse: 2, lateFrees: 2 },
    ],
    ['in whatever order they come', one + two + free + one + free, { 10: 1 }, { liveReuse: 2, lateFrees: 2 }],
    [
      'one that never comes makes the next one late',
      one + two + free + one + free,
      { 10: 1 },
      { unknownFrees: 0 },
    ],
    [
      'a late realloc moves what is dead',
      `${one + two}< 0x10\n> 0x20 0x5\n`,
      { 10: 2, 20: 5 },
      { lateFrees: 1, reallocs: 1 },
    ],
    [
      'a realloc to a live address',
      `${one}+ 0x20 0x9\n< 0x10\n> 0x20 0x5\n- 0x20\n`,
      { 20: 5 },
      { lateFrees: 1 },
    ],
    ['half a realloc leaves the object', `${one}< 0x10\n${free}`, {}, { frees: 1, reallocs: 0 }],
  ])('%s', (_what, text, live, counts) => {
    expect(liveAfter(text)).toEqual(live);
    expect(replay(text, new BumpTarget()).counts).toMatchObject(counts);
  });

  it('forgives a free that did not come for long', () => {
    const others = Array.from({ length: patience }, () => '+ 0x20 0x1\n- 0x20\n').join('');
    expect(liveAfter(one + two + others.slice(0, -2 * '+ 0x20 0x1\n- 0x20\n'.length) + free)).toEqual({
      10: 2,
    });
    expect(liveAfter(one + two + others + free)).toEqual({});
  });

  it('leaves nothing alive after as many frees as allocations, however they are shuffled', () => {
    // A real order of events, each line written at most a few lines late; the heap frees before it reuses.
    const event = fc.record({ slot: fc.nat(2), delay: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const held = new Set<number>();
        const lines: { at: number; text: string }[] = [];
        events.forEach(({ slot, delay }, i) => {
          const address = `0x${(slot + 1) * 16}`;
          if (held.delete(slot)) lines.push({ at: i + delay + 0.5, text: `- ${address}\n` });
          else {
            held.add(slot);
            lines.push({ at: i, text: `+ ${address} 0x8\n` });
          }
        });
        lines.sort((a, b) => a.at - b.at);
        const text = `= Start\n${lines.map((l) => l.text).join('')}`;
        const run = replay(text, new BumpTarget());
        expect(run.liveObjects).toBe(held.size);
        expect(run.counts.unknownFrees).toBe(0);
        expect(run.counts.liveReuse).toBe(run.counts.lateFrees);
      }),
    );
  });
});

describe('ids of courses’ traces', () => {
  it.each<[string, string, Record<string, number>, Partial<Replay['counts']>]>([
    ['a realloc of a new id is an allocation', 'r 0 16\nr 0 32\n', { 1: 32 }, { allocs: 1, reallocs: 1 }],
    ['a realloc to 0 is a free', 'a 0 5\nr 0 0\na 0 6\n', { 1: 6 }, { allocs: 2, frees: 1, liveReuse: 0 }],
    ['a realloc of a new id to 0 is nothing', 'r 7 0\na 0 1\n', { 1: 1 }, { allocs: 1 }],
    ['a free of a new id is free(NULL)', 'a 1 8\nf 3\nf 1\n', {}, { frees: 1, unknownFrees: 0 }],
    ['a second free is one of what is not live', 'a 1 8\nf 1\nf 1\n', {}, { frees: 1, unknownFrees: 1 }],
    ['a realloc of a freed id allocates', 'a 1 8\nf 1\nr 1 9\n', { 2: 9 }, { allocs: 2, unknownFrees: 1 }],
    ['a live id loses its object at once', 'a 1 8\na 1 9\nf 1\n', {}, { liveReuse: 1, lateFrees: 0 }],
  ])('%s', (_what, text, live, counts) => {
    expect(liveAfter(text)).toEqual(live);
    expect(replay(text, new BumpTarget()).counts).toMatchObject({ unknownFrees: 0, ...counts });
  });

  it('are what errors name', () => {
    const strictly = (text: string): void => void replay(text, new BumpTarget(), { strict: true });
    expect(() => strictly('a 4 8\nf 4\nf 4\n')).toThrow(
      'x.mtrace:3: a free of the id 4, which is not live (f 4)',
    );
    expect(() => strictly('a 4 8\na 4 9\n')).toThrow('an allocation at the id 4, which is live (a 4 9)');
    expect(() => strictly('+ 0x50 0x8\n+ 0x50 0x9\n')).toThrow('at 0x50, which is live (+ 0x50 0x9)');
    // What drivers accept is sound.
    strictly('r 0 16\nf 3\nr 0 0\n');
  });

  it('are remembered however large they are', () => {
    const used = new UsedIds();
    const ids = [1, 7, 8, 9000, 2 ** 24 + 3, 2 ** 40];
    for (const id of ids) used.add(id);
    expect([...ids, 2, 9001, 2 ** 24].map((id) => used.has(id))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

const MiB = 2 ** 20;

describe('recorded programs', () => {
  // The large one takes as long as all others of this file.
  const recorded = [
    ['sqlite-ramp', 1_920_406, 959_193, 959_193, 1010, 307.2],
    ['perl', 237_640, 120_579, 116_861, 100, 16.9],
    ['git', 8_655, 4_258, 4_017, 190, 4.3],
  ] as const;
  it.each(those(recorded, ([name]) => name !== 'sqlite-ramp'))(
    '%s: operations and peak',
    async (name, ops, allocs, frees, reallocs, peakMiB) => {
      const target = new BumpTarget();
      const run = new Replay(target, { touch: 'none', strict: true });
      const lines = await forEachBatch(`traces/${name}.mtrace.gz`, (batch) => run.runAll(batch));
      expect(lines).toBe(ops + 1);
      expect(run.ops).toBe(ops);
      expect(run.counts).toEqual({
        allocs,
        frees,
        reallocs,
        unknownFrees: 0,
        liveReuse: 0,
        lateFrees: 0,
        failedReallocs: 0,
        nilAllocs: 0,
        unknownWrites: 0,
      });
      expect(run.peakLiveBytes / MiB).toBeCloseTo(peakMiB, 1);
      expect(run.liveObjects).toBe(allocs - frees);
      expect(target.mallocs - target.drops).toBe(allocs - frees);
    },
  );

  it.each([
    ['short1.rep', 12, 6, 6, 0, 0],
    ['realloc-2010.rep', 11, 4, 3, 3, 1],
    ['short.script', 5, 2, 2, 1, 0],
    ['writes.rep', 6, 2, 2, 0, 0],
  ])('%s', async (name, ops, allocs, frees, reallocs, live) => {
    const run = new Replay(new BumpTarget(), { strict: true });
    await forEachBatch(`test/fixtures/traces/${name}`, (batch) => run.runAll(batch));
    expect([run.ops, run.counts.allocs, run.counts.frees, run.counts.reallocs, run.liveObjects]).toEqual([
      ops,
      allocs,
      frees,
      reallocs,
      live,
    ]);
  });
});
