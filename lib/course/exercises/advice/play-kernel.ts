/**
 * The hand-in's model of the kernel, operation by operation beside the real one: the same is done to real memory, and the
 * kernel says what is resident (mincore) and what is in it.
 */
import type { Call, Value } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure, Step } from '../exercise.ts';
import type { ExerciseAdvice, Pages, RealMemory } from './real-memory.ts';

export const kernelClass = 'Kernel';
/** Pages of the model in the checks. */
export const modelPages = 32;

export type KernelOp =
  | { readonly k: 'write'; readonly page: number; readonly byte: number }
  /** `written`: it was not there, and is written right after it. */
  | { readonly k: 'read'; readonly page: number; readonly written?: true }
  | ({ readonly k: 'advise'; readonly advice: ExerciseAdvice } & Pages)
  | { readonly k: 'pressure' };

export function opText(op: KernelOp): string {
  switch (op.k) {
    case 'write':
      return `write(${op.page}, ${op.byte})`;
    case 'read':
      return op.written === true ? `read(${op.page}) and write(${op.page}, 0)` : `read(${op.page})`;
    case 'advise':
      return `advise('${op.advice}', ${op.page}, ${op.n})`;
    case 'pressure':
      return 'pressure()';
  }
}

/** The calls of an operation; the last asks what is resident. */
function callsOf(op: KernelOp): Call[] {
  const after: Call[] = op.k === 'read' && op.written === true ? [[0, 'write', op.page, 0]] : [];
  return [callOf(op), ...after, [0, 'resident']];
}

function callOf(op: KernelOp): Call {
  switch (op.k) {
    case 'write':
      return [0, 'write', op.page, op.byte];
    case 'read':
      return [0, 'read', op.page];
    case 'advise':
      return [0, 'advise', op.advice, op.page, op.n];
    case 'pressure':
      return [0, 'pressure'];
  }
}

const whole: Pages = { page: 0, n: modelPages };
const drawn = (resident: Uint8Array): string => [...resident].map((x) => (x === 1 ? '█' : '·')).join('');
const count = (resident: Uint8Array): number => resident.reduce((sum, x) => sum + x, 0);

/** What is done to real memory, and what the kernel says then. */
function perform(memory: RealMemory, op: KernelOp): number | undefined {
  switch (op.k) {
    case 'write':
      memory.write({ page: op.page, n: 1 }, op.byte);
      return undefined;
    case 'read': {
      const byte = memory.read(op.page);
      if (op.written === true) memory.write({ page: op.page, n: 1 }, 0);
      return byte;
    }
    case 'advise':
      memory.advise(op.advice, op);
      return undefined;
    case 'pressure':
      memory.pressure();
      return undefined;
  }
}

/** Only what every kernel answers alike: where a page of zeros was read into place it is written, too. */
export function soundOps(ops: readonly KernelOp[]): KernelOp[] {
  const written = new Set<number>();
  const lazy = new Set<number>();
  const sound: KernelOp[] = [];
  for (const op of ops) {
    const absent = op.k === 'read' && !written.has(op.page);
    sound.push(absent ? { ...op, written: true } : op);
    const write = (page: number): void => {
      written.add(page);
      lazy.delete(page);
    };
    if (op.k === 'write') write(op.page);
    else if (absent) write(op.page);
    else if (op.k === 'pressure') {
      for (const page of lazy) written.delete(page);
      lazy.clear();
    } else if (op.k === 'advise')
      for (let page = op.page; page < op.page + op.n; page++) {
        if (op.advice === 'free' && written.has(page)) lazy.add(page);
        if (op.advice === 'dontneed') {
          written.delete(page);
          lazy.delete(page);
        }
      }
  }
  return sound;
}

async function begin(bench: Bench): Promise<Failure | undefined> {
  await bench.again();
  const { answers, stopped } = await bench.run([['new', kernelClass, modelPages]]);
  const trouble = troubleOf(answers[0], stopped);
  if (trouble === undefined) return undefined;
  return {
    cause: `new ${kernelClass} ${trouble.cause}`,
    asked: `new ${kernelClass}(${modelPages})`,
    answered: trouble.words,
    expected: 'a model of so many pages, none of them resident',
    steps: [],
    ...(trouble.at === undefined ? {} : { at: trouble.at }),
  };
}

/** @throws HandinOver · PageHeapError ERR_SYSTEM where the kernel refuses */
export async function playKernel(
  bench: Bench,
  memory: RealMemory,
  ops: readonly KernelOp[],
): Promise<Failure | undefined> {
  const wrong = await begin(bench);
  if (wrong !== undefined) return wrong;
  const { answers, stopped } = await bench.run(ops.flatMap(callsOf));
  memory.clear();
  const steps: string[] = [];
  let next = 0;
  for (const [i, op] of ops.entries()) {
    steps.push(opText(op));
    const before = memory.resident(whole);
    const byte = perform(memory, op);
    const after = memory.resident(whole);
    const fail = (
      cause: string,
      asked: string,
      answered: string,
      expected: string,
      at?: string,
    ): Failure => ({
      cause,
      asked: `${asked}, operation ${i + 1}`,
      answered,
      expected: `${expected} (resident before ${drawn(before)}, after ${drawn(after)})`,
      steps: [...steps],
      ...(at === undefined ? {} : { at }),
    });
    const answer = answers[next];
    next += callsOf(op).length;
    const told = answers[next - 1];
    // A call that ended all may be the one between.
    const trouble = [answer, ...answers.slice(next - callsOf(op).length + 1, next - 1)]
      .map((one) => troubleOf(one, stopped))
      .find((one) => one !== undefined);
    if (trouble !== undefined)
      return fail(`${op.k} ${trouble.cause}`, opText(op), trouble.words, 'an answer', trouble.at);
    if (byte !== undefined && answer?.[0] !== byte)
      return fail('read answers another byte than is there', opText(op), shown(answer?.[0]), `${byte}`);
    const lost = troubleOf(told, stopped);
    if (lost !== undefined)
      return fail(`resident ${lost.cause}`, 'resident()', lost.words, 'a number', lost.at);
    const right = count(after);
    const value = (told as readonly [Value, number])[0];
    if (value !== right)
      return fail(
        `after ${op.k === 'advise' ? `the advice ${op.advice}` : op.k}, resident answers ${typeof value === 'number' ? 'another number than the kernel' : 'no number'}`,
        `resident() after ${opText(op)}`,
        shown(value),
        `${right}`,
      );
  }
  return undefined;
}

/** The same for `lab step`. */
export async function kernelSteps(
  bench: Bench,
  memory: RealMemory,
  ops: readonly KernelOp[],
): Promise<Step[]> {
  const wrong = await begin(bench);
  if (wrong !== undefined) return [wrong];
  const steps: Step[] = [];
  for (const op of ops) {
    const { answers, stopped } = await bench.run(callsOf(op));
    const byte = perform(memory, op);
    const resident = memory.resident(whole);
    const trouble = troubleOf(answers[0], stopped) ?? troubleOf(answers[callsOf(op).length - 1], stopped);
    const of = (read: number | string | undefined, pages: number | string): string =>
      `${read === undefined ? '' : `byte ${read}, `}${pages} resident`;
    steps.push({
      asked: opText(op),
      answered:
        trouble?.words ??
        of(byte === undefined ? undefined : shown(answers[0]?.[0]), shown(answers.at(-1)?.[0])),
      expected: of(byte, count(resident)),
      note: drawn(resident),
    });
    if (trouble !== undefined) break;
  }
  return steps;
}
