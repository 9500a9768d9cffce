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
import { costOf, runHeap } from '../../lib/course/exercises/dense-rule/heap.ts';
import { recordFile } from '../../lib/course/exercises/dense-rule/index.ts';
import {
  above,
  byPrice,
  goRule,
  keepsNothing,
  plainCost,
  type Rule,
} from '../../lib/course/exercises/dense-rule/policies.ts';
import { livesFor, programNames } from '../../lib/course/exercises/dense-rule/programs.ts';
import { clearly, firstTelling, quartersOf } from '../../lib/course/exercises/telling.ts';
import { isWhole } from '../support/extent.ts';

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

it('there is a program that tells rules apart, with any seed and price, and soon', async () => {
  let tries = 0;
  const seeds = isWhole ? 20 : 6;
  for (let k = 0; k < seeds; k++) {
    const prices = { huge: 60 + 10 * (k % 5), fault: 4 + (k % 4) };
    for (const name of programNames) {
      const told = await firstTelling(`seed ${k}`, async (seed) => {
        tries++;
        const lives = livesFor(name, seed);
        const cost = async (rule: Rule): Promise<number> =>
          costOf(await runHeap(lives, (chunks) => chunks.map(rule)), prices);
        const plain = await plainCost(lives, prices);
        return { reference: undefined, best: await cost(byPrice(prices)), plain };
      });
      expect([k, name, told.best <= clearly * told.plain]).toEqual([k, name, true]);
      expect([quartersOf(told.best, told), quartersOf(told.plain, told)]).toEqual([1, 0]);
    }
  }
  expect(tries).toBeLessThan((isWhole ? 1.5 : 2.5) * seeds * programNames.length);
});

it('no number alone, and no number of a chunk, has points of cost', async () => {
  const prices = { huge: 80, fault: 5 };
  const byWorth: Rule = ({ inUse, broken }) => !broken && 512 - inUse <= (prices.huge * inUse) / 512;
  const rules: Rule[] = [goRule(), keepsNothing(), above(60), above(250), above(441), byWorth];
  for (let k = 0; k < 4; k++) rules.push((of) => (of.chunk % 4 === k ? above(60)(of) : byWorth(of)));
  for (const name of programNames) {
    const shares = rules.map(() => 0);
    for (let k = 0; k < 4; k++) {
      const cost = async (lives: ReturnType<typeof livesFor>, rule: Rule): Promise<number> =>
        costOf(await runHeap(lives, (chunks) => chunks.map(rule)), prices);
      const told = await firstTelling(`seed ${k}`, async (seed) => {
        const lives = livesFor(name, seed);
        return {
          lives,
          reference: undefined,
          best: await cost(lives, byPrice(prices)),
          plain: await plainCost(lives, prices),
        };
      });
      for (const [i, rule] of rules.entries())
        shares[i] = (shares[i] ?? 0) + quartersOf(await cost(told.lives, rule), told);
    }
    expect([name, Math.max(...shares) <= 0.25]).toEqual([name, true]);
  }
});
