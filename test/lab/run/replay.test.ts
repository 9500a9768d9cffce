import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { Replay, type ReplayOptions } from '../../../lib/lab/run/replay.ts';
import { OperationBatch } from '../../../lib/lab/trace/operations.ts';
import { TraceParser } from '../../../lib/lab/trace/parser.ts';
import { forEachBatch } from '../../../lib/lab/trace/reader.ts';
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
      run.run(batch, 0, batch.count);
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
      'an allocation at a live pointer drops the old object',
      '+ 0x10 0x20\n+ 0x10 0x30\n- 0x10\n',
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
      failedReallocs: 1,
      nilAllocs: 1,
      unknownWrites: 0,
    });
    expect([run.ops, run.liveObjects, run.liveBytes, run.peakLiveBytes]).toEqual([10, 1, 1, 32]);
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
    ['a write to nothing', '1\n2\n1\n0\nw 1 5\n', 5, /a write to 0x2/],
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
      fc.property(fc.array(op, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (ops, rows) => {
        const text = `# script\n${ops.join('')}`;
        const [one, other] = [new BumpTarget(true), new BumpTarget(true)];
        const whole = replay(text, one, {}, 1000);
        const parts = replay(text, other, {}, rows);
        expect(other.log).toEqual(one.log);
        expect(parts.counts).toEqual(whole.counts);
        // What lives: by a Map, and by what was allocated and not dropped.
        const live = new Map<string, number>();
        for (const [kind, i, n] of ops.map((line) => line.trim().split(' '))) {
          if (kind === 'f') live.delete(i);
          else live.set(i, Number(n));
        }
        expect(whole.liveObjects).toBe(live.size);
        expect(whole.liveBytes).toBe([...live.values()].reduce((a, b) => a + b, 0));
        expect(one.mallocs - one.drops).toBe(live.size);
      }),
    );
  });
});

const MiB = 2 ** 20;

describe('recorded programs', () => {
  it.each([
    ['sqlite-ramp', 1_920_406, 959_193, 959_193, 1010, 307.2],
    ['perl', 237_640, 120_579, 116_861, 100, 16.9],
    ['git', 8_655, 4_258, 4_017, 190, 4.3],
  ])('%s: operations and peak', async (name, ops, allocs, frees, reallocs, peakMiB) => {
    const target = new BumpTarget();
    const run = new Replay(target, { touch: 'none', strict: true });
    const lines = await forEachBatch(`traces/${name}.mtrace.gz`, (batch) => run.run(batch, 0, batch.count));
    expect(lines).toBe(ops + 1);
    expect(run.ops).toBe(ops);
    expect(run.counts).toEqual({
      allocs,
      frees,
      reallocs,
      unknownFrees: 0,
      liveReuse: 0,
      failedReallocs: 0,
      nilAllocs: 0,
      unknownWrites: 0,
    });
    expect(run.peakLiveBytes / MiB).toBeCloseTo(peakMiB, 1);
    expect(run.liveObjects).toBe(allocs - frees);
    expect(target.mallocs - target.drops).toBe(allocs - frees);
  });

  it.each([
    ['short1.rep', 12, 6, 6, 0, 0],
    ['realloc-2010.rep', 11, 4, 3, 3, 1],
    ['short.script', 5, 2, 2, 1, 0],
    ['writes.rep', 6, 2, 2, 0, 0],
  ])('%s', async (name, ops, allocs, frees, reallocs, live) => {
    const run = new Replay(new BumpTarget(), { strict: true });
    await forEachBatch(`test/fixtures/traces/${name}`, (batch) => run.run(batch, 0, batch.count));
    expect([run.ops, run.counts.allocs, run.counts.frees, run.counts.reallocs, run.liveObjects]).toEqual([
      ops,
      allocs,
      frees,
      reallocs,
      live,
    ]);
  });
});
