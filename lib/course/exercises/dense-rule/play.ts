/**
 * The hand-in's account of a chunk beside the judge's, and its rule over a heap of chunks.
 */
import type { ChunkDensity } from '../../../pages/radix/dense-rule.ts';
import type { Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure, Step } from '../exercise.ts';
import { OwnPolicy, type Question } from '../own-policy.ts';
import { ChunkModel, type ChunkOp, type OwnRule } from './chunk.ts';
import { type HeapRun, type Life, runHeap } from './heap.ts';

export const chunkClass = 'Chunk';
export const ruleClass = 'DenseRule';

export const opText = (op: ChunkOp): string => ('n' in op ? `${op.k}(${op.n})` : `${op.k}()`);
const callOf = (op: ChunkOp): Call => ('n' in op ? [0, op.k, op.n] : [0, op.k]);

/** What is right; undefined where nothing is answered. */
function perform(model: ChunkModel, op: ChunkOp): boolean | undefined {
  switch (op.k) {
    case 'alloc':
    case 'free':
      model[op.k](op.n);
      return undefined;
    case 'collected':
      model.collected();
      return undefined;
    default:
      return model[op.k]();
  }
}

export interface ChunkProgram {
  readonly dense: number;
  readonly ops: readonly ChunkOp[];
  /** Answers to `keeps` that are known from elsewhere, in turn. */
  readonly answers?: readonly boolean[];
}

const where = { keeps: 'by Go’s rule', ownKeeps: 'by your rule' } as const;

/** @throws HandinOver */
export async function playChunk(
  bench: Bench,
  { dense, ops, answers: known }: ChunkProgram,
  rule: OwnRule,
): Promise<Failure | undefined> {
  await bench.again();
  const { answers, stopped } = await bench.run([['new', chunkClass, dense], ...ops.map(callOf)]);
  const model = new ChunkModel(dense, rule);
  const steps: string[] = [`new ${chunkClass}(${dense})`];
  const made = troubleOf(answers[0], stopped);
  if (made !== undefined)
    return {
      cause: `new ${chunkClass} ${made.cause}`,
      ...{ asked: steps[0] as string, answered: made.words, expected: 'a chunk, none of it in use', steps },
      ...(made.at === undefined ? {} : { at: made.at }),
    };
  let asked = 0;
  for (const [i, op] of ops.entries()) {
    steps.push(opText(op));
    const right = perform(model, op);
    const expected = op.k === 'keeps' ? (known?.[asked++] ?? right) : right;
    const trouble = troubleOf(answers[i + 1], stopped);
    const value = answers[i + 1]?.[0];
    if (trouble === undefined && (expected === undefined || value === expected)) continue;
    const kind = op.k === 'keeps' || op.k === 'ownKeeps' ? where[op.k] : '';
    const wrong =
      typeof value !== 'boolean'
        ? 'answers neither true nor false'
        : expected === true
          ? `lets go of a chunk that is kept ${kind}`
          : `keeps a chunk that is not kept ${kind}`;
    return {
      cause: `${op.k} ${trouble?.cause ?? wrong}`,
      asked: `${opText(op)}, call ${i + 1}`,
      answered: trouble?.words ?? shown(value),
      expected: `${expected ?? 'nothing'}: ${model.told}; dense is ${dense}`,
      steps: [...steps],
      ...(trouble?.at === undefined ? {} : { at: trouble.at }),
    };
  }
  return undefined;
}

/** The same for `lab step`. */
export async function chunkSteps(bench: Bench, { dense, ops }: ChunkProgram, rule: OwnRule): Promise<Step[]> {
  await bench.fresh();
  const { answers, stopped } = await bench.run([['new', chunkClass, dense], ...ops.map(callOf)]);
  const model = new ChunkModel(dense, rule);
  const steps: Step[] = [];
  for (const [i, op] of ops.entries()) {
    const right = perform(model, op);
    const trouble = troubleOf(answers[i + 1], stopped);
    const said = right === undefined ? '' : String(right);
    steps.push({
      asked: opText(op),
      answered: trouble?.words ?? (right === undefined ? '' : shown(answers[i + 1]?.[0])),
      expected: said,
      note: model.told,
    });
    if (trouble !== undefined) break;
  }
  return steps;
}

const chunkText = ({ chunk, inUse, lastInUse, changed, age, broken }: ChunkDensity): string =>
  `keeps({ chunk: ${chunk}, inUse: ${inUse}, lastInUse: ${lastInUse}, changed: ${changed}, age: ${age}, broken: ${broken} })`;

const toldText = ({ chunk, inUse, lastInUse, age, broken }: ChunkDensity): string =>
  `chunk ${chunk}: inUse ${inUse}, lastInUse ${lastInUse}, age ${age}, broken ${broken}`;

export const ruleOn = (bench: Bench): OwnPolicy =>
  new OwnPolicy(bench, { target: ruleClass, args: [{ chunkPages: 512 }], what: 'a rule' });

/** Whether a chunk is kept. */
export const keepsQuestion = (chunk: ChunkDensity): Question<boolean> => ({
  method: 'keeps',
  args: [{ ...chunk }],
  text: chunkText(chunk),
  told: toldText(chunk),
  expected: 'true or false',
  read: (value) =>
    typeof value === 'boolean' ? { answer: value } : { wrong: 'answers neither true nor false' },
});

/** Plays a heap on the hand-in. The rule has the failure, if there is one. @throws HandinOver */
export async function playHeap(
  bench: Bench,
  lives: readonly Life[],
): Promise<{ readonly rule: OwnPolicy; readonly run: HeapRun }> {
  const rule = ruleOn(bench);
  await rule.begin();
  const run = await runHeap(lives, (chunks) => rule.askAll(chunks.map(keepsQuestion)));
  return { rule, run };
}
