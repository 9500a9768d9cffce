import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Pairs } from '../../bench/baseline/pair.ts';
import type { Command, Outcome } from '../../bench/participant.ts';
import { isWhole } from '../support/extent.ts';

/** It runs the compiled code: `npm test` compiles first. */
const turns = fileURLToPath(new URL('../../dist/bench/baseline/turns.js', import.meta.url));
const pairs = new Pairs(turns);
afterAll(() => pairs.dispose());

function script(text: string): Command {
  return { file: process.execPath, args: ['-e', text] };
}

/** Works for 60 ms of its own time; tells the wall clock at every step, and how long it thought that it took. */
const worker = script(`
  const clock = () => Number(process.hrtime.bigint()) / 1e6;
  // The first time before any look at the clock, where a turn may end.
  const at = [clock()], begin = performance.now();
  while (performance.now() - begin < 60) at.push(clock());
  console.log(JSON.stringify({ name: 'x', params: {}, ns: 1, at, own: performance.now() - begin }));
`);

function told(outcome: Outcome | undefined): { at: number[]; own: number } {
  if (outcome === undefined || 'error' in outcome) throw new Error(outcome?.error ?? 'no outcome');
  return outcome.measurements[0] as unknown as { at: number[]; own: number };
}

describe('a pair', () => {
  it('takes turns, and neither counts what it waits', async () => {
    expect(existsSync(turns)).toBe(true);
    const [a, b] = (await pairs.run(worker, worker)).map(told);
    const steps = [...a.at.map((at) => ({ at, by: 'a' })), ...b.at.map((at) => ({ at, by: 'b' }))];
    steps.sort((one, other) => one.at - other.at);
    expect(steps[0].by).toBe('a');
    const changes = steps.filter(({ by }, i) => i > 0 && by !== steps[i - 1].by).length;
    // 60 ms in turns of 3 make forty changes, fewer where a step itself takes long.
    expect(changes).toBeGreaterThan(8);
    for (const { own, at } of [a, b]) {
      expect(own).toBeGreaterThanOrEqual(60);
      expect(at[at.length - 1] - at[0]).toBeGreaterThan(own);
    }
  });

  it.runIf(isWhole)('goes on alone where the other has ended, however it did', async () => {
    for (const other of ['', 'process.kill(process.pid, "SIGKILL")', 'throw new Error("broken")']) {
      const [a, b] = await pairs.run(script(other), worker);
      expect(a).toHaveProperty('error');
      expect(told(b).own).toBeGreaterThanOrEqual(60);
    }
    const [a, b] = await pairs.run(worker, script('throw new Error("broken")'));
    expect(told(a).own).toBeGreaterThanOrEqual(60);
    expect(b).toMatchObject({ error: expect.stringContaining('broken') });
  });

  it('runs one alone', async () => {
    expect((await pairs.run(undefined, worker))[0]).toBeUndefined();
    expect(told((await pairs.run(worker, undefined))[0]).at.length).toBeGreaterThan(1);
  });

  it.runIf(isWhole)('tells a case that is not known from one that failed', async () => {
    const unknown = { ...script('process.exit(4)'), unknown: 4 };
    expect((await pairs.run(unknown, worker))[0]).toBeUndefined();
    expect((await pairs.run({ ...unknown, unknown: 5 }, worker))[0]).toHaveProperty('error');
  });
});
