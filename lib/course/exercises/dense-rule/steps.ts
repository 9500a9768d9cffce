/**
 * Chunks as text, played for `lab step` on the simulated heap: what the rule answers for each, beside the best plain rule and hindsight.
 * A line each; what is behind # is a remark.
 *
 *     chunk                    a chunk; the lines below tell its life
 *     use 512 3                so many of its pages are in use, for so many seconds
 *     program holes            the program of that name, with the open seed
 *     program holes 40 60      of which these seconds are told
 *
 * A life that ends sooner than others goes on as it ended.
 */
import { PageHeapError } from '../../../base/errors.ts';
import type { ChunkDensity } from '../../../pages/radix/dense-rule.ts';
import type { Bench } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { failedStep } from '../own-policy.ts';
import { chunkPages } from './chunk.ts';
import { costsSoFar, type Life, type Prices, runHeap } from './heap.ts';
import { withHindsight } from './hindsight.ts';
import { keepsQuestion, ruleOn } from './play.ts';
import { bestPlain } from './policies.ts';
import { programNames } from './programs.ts';
import { tellingProgram } from './telling.ts';

const mostChunks = 64;
const mostSeconds = 600;

interface Told {
  readonly lives: readonly Life[];
  readonly from: number;
  /** The last second that is told. */
  readonly to: number;
}

const notALine = (line: number): PageHeapError =>
  new PageHeapError(
    'ERR_FILE',
    `is no line of chunk, use PAGES SECONDS (of a chunk, ${chunkPages} pages at most), of ${mostChunks} chunks and ${mostSeconds} s at most, nor program ${programNames.join('|')} [FROM TO] alone`,
    { file: 'the trace', line },
  );

/** @throws PageHeapError ERR_FILE, with the line */
async function parse(text: string, seed: string, prices: Prices): Promise<Told> {
  const lives: number[][] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const [word = '', ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (word === '') continue;
    const name = programNames.find((one) => one === rest[0]);
    const [from = 0, to = Number.POSITIVE_INFINITY] = rest.slice(1).map(Number);
    if (word === 'program' && name !== undefined && lives.length === 0 && rest.length !== 2 && from <= to)
      return { lives: (await tellingProgram(name, seed, prices)).lives, from, to };
    const [pages = -1, seconds = -1] = rest.map(Number);
    const life = lives.at(-1);
    if (word === 'chunk' && rest.length === 0 && lives.length < mostChunks) lives.push([]);
    else if (
      word === 'use' &&
      rest.length === 2 &&
      life !== undefined &&
      Number.isInteger(pages) &&
      Number.isInteger(seconds) &&
      pages >= 0 &&
      pages <= chunkPages &&
      seconds > 0 &&
      life.length + seconds <= mostSeconds
    )
      life.push(...new Array<number>(seconds).fill(pages));
    else throw notALine(i + 1);
  }
  const longest = Math.max(0, ...lives.map((life) => life.length));
  if (longest === 0) throw notALine(1);
  const whole = lives.map((life) => [
    ...life,
    ...new Array<number>(longest - life.length).fill(life.at(-1) ?? 0),
  ]);
  return { lives: whole, from: 0, to: Number.POSITIVE_INFINITY };
}

interface Asked {
  readonly second: number;
  readonly chunk: ChunkDensity;
  readonly answer: boolean;
}

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export async function ruleSteps(bench: Bench, prices: Prices, trace: string, seed: string): Promise<Step[]> {
  const { lives, from, to } = await parse(trace, seed, prices);
  const rule = ruleOn(bench);
  await rule.begin();
  if (rule.failure !== undefined) return failedStep(rule.failure);
  const asked: Asked[] = [];
  let second = -1;
  const own = await runHeap(lives, async (chunks) => {
    second++;
    const answers: boolean[] = [];
    for (const chunk of chunks) {
      const answer = await rule.ask(keepsQuestion(chunk));
      if (answer === undefined) return undefined;
      asked.push({ second, chunk, answer });
      answers.push(answer);
    }
    return answers;
  });
  const { run: known, decisions } = await withHindsight(lives, prices);
  const plain = await bestPlain(lives, prices);
  const costs = [own, plain.run, known].map((run) => costsSoFar(run, prices));
  const steps: Step[] = [];
  for (const [i, { second: now, chunk, answer }] of asked.entries()) {
    if (now < from || now > to) continue;
    const best = decisions[now]?.get(chunk.chunk);
    const [mine, plainly, least] = costs.map((list) => (list[now] ?? 0).toFixed(1));
    // Of the second in which the rule failed there is no cost.
    const isLast = asked[i + 1]?.second !== now && now < own.idle.length;
    steps.push({
      asked: `second ${now}: ${keepsQuestion(chunk).text}`,
      answered: String(answer),
      ...{ expected: String(best ?? 'nothing to give back'), whose: 'with hindsight' },
      note: [
        `plain (${plain.name}): ${plain.rule(chunk)}`,
        ...(isLast
          ? [
              `second ${now} ends: ${own.idle[now]} pages resident without use, ${own.faults[now]} faulted, ${own.hugeChunks[now]} chunks with huge pages; cost so far ${mine} (plain ${plainly}, hindsight ${least})`,
            ]
          : []),
      ].join('\n'),
    });
  }
  const { failure } = rule;
  return failure === undefined
    ? steps
    : [...steps, ...failedStep(failure).map((step): Step => ({ ...step, isWrong: true }))];
}
