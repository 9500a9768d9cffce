/** Exercise 9: the account of a chunk beside a real Go, the simulated heap, and the reference with any seed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ChunkModel,
  type ChunkOp,
  goDense,
  ownRules,
  parseRecord,
} from '../../lib/course/exercises/dense-rule/chunk.ts';
import {
  costOf,
  type HeapRun,
  type Life,
  type Prices,
  runHeap,
} from '../../lib/course/exercises/dense-rule/heap.ts';
import { withHindsight } from '../../lib/course/exercises/dense-rule/hindsight.ts';
import { buckets, denseRule, recordFile } from '../../lib/course/exercises/dense-rule/index.ts';
import { above, goRule, keepsNothing, type Rule } from '../../lib/course/exercises/dense-rule/policies.ts';
import { livesFor, programNames } from '../../lib/course/exercises/dense-rule/programs.ts';
import { leastRoom, programFor } from '../../lib/course/exercises/dense-rule/telling.ts';
import { firstWithRoom, wayShare } from '../../lib/course/exercises/hindsight.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { variantFor } from '../../lib/course/handout/start.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { isWhole } from '../support/extent.ts';
import { stepsOn } from './stepping.ts';

function answers(model: ChunkModel, ops: readonly ChunkOp[]): boolean[] {
  return ops.flatMap((op) => {
    if (op.k === 'alloc' || op.k === 'free') model[op.k](op.n);
    else if (op.k === 'collected') model.collected();
    else return [model[op.k]()];
    return [];
  });
}

describe('the account of a chunk', () => {
  it('decides as a real Go did, in each of 640 cases', () => {
    const recorded = parseRecord(readFileSync(recordFile(), 'utf8'));
    expect(recorded.reduce((n, one) => n + one.answers.length, 0)).toBe(640);
    for (const { ops, answers: right } of recorded)
      expect(answers(new ChunkModel(goDense, 'most'), ops)).toEqual(right);
  });

  it('has three other rules, and none of them is Go’s', () => {
    const alloc = (n: number): ChunkOp => ({ k: 'alloc', n });
    const free = (n: number): ChunkOp => ({ k: 'free', n });
    const collected: ChunkOp = { k: 'collected' };
    const keeps: ChunkOp = { k: 'keeps' };
    const own: ChunkOp = { k: 'ownKeeps' };
    const ops = [alloc(500), free(20), keeps, own, collected, keeps, own, free(100), keeps, own];
    const more = [collected, alloc(112), collected, free(30), keeps, own, collected, collected, keeps, own];
    const all = [...ops, ...more];
    const of = (pick: 0 | 1): string[] =>
      ownRules.map((rule) =>
        answers(new ChunkModel(480, rule), all)
          .map(Number)
          .filter((_, i) => i % 2 === pick)
          .join(''),
      );
    expect(new Set(of(0)).size).toBe(1);
    expect(of(1)).toEqual(['11110', '01000', '11000']);
  });
});

describe('the simulated heap', () => {
  it('breaks a chunk of which a part goes back, and has it whole again when it was full twice', async () => {
    const life = [500, 400, 400, 500, 500, 400];
    const run = await runHeap([life], (chunks) => chunks.map(({ inUse }) => inUse >= 450));
    expect(run.resident).toEqual([512, 400, 400, 500, 512, 400]);
    expect(run.hugeChunks).toEqual([1, 0, 0, 0, 1, 0]);
    expect(run.faults).toEqual([0, 0, 0, 100, 0, 0]);
  });

  it('asks about what something can be given back of, with what is known of it', async () => {
    const asked: unknown[] = [];
    await runHeap([[512, 500, 500]], (chunks) => {
      asked.push(chunks);
      return chunks.map(() => true);
    });
    const chunk = { chunk: 0, inUse: 500, broken: false };
    expect(asked).toEqual([
      [],
      [{ ...chunk, lastInUse: 512, changed: true, age: 0 }],
      [{ ...chunk, lastInUse: 500, changed: false, age: 1 }],
    ]);
  });
});

describe('lab step, of a rule', () => {
  const whom = { id: 'dense-rule', student: 'ada', term: 't', on: 'DenseRule' };
  const step = (body: string, trace: string) =>
    stepsOn(
      whom,
      new Map([['mine.mjs', `export class Chunk {}\nexport class DenseRule { keeps(chunk) { ${body} } }`]]),
      trace,
    );

  it('tells each answer, those of the best plain one and of hindsight, and the cost so far', async () => {
    const steps = await step('return chunk.inUse > 500;', 'chunk\nuse 512 3\nuse 300 9');
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      asked: expect.stringMatching(/^second 3: keeps\(\{ chunk: 0, inUse: 300/),
      ...{ answered: 'false', expected: 'false', whose: 'with hindsight' },
    });
    expect(steps[0]?.note).toMatch(
      /^plain \(.*\): false\nsecond 3 ends: 0 pages .*cost so far (\d+\.\d) \(plain \1, hindsight \1\)$/,
    );
    const kept = await step('return true;', 'chunk\nuse 512 3\nuse 300 9');
    expect(kept.map(({ expected }) => expected)).toEqual([
      'false',
      ...new Array(8).fill('nothing to give back'),
    ]);
    expect(kept.at(-1)?.note).toContain(`cost so far ${((9 * 212) / 12).toFixed(1)} (`);
  });

  it('takes a program of the grade, or some seconds of it, and ends with what is no answer', async () => {
    const steps = await step('return chunk.inUse > 400;', 'program holes 40 41');
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.every(({ asked }) => /^second 4[01]: /.test(asked))).toBe(true);
    const wrong = await step("return chunk.inUse === 300 ? 'yes' : true;", 'chunk\nuse 500 3\nuse 300 9');
    expect(wrong.at(-1)).toMatchObject({ isWrong: true, answered: '"yes"', expected: 'true or false' });
  });

  it.each(['use 1 1', 'chunk\nuse 513 1', 'chunk\nuse 1', 'program none', 'chunk 1'])(
    'the line %j is refused with its number',
    async (line) => {
      const at = line.split('\n').length + 1;
      await expect(step('', `# first\n${line}`)).rejects.toMatchObject({ code: 'ERR_FILE', line: at });
    },
  );
});

describe('hindsight', () => {
  const prices = { huge: 80, fault: 5 };

  it('costs as little as the cheapest of all ways to decide', async () => {
    const chance = chanceOf('all ways');
    for (let k = 0; k < (isWhole ? 60 : 12); k++) {
      const life = Array.from({ length: 8 }, () => chance.oneOf([512, 500, 400, 250, 20, 0]));
      let least = Number.POSITIVE_INFINITY;
      for (let ways = 0; ways < 2 ** life.length; ways++) {
        let second = -1;
        const run = await runHeap([life], (chunks) => {
          second++;
          return chunks.map(() => ((ways >> second) & 1) === 1);
        });
        least = Math.min(least, costOf(run, prices));
      }
      expect([life, (await withHindsight([life], prices)).cost]).toEqual([life, least]);
    }
  });

  it('of several chunks is the sum of theirs', async () => {
    const lives = livesFor('breathing', 'seed').slice(0, 5);
    let sum = 0;
    for (const life of lives) sum += (await withHindsight([life], prices)).cost;
    expect((await withHindsight(lives, prices)).cost).toBeCloseTo(sum, 6);
  });
});

/** The reference's own rule: it is in the pack alone. */
async function referenceRule(student: string): Promise<{ rule: () => Rule; prices: Prices }> {
  const text = referenceFiles(ownPack, denseRule, student, 't').get(denseRule.handin) ?? '';
  const { DenseRule } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`
  )) as { DenseRule: new () => { keeps: Rule } };
  const { huge, fault } = variantFor(denseRule, student, 't');
  return {
    rule: () => {
      const rule = new DenseRule();
      return (chunk) => rule.keeps(chunk);
    },
    prices: { huge: Number(huge), fault: Number(fault) },
  };
}

const runOf = (lives: readonly Life[], rule: Rule): Promise<HeapRun> =>
  runHeap(lives, (chunks) => chunks.map(rule));

it('there is a program with room for rules, soon, and the reference has all points, with any seed and price', async () => {
  let tries = 0;
  const seeds = isWhole ? 40 : 2;
  for (let k = 0; k < seeds; k++) {
    const { rule, prices } = await referenceRule(`student ${k}`);
    for (const name of programNames) {
      const way = await firstWithRoom(
        `seed ${k}`,
        (seed) => {
          tries++;
          return programFor(name, seed, prices);
        },
        leastRoom,
      );
      expect([k, name, way.hindsight <= leastRoom * way.plain]).toEqual([k, name, true]);
      const cost = costOf(await runOf(way.lives, rule()), prices);
      expect([k, name, wayShare(cost, way, buckets)]).toEqual([k, name, 1]);
    }
  }
  expect(tries).toBeLessThan((isWhole ? 4 : 6) * seeds * programNames.length);
});

it('no number alone, and no number of a chunk, has points of cost', async () => {
  const prices = { huge: 80, fault: 5 };
  const byWorth: Rule = ({ inUse, broken }) => !broken && 512 - inUse <= (prices.huge * inUse) / 512;
  const rules: Rule[] = [goRule(), keepsNothing(), above(60), above(250), above(441), byWorth];
  for (let k = 0; k < 4; k++) rules.push((of) => (of.chunk % 4 === k ? above(60)(of) : byWorth(of)));
  for (const name of programNames) {
    const shares = rules.map(() => 0);
    for (let k = 0; k < 2; k++) {
      const way = await firstWithRoom(`seed ${k}`, (seed) => programFor(name, seed, prices), leastRoom);
      for (const [i, rule] of rules.entries()) {
        const cost = costOf(await runOf(way.lives, rule), prices);
        shares[i] = (shares[i] ?? 0) + wayShare(cost, way, buckets);
      }
    }
    expect([name, Math.max(...shares) <= 0.25]).toEqual([name, true]);
  }
});
