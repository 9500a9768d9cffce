/**
 * Programs and heaps as text, played for `lab step`. A line each; what is behind # is a remark.
 *
 *     phase 0 100 60        from this second on so many MiB live, and so many are allocated in a second
 *     limit 4 80            from this second on a limit of so many MiB
 *     end 10                seconds
 *
 * For `goalOf` a line is a heap, as in go121.txt: with Go's numbers.
 */
import { PageHeapError } from '../../../base/errors.ts';
import { MiB, second } from '../../../base/units.ts';
import { numberArgument } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { failedStep } from '../own-policy.ts';
import { collect, type Phase } from './collector.ts';
import { goalOf, goNumbers, parseGoals, type SpareBase } from './goals.ts';
import { bySizes, withHindsight } from './hindsight.ts';
import { goalFunction, paceQuestion, policyOn, viewText } from './play.ts';
import type { Prices } from './waste.ts';

const counts: Readonly<Record<string, number>> = { phase: 3, limit: 2, end: 1 };

/** @throws PageHeapError ERR_FILE, with the line */
function parseProgram(text: string) {
  const phases: Phase[] = [];
  const limits: { from: number; bytes: number }[] = [];
  let end = 10 * second;
  for (const [i, line] of text.split('\n').entries()) {
    const [word = '', ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (word === '') continue;
    const n = rest.map(Number);
    if (counts[word] !== n.length || !n.every((x) => x >= 0))
      throw new PageHeapError('ERR_FILE', 'is no line of phase, limit or end with so many numbers', {
        file: 'the trace',
        line: i + 1,
      });
    const [a = 0, b = 0, c = 0] = n;
    if (word === 'phase') phases.push({ from: a * second, live: b * MiB, rate: Math.max(0.001, c) * MiB });
    else if (word === 'limit') limits.push({ from: a * second, bytes: b * MiB });
    else end = a * second;
  }
  if (phases[0]?.from !== 0)
    throw new PageHeapError('ERR_FILE', 'has no phase from second 0 on', { file: 'the trace' });
  return { phases, limits, end };
}

async function goalSteps(bench: Bench, base: SpareBase, text: string): Promise<Step[]> {
  await bench.fresh();
  const steps: Step[] = [];
  for (const { heap } of parseGoals(text)) {
    const { memoryLimit, ...rest } = heap;
    const given = { ...rest, memoryLimit: numberArgument(memoryLimit) };
    const { answers, stopped } = await bench.run([['export', goalFunction, given, { ...goNumbers }]]);
    const trouble = troubleOf(answers[0], stopped);
    const { goal, why } = goalOf(heap, goNumbers, base);
    steps.push({
      asked: `${heap.heapMarked} marked, GOGC ${heap.gcPercent}, limit ${memoryLimit}`,
      answered: trouble?.words ?? shown(answers[0]?.[0]),
      expected: String(goal),
      note: why,
    });
    if (trouble !== undefined) break;
  }
  return steps;
}

const unkept =
  'no size keeps this program below its least limit, so hindsight says nothing: it has to come on all the same';

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export async function stepsOf(
  bench: Bench,
  base: SpareBase,
  prices: Prices,
  trace: string,
  on: string,
): Promise<Step[]> {
  if (on === goalFunction) return goalSteps(bench, base, trace);
  const program = { ...parseProgram(trace), speed: prices.speed, gcPercent: 100 };
  const policy = policyOn(bench);
  await policy.begin();
  const { sizes, waste } = await withHindsight(program, prices);
  const known = bySizes(program, sizes);
  const isKept = waste < Number.POSITIVE_INFINITY;
  const steps: Step[] = [];
  const told = (bytes: number): string =>
    bytes === Number.POSITIVE_INFINITY ? 'Infinity' : `${(bytes / MiB).toFixed(1)} MiB`;
  await collect(program, async (view) => {
    const pace = await policy.ask(paceQuestion(view));
    steps.push({
      asked: viewText(view),
      answered: pace === undefined ? (policy.failure?.answered ?? '') : told(pace.goal),
      ...(isKept ? { expected: told(known(view).goal), whose: 'with hindsight' } : { expected: '' }),
      ...(isKept || steps.length > 0 ? {} : { note: unkept }),
    });
    return pace;
  });
  return steps.length > 0 ? steps : failedStep(policy.failure);
}
