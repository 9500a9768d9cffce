/**
 * A trace of pages, call by call, on the page heap for which any free run will do, for `lab step`: beside its own free runs stand those
 * that are free by its answers.
 *
 * Not here: the same for points (play-free.ts).
 */
import type { PageOp } from '../../../lab/trace/page-text.ts';
import { FitModel, type Run } from '../../model/fits.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, runsOf, shown, troubleOf } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { livesOf } from './held.ts';
import { copy, growthFor, growthPages, runsText } from './play.ts';

const look: Call = [0, 'forEachFree', { collect: true }];

/** Ends with the first call that has no right answer. */
export async function stepsOfOwn(bench: Bench, target: string, ops: readonly PageOp[]): Promise<Step[]> {
  await bench.fresh();
  const model = new FitModel(() => -1);
  const lives = livesOf(ops);
  const place = new Map<number, Run>();
  const steps: Step[] = [];
  let isOver = false;
  /** Makes a call. @returns its answer; undefined where there was none */
  const call = async (
    asked: string,
    calls: readonly Call[],
    /** What is right of the answer; told where it is wrong. */
    expected: (value: Answer[0]) => string | undefined = () => undefined,
    act: (value: Answer[0]) => void = () => undefined,
  ): Promise<Answer[0] | undefined> => {
    const { answers, stopped } = await bench.run([...calls, look]);
    const answer = answers[calls.length - 1];
    const trouble = troubleOf(answer, stopped);
    const value = trouble === undefined ? (answer as Answer)[0] : undefined;
    const right = value === undefined ? undefined : expected(value);
    if (value !== undefined && right === undefined) act(value);
    const isTold = value !== undefined && asked.startsWith('alloc');
    const answered = trouble?.words ?? (isTold ? shown(value) : '');
    const registry = trouble === undefined ? runsOf(answers[calls.length]) : undefined;
    steps.push({
      ...{ asked, answered, expected: right ?? (trouble === undefined ? answered : 'an answer') },
      free: { pages: model.pages, registry, model: copy(model.runs) },
    });
    isOver = value === undefined || right !== undefined;
    return value;
  };
  const grow = async (n: number, lead: readonly Call[] = []): Promise<void> => {
    const page = model.pages;
    model.grow(page, n);
    await call(`grow(${page}, ${n})`, [...lead, [0, 'grow', page, n]]);
  };
  const alloc = async (id: number, n: number, isGrown: boolean): Promise<void> => {
    const life = lives.get(id) as number;
    const isRight = (value: Answer[0]): boolean =>
      value === -1
        ? !isGrown
        : typeof value === 'number' && Number.isInteger(value) && model.isFree(value, n);
    const value = await call(
      `alloc(${n}, ${life})`,
      [[0, 'alloc', n, life]],
      (answer) => (isRight(answer) ? undefined : `one of ${runsText(model.runs)}`),
      (answer) => {
        if (answer === -1) return;
        model.take(answer as number, n);
        place.set(id, { page: answer as number, n });
      },
    );
    if (isOver || value !== -1) return;
    await grow(growthFor(n));
    if (!isOver) await alloc(id, n, true);
  };
  await grow(growthPages, [['new', target]]);
  for (const op of ops) {
    if (isOver) break;
    if (op.k === 'alloc') await alloc(op.id, op.pages, false);
    else if (op.k === 'free') {
      const { page, n } = place.get(op.id) as Run;
      model.free(page, n);
      place.delete(op.id);
      await call(`free(${page}, ${n})`, [[0, 'free', page, n]]);
    }
  }
  return steps;
}
