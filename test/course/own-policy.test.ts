/** What is told of a policy that is asked second by second: its answers, the few questions that show it, and a curve. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../lib/course/exercises/exercise.ts';
import { variantFor } from '../../lib/course/handout/start.ts';
import { drawCurve } from '../../lib/course/report/curve.ts';
import { drawFailure } from '../../lib/course/report/failures.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { Bench, prepare } = (await compiled(
  'exercises/bench.js',
)) as typeof import('../../lib/course/exercises/bench.ts');
const { exerciseOf } = (await compiled(
  'exercises/registry.js',
)) as typeof import('../../lib/course/exercises/registry.ts');

const exercise = exerciseOf('scavenging');
const variant = variantFor(exercise, 'ada', 't');

/** What a check says of a policy. */
async function failureOf(check: string, onSecond: string): Promise<Failure> {
  const text = `export class Scavenger { asked = 0; onSecond({ second, inUse, free }) { this.asked++; ${onSecond} } }`;
  const handin = prepare({ file: 'mine.mjs', text, entry: 'mine.mjs', modules: {}, exports: ['Scavenger'] });
  if (!('entry' in handin)) throw new Error(JSON.stringify(handin));
  const bench = new Bench(handin);
  try {
    const found = await exercise
      .checks(variant)
      .find(({ name }) => name === check)
      ?.run(bench, '');
    if (found === undefined) throw new Error('nothing is wrong');
    return found;
  } finally {
    bench.close();
  }
}

const same = (text: string): string => text;
const paint = { bold: same, red: same, green: same, yellow: same };
const told = (failure: Failure): string[] => drawFailure(failure, 100, paint).split('\n');

describe('a policy that answers what may not be', () => {
  it('is told with one second, where that is enough', async () => {
    const found = await failureOf('answers that may be given', 'return second > 9 ? 0.5 : 0;');
    expect(found).toMatchObject({ cause: 'onSecond answers no whole number', begun: 'new Scavenger()' });
    expect(found.steps).toHaveLength(1);
    expect(found.operations).toBeUndefined();
    expect(told(found).filter((line) => line.includes('onSecond('))).toHaveLength(1);
  });

  it('is told with as few seconds as show it, and what was answered in each', async () => {
    const found = await failureOf(
      'answers that may be given',
      'return this.asked > 3 ? -1 : Math.min(free, 7);',
    );
    expect(found.steps).toHaveLength(4);
    for (const step of found.steps.slice(0, -1))
      expect(step).toMatch(/^second \d+: in use \d+, free \d+, released \d+ → gave back [0-7]$/);
    expect(told(found).filter((line) => line.includes('→ gave back'))).toHaveLength(3);
  });

  it('is told with its last seconds, where it takes many', async () => {
    const found = await failureOf('answers that may be given', 'return this.asked > 70 ? -1 : 0;');
    expect(found).toMatchObject({ operations: 71, asked: expect.stringContaining('second: 70') });
    expect(found.steps).toHaveLength(5);
    expect(told(found).filter((line) => line.includes('→ gave back 0'))).toHaveLength(4);
    expect(told(found).join('\n')).toContain('… 66 earlier');
  });

  it('is drawn with what was resident until then, where it is played', async () => {
    const { curve } = await failureOf('an idle program', 'return this.asked > 40 ? 0.5 : 0;');
    expect(curve?.spot).toEqual({ index: 40, text: 'second 40' });
    expect(curve?.values).toHaveLength(41);
  });

  it('is told with what it threw, and where', async () => {
    const thrown = await failureOf(
      'answers that may be given',
      'if (second > 3) throw new Error(`no`); return 0;',
    );
    expect(thrown).toMatchObject({ answered: 'threw Error: no', at: 'mine.mjs:1', begun: 'new Scavenger()' });
  });
});

describe('a play that is wrong as a whole', () => {
  it('is drawn, with the second from which it is wrong and what was answered in it', async () => {
    const found = await failureOf('a demand that comes again', 'return Math.min(free, 300);');
    const { spot, start } = found.curve ?? {};
    const second = Number(/^second (\d+): .* → gave back [1-9]/.exec(found.asked)?.[1]);
    expect(spot?.text).toBe(`second ${second}`);
    expect(start).toBe(`second ${second - Number(spot?.index)}`);
    expect(found.steps.at(-1)).toBe(found.asked);
    expect(told(found).some((line) => line.includes(`^ second ${second}`))).toBe(true);
  });

  it('is drawn with what would be right', async () => {
    const found = await failureOf('an idle program', 'return 0;');
    expect(found.curve?.mark).toBeGreaterThan(200);
    expect(found).toMatchObject({ asked: expect.stringMatching(/^second 61: .* → gave back 0$/) });
  });
});

describe('the spot of a curve', () => {
  const values = Array.from({ length: 40 }, (_, i) => i);
  const line = (index: number, columns: number): string | undefined =>
    drawCurve({ what: 'pages', values, end: '40 s', spot: { index, text: 'second' } }, columns).find(
      ({ cells }) => cells.includes('^'),
    )?.cells;

  it.each([
    [0, 60, '^ second'],
    [5, 60, '     ^ second'],
    [39, 40, `${' '.repeat(32)}second ^`],
    [39, 20, `${' '.repeat(12)}second ^`],
  ])('of value %d in %d columns', (index, columns, text) => {
    expect(line(index, columns)).toBe(text);
  });

  it('begins where the curve does', () => {
    const text = drawCurve({ what: 'pages', values, start: 'second 3', end: 'second 43' }, 60).at(-1)?.cells;
    expect(text).toBe('pages, from second 3 to second 43');
  });
});
