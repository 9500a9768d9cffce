/** Exercise 2: what a heap holds, and what the instructor's page says that rules get as a rule of one's own. */
import { describe, expect, it } from 'vitest';
import { Held, livesOf } from '../../lib/course/exercises/best-fit/held.ts';
import { ownShare, ownTraces, plainOf, total } from '../../lib/course/exercises/best-fit/index.ts';
import { type Played, playFree, playModel } from '../../lib/course/exercises/best-fit/play-free.ts';
import { wayOf } from '../../lib/course/exercises/hindsight.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { chooserOf, type FitName, type FitRules } from '../../lib/course/model/fits.ts';
import { isWhole } from '../support/extent.ts';

const exercise = exerciseOf('best-fit');
const reference = referenceFiles(ownPack, exercise, 'ada', 't').get(exercise.handin) ?? '';
const points = { checkerboard: 8, ramp: 9, churn: 9 } as const;
const patternNames = Object.keys(points) as (keyof typeof points)[];
const rulesOf = (i: number): FitRules => ({ tail: 7 + (i % 5), tie: i % 2 === 0 ? 'lowest' : 'highest' });

describe('what is held', () => {
  it('are the blocks in which something is in use, and at least as many as what lives fills', () => {
    const held = new Held();
    held.take(15, 2);
    held.pass();
    expect(held.mean).toEqual({ held: 32, least: 16 });
    held.take(0, 15);
    held.pass();
    held.free(15, 2);
    held.pass();
    expect(held.mean).toEqual({ held: (32 + 32 + 16) / 3, least: (16 + 32 + 16) / 3 });
  });

  it('is told by how long each allocation lives', () => {
    const ops = [
      { k: 'alloc', id: 1, pages: 1 },
      { k: 'alloc', id: 2, pages: 1 },
      { k: 'free', id: 1 },
    ] as const;
    expect([...livesOf(ops)]).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });
});

describe('a rule of one’s own that is', () => {
  type Own = Record<string, (...of: unknown[]) => unknown>;
  /** In this process, where nothing is counted: the pack is ours. */
  const benchOf = (OwnFit: new () => Own) => {
    let heap: Own = {};
    const run = async (calls: readonly (readonly unknown[])[], until?: readonly unknown[]) => {
      const answers: unknown[][] = [];
      for (const [of, name, ...args] of calls) {
        if (of === 'new') heap = new OwnFit();
        const told = args.map((arg) =>
          typeof arg === 'object' ? answers[(arg as { answer: number }).answer]?.[0] : arg,
        );
        answers.push([of === 'new' ? null : heap[name as string]?.(...told), 1]);
        if (name === until?.[0] && answers.at(-1)?.[0] === until?.[1]) break;
      }
      return { answers };
    };
    return { again: async () => {}, run } as unknown as Parameters<typeof playFree>[0];
  };

  /** The points of a student, and the way on each pattern. */
  async function pointsOf(
    play: (ops: Parameters<typeof playModel>[1], i: number) => Promise<Total>,
    i: number,
  ) {
    let sum = 0;
    const ways: number[] = [];
    for (const pattern of patternNames) {
      const traces = ownTraces(pattern, `s${i} ${pattern}`);
      const plain = plainOf(traces, rulesOf(i));
      const played: Total[] = [];
      for (const trace of traces) played.push(await play(trace, i));
      sum += points[pattern] * ownShare(pattern, played, plain);
      ways.push(wayOf(total(played, 'held') / traces.length, plain));
    }
    return { sum, ways };
  }
  type Total = Pick<Played, 'pages' | 'peak' | 'held' | 'least'>;

  const students = Array.from({ length: isWhole ? 30 : 4 }, (_, i) => i);

  async function edited(edit: (text: string) => string): Promise<number[]> {
    const { OwnFit } = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(edit(reference))}`
    )) as { OwnFit: new () => Own };
    const bench = benchOf(OwnFit);
    const sums: number[] = [];
    for (const i of students) {
      const { sum, ways } = await pointsOf(async (ops) => {
        const played = await playFree(bench, 'OwnFit', ops);
        expect(played.failure).toBeUndefined();
        return played;
      }, i);
      sums.push(sum);
      expect(Math.max(...ways)).toBeLessThan(0.9);
    }
    return sums;
  }

  it('the reference has all points', async () => {
    expect(new Set(await edited((text) => text))).toEqual(new Set([26]));
  });

  it.each([
    ['never grown for its own ends', 'const isRoom = this', 'const isRoom = false && this', 18, 25.9],
    ['not told how long it lives', 'this.now + 1 + lives', 'this.now + 100', 0, 10],
  ])('%s has some', async (_what, find, replace, least, most) => {
    expect(reference).toContain(find);
    const sums = await edited((text) => text.replace(find, () => replace));
    const mean = sums.reduce((sum, n) => sum + n, 0) / sums.length;
    expect([mean >= least, mean <= most]).toEqual([true, true]);
  });

  it.each(['FirstFit', 'BestFit', 'NextFit'] as const)(
    'the %s of the handout has none',
    async (name: FitName) => {
      for (const i of students) {
        const rules = rulesOf(i);
        const { sum } = await pointsOf(async (ops) => playModel(chooserOf(name, rules), ops, rules.tail), i);
        expect([i, sum]).toEqual([i, 0]);
      }
    },
  );
});
