/** A question on a machine where others had the CPU: what goes by the clock does not fail. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { clocked } from '../../../lib/lab/questions/answering.ts';
import { type Asked, askQuestion, type Makers } from '../../../lib/lab/questions/ask.ts';
import type { Bound, Question, QuestionMachine } from '../../../lib/lab/questions/question.ts';
import { questionNamed } from '../../../lib/lab/questions/questions.ts';
import { inProcess, machine } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-busy-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ask = (question: Question, makers: Makers, on: QuestionMachine): Promise<Asked> =>
  askQuestion(question, { folder, size: 0.02, machine: on, makers });

describe('on a machine where others had the CPU', () => {
  const bounds = (clockedHolds: boolean): Bound[] => [
    clocked({ says: 'it is quick', found: '1.4 ×', holds: clockedHolds }),
    { says: 'it is whole', found: 'all', holds: true },
  ];
  const of = (measures: boolean, clockedHolds = false): Question => ({
    ...questionNamed('allocation'),
    ask: async ({ run, measure }) => {
      if (measures) await measure({ name: 'short', measure: () => 1 }, {});
      else await run({ label: 'one', workload: { name: 'stripes', scale: 0.002, timeScale: 0 } });
      return { table: { head: [], rows: [] }, bounds: bounds(clockedHolds) };
    },
  });
  const telling = (waited: number | undefined): Makers => ({
    ...inProcess,
    measure: async (measurement, params, _signal, tell) => {
      if (waited !== undefined) tell?.({ seconds: 1, waited });
      return measurement.measure(params);
    },
  });
  const outcomes = async (question: Question, makers: Makers, load = 0) => {
    const { answer, verdict } = await ask(question, makers, { ...machine, load });
    return { verdict, holds: answer.bounds.map(({ holds }) => holds), why: answer.bounds[0]?.why };
  };

  it('what fails in a measurement by the clock is not known, and what holds holds', async () => {
    expect((await outcomes(of(true, true), telling(0.4))).holds).toEqual([true, true]);
    expect(await outcomes(of(true), telling(0.4))).toEqual({
      ...{ verdict: 'held', holds: [undefined, true] },
      why: 'others had the CPU (the measurement short waited for one for 40 % of its time), and it came to 1.4 ×; ask again on a quiet machine',
    });
    expect((await outcomes(of(true), telling(0.04))).verdict).toBe('failed');
  });

  it('the load decides where the kernel does not tell', async () => {
    expect((await outcomes(of(true), telling(undefined), 27)).holds).toEqual([undefined, true]);
    expect((await outcomes(of(true), telling(undefined), 1)).verdict).toBe('failed');
    expect((await outcomes(of(true), telling(0), 27)).verdict).toBe('failed');
  });

  it('so is what was seen in a run', async () => {
    const waiting: Makers = {
      ...inProcess,
      run: async (options, ...rest) => {
        await inProcess.run(options, ...rest);
        const text = readFileSync(options.output, 'utf8');
        writeFileSync(options.output, text.replaceAll(/"waitNs":\d+/g, '"waitNs":4000000000'));
      },
    };
    expect(await outcomes(of(false), waiting)).toMatchObject({
      verdict: 'held',
      why: expect.stringContaining('others had the CPU (the run one waited for one), and it came to 1.4'),
    });
    expect((await outcomes(of(false), inProcess)).verdict).toBe('failed');
  });
});
