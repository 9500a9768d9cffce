import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../lib/course/exercises/exercise.ts';
import { shortestFailure } from '../../lib/course/exercises/random-check.ts';

const failureOf = (program: readonly number[]): Failure =>
  ({ cause: 'too long', steps: program.map(String) }) as unknown as Failure;
const programs = fc.array(fc.nat(9), { maxLength: 30, size: 'max' });
const setup = { seed: 'any', runs: 50 };

describe('random programs against a hand-in', () => {
  it('find the shortest that fails', async () => {
    const found = await shortestFailure(programs, setup, async (program) =>
      program.length > 4 ? failureOf(program) : undefined,
    );
    expect(found?.steps).toHaveLength(5);
  });

  it('find nothing where nothing is wrong', async () => {
    expect(await shortestFailure(programs, setup, async () => undefined)).toBeUndefined();
  });

  it('are no success where the hand-in was ended meanwhile', async () => {
    const over = new Error('all its work is spent');
    let calls = 0;
    const play = async (): Promise<undefined> => {
      if (++calls > 3) throw over;
      return undefined;
    };
    await expect(shortestFailure(programs, setup, play)).rejects.toBe(over);
    // Nothing more is asked of it.
    expect(calls).toBe(4);
  });

  it('keep a failure that was found before the hand-in was ended', async () => {
    let failed = false;
    const found = await shortestFailure(programs, setup, async (program) => {
      if (failed) throw new Error('all its work is spent');
      failed = true;
      return failureOf(program);
    });
    expect(found?.cause).toBe('too long');
  });
});
