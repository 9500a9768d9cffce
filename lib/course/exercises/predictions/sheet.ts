/**
 * The sheet: the operations as a text with a question mark for each answer, and the same filled in.
 *
 *     sheet 1 4f0c2a91
 *     design lists
 *        1  alloc 5   page 0          given
 *       11  free 3    runs ?          what is free after it, lowest first: `0-4 17-20`, or `none`
 *       12  alloc 4   page ?          where the allocation begins
 *
 * An answer counts for the operation that the judge's own sheet has under that design and number: who changes an operation
 * has answered none. What is written behind `#` is not looked at.
 */
import { createHash } from 'node:crypto';
import { type Generation, generations, isGeneration } from '../../../design/design.ts';
import type { Run } from '../../model/fits.ts';
import type { Move } from '../predict/scenes.ts';
import { answerText, givenMoves, heapPages, runsText, type Scene, type Told } from './scene.ts';

const format = 1;

/** Tells sheets apart, and nothing of the seed. */
export const sheetId = (seed: string): string =>
  createHash('sha256').update(`sheet ${seed}`).digest('hex').slice(0, 8);

export const operationText = (move: Move): string =>
  move.k === 'alloc' ? `alloc ${move.n}` : move.k === 'free' ? `free ${move.of + 1}` : 'giveback';

const kindOf = (move: Move): 'page' | 'runs' => (move.k === 'alloc' ? 'page' : 'runs');

const years: Readonly<Record<Generation, number>> = { lists: 2014, treap: 2019, radix: 2023 };

function line(move: Move, i: number, answer: string): string {
  return `${String(i + 1).padStart(4)}  ${operationText(move).padEnd(9)}  ${kindOf(move)} ${answer}`;
}

/** The sheet of a seed, to be filled in. */
export function sheetText({ moves, answers }: Scene, seed: string, constants: string): string {
  const parts = generations.map((design) => [
    '',
    `design ${design}    # ${years[design]}`,
    ...moves.map((move, i) =>
      line(move, i, i < givenMoves ? answerText(move, answers[design][i] as Told) : '?'),
    ),
  ]);
  return `${[
    `# ${heapPages} pages, 0 to ${heapPages - 1}, all free at first. README.md tells the rules; your constants: ${constants}.`,
    '# Put the answer in the place of each question mark:',
    '#   page 12           the first page of the allocation',
    '#   runs 0-4 17-20    the free runs after the operation, lowest first; or: runs none',
    '# "free 3" frees what operation 3 allocated; "giveback" gives all free pages back to the system.',
    `sheet ${format} ${sheetId(seed)}`,
    ...parts.flat(),
  ].join('\n')}\n`;
}

/** An answer as it is written; undefined where there is none yet. */
export interface Written {
  readonly operation: string;
  readonly text: string | undefined;
  readonly line: number;
}

export interface Sheet {
  readonly id: string | undefined;
  readonly answers: Readonly<Record<Generation, ReadonlyMap<number, Written>>>;
  /** The first line that is none of a sheet. */
  readonly strange?: string;
}

/** A line's words: a number of a few digits, the operation, what is asked, the answer. */
const stepLine = /^(\d{1,4}) +((?:alloc|free) \d{1,4}|giveback) +(?:page|runs)(?: +(.*))?$/;

export function parseSheet(text: string): Sheet {
  const answers = { lists: new Map(), treap: new Map(), radix: new Map() } as Record<
    Generation,
    Map<number, Written>
  >;
  let id: string | undefined;
  let design: Generation | undefined;
  let strange: string | undefined;
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const words = (raw.split('#')[0] ?? '').replace(/\t/g, ' ').trim();
    if (words === '') continue;
    const head = /^sheet +(\d+) +([0-9a-f]{8})$/.exec(words);
    const [, name = ''] = /^design +(\w+)$/.exec(words) ?? [];
    const step = stepLine.exec(words);
    if (head !== null && head[1] === String(format) && id === undefined) id = head[2];
    else if (isGeneration(name)) design = name;
    else if (step !== null && design !== undefined && !answers[design].has(Number(step[1]))) {
      const answer = (step[3] ?? '').trim();
      answers[design].set(Number(step[1]), {
        operation: step[2] ?? '',
        text: answer === '' || answer === '?' ? undefined : answer,
        line: i + 1,
      });
    } else strange ??= `line ${i + 1}: ${raw.trim().slice(0, 60)}`;
  }
  return { id, answers, ...(strange === undefined ? {} : { strange }) };
}

/** A page by an answer; undefined where it is none. */
export function pageIn(text: string): number | undefined {
  const page = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return page < heapPages ? page : undefined;
}

/** Runs by an answer, which may be written with commas, spaces and long dashes; undefined where they are none. */
export function runsIn(text: string): Run[] | undefined {
  if (text === 'none') return [];
  const parts = text
    .replace(/ *[-–] */g, '-')
    .split(/[ ,;]+/)
    .filter((part) => part !== '');
  const runs: Run[] = [];
  for (const part of parts) {
    const [, from = '', to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    const run = { page: Number(from), n: Number(to) - Number(from) + 1 };
    const last = runs.at(-1);
    const free = last === undefined ? 0 : last.page + last.n;
    if (from === '' || run.n < 1 || run.page < free || run.page + run.n > heapPages) return undefined;
    runs.push(run);
  }
  return runs.length === 0 ? undefined : runs;
}

/** Whether an answer is right. */
export function isRight(move: Move, told: Told, text: string): boolean {
  if (move.k === 'alloc') return pageIn(text) === told.page;
  const runs = runsIn(text);
  return runs !== undefined && runsText(runs) === runsText(told.after);
}
