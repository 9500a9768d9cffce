/**
 * Playing calls on the hand-in's page allocator of exercise 4, held against a map of all pages.
 *
 * The map knows each answer beforehand, so that a list of calls is one block. After each change the summaries of the leaf and
 * of the root are looked at, and one between them.
 */
import { PageMap, type Summary } from '../../model/bitmap.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import { type Failure, type Strip, withAnswer } from '../exercise.ts';

export const allPages = 65536;

/** The student's tree: pages of a leaf, children of a node, levels below the root. */
export interface Shape {
  readonly leaf: number;
  readonly fan: number;
  readonly levels: number;
}

/** Freed, taken out, or allocated; `page` of an allocation is what was recorded. */
export type Move =
  | { readonly k: 'free' | 'take'; readonly page: number; readonly n: number }
  | { readonly k: 'alloc'; readonly n: number; readonly page?: number };

interface Asked {
  readonly call: Call;
  readonly text: string;
  /** What is right; undefined where nothing is said. */
  readonly right: number | Summary | undefined;
  readonly strip: Strip | undefined;
  /** Whether its work is that of an allocation, or of a change. */
  readonly work: 'alloc' | 'change' | undefined;
}

const stripPages = 96;

/** The pages around a place, as a strip of their own. */
function around(map: PageMap, page: number, n: number): Strip {
  const from = Math.max(0, Math.min(allPages - stripPages, page - 16));
  const shift = (run: { page: number; n: number }): { page: number; n: number } => ({
    page: run.page - from,
    n: run.n,
  });
  return {
    pages: stripPages,
    first: from,
    model: map.runsIn(from, stripPages).map(shift),
    expected: { page: page - from, n: Math.min(n, stripPages) },
  };
}

function plan(moves: readonly Move[], { leaf, fan, levels }: Shape, looks: boolean): Asked[] {
  const map = new PageMap(allPages);
  const asked: Asked[] = [];
  moves.forEach((move, i) => {
    let page: number;
    if (move.k === 'alloc') {
      page = map.find(move.n);
      const strip = page < 0 ? undefined : around(map, page, move.n);
      asked.push({ call: [0, 'alloc', move.n], text: `alloc(${move.n})`, right: page, strip, work: 'alloc' });
      if (page < 0) return;
      map.set(page, move.n, false);
    } else {
      page = move.page;
      map.set(page, move.n, move.k === 'free');
      asked.push({
        call: [0, move.k, page, move.n],
        text: `${move.k}(${page}, ${move.n})`,
        right: undefined,
        strip: undefined,
        work: 'change',
      });
    }
    if (!looks) return;
    for (const level of [levels, i % (levels + 1), 0]) {
      const size = level === levels ? leaf : allPages / fan ** level;
      const index = Math.floor(page / size);
      asked.push({
        call: [0, 'summary', level, index],
        text: `summary(${level}, ${index})`,
        right: map.summary(index * size, size),
        strip: level === levels ? { ...around(map, index * size, leaf) } : undefined,
        work: undefined,
      });
    }
  });
  return asked;
}

export interface Played {
  readonly failure?: Failure;
  /** Units an allocation, and a change. */
  readonly alloc: number;
  readonly change: number;
  /** Of each move: where it answered that an allocation lies, and where that has to lie. */
  readonly places: readonly (number | undefined)[];
  readonly right: readonly (number | undefined)[];
}

/** What is to be said of a failure: nothing was measured. */
const failed = (failure: Failure): Played => ({ failure, alloc: 0, change: 0, places: [], right: [] });

export const same = (value: unknown, right: number | Summary): boolean =>
  typeof right === 'number'
    ? value === right
    : Array.isArray(value) && value.length === 3 && right.every((n, i) => value[i] === n);

const causeOf = (value: unknown, { call, right }: Asked, map: string): string => {
  const [, name, level] = call;
  if (name === 'summary')
    return level === 0 ? 'the summary of the root is wrong' : `a summary of ${map} is wrong`;
  if (typeof value !== 'number') return 'alloc answers no page number';
  if (value < 0) return 'alloc finds no room where there is some';
  return typeof right === 'number' && right >= 0 && value > right
    ? 'alloc finds a run, and not the lowest'
    : 'alloc hands out pages that are not free';
};

/** Blocks are of so many calls, so that no answer is longer than a pipe likes. */
const blockCalls = 1500;

export async function playMoves(
  bench: Bench,
  shape: Shape,
  moves: readonly Move[],
  looks: boolean,
): Promise<Played> {
  await bench.again();
  const list = plan(moves, shape, looks);
  const steps: string[] = [];
  const units = { alloc: 0, change: 0 };
  const counts = { alloc: 0, change: 0 };
  const places: (number | undefined)[] = [];
  const right: (number | undefined)[] = [];
  for (let from = 0; from < list.length; from += blockCalls) {
    const part = list.slice(from, from + blockCalls);
    const lead: Call[] = from === 0 ? [['new', 'PageAlloc']] : [];
    const { answers, stopped } = await bench.run([...lead, ...part.map(({ call }) => call)]);
    const made = lead.length === 0 ? undefined : troubleOf(answers[0], stopped);
    if (made !== undefined)
      return failed({
        cause: `new PageAlloc ${made.cause}`,
        asked: 'new PageAlloc',
        answered: made.words,
        expected: 'a page allocator',
        steps: [],
        ...(made.at === undefined ? {} : { at: made.at }),
      });
    for (const [i, it] of part.entries()) {
      const answer = answers[i + lead.length];
      if (it.work !== undefined) steps.push(it.text);
      const common = {
        asked: it.work === undefined ? `${it.text} after ${steps.at(-1)}` : it.text,
        expected: it.right === undefined ? 'that it returns, without an error' : JSON.stringify(it.right),
        steps: [...steps],
        ...(it.strip === undefined ? {} : { strip: it.strip }),
      };
      const trouble = troubleOf(answer, stopped);
      if (trouble !== undefined)
        return failed({
          ...common,
          cause: `${it.call[1]} ${trouble.cause}`,
          answered: trouble.words,
          ...(trouble.at === undefined ? {} : { at: trouble.at }),
        });
      const [value, used] = answer as Answer;
      if (it.work !== undefined) {
        units[it.work] += used;
        counts[it.work]++;
        const [place, where] = it.work === 'alloc' ? [value, it.right] : [];
        places.push(typeof place === 'number' ? place : undefined);
        right.push(typeof where === 'number' ? where : undefined);
      }
      if (it.right !== undefined && !same(value, it.right)) {
        const kind = it.call[2] === shape.levels ? 'a leaf' : 'a node';
        return failed({
          ...common,
          cause: causeOf(value, it, kind),
          answered: shown(value),
          ...(it.strip === undefined
            ? {}
            : {
                strip:
                  typeof it.right === 'number' ? withAnswer(it.strip, value, Number(it.call[2])) : it.strip,
              }),
        });
      }
    }
  }
  return {
    alloc: units.alloc / Math.max(1, counts.alloc),
    change: units.change / Math.max(1, counts.change),
    places,
    right,
  };
}

/** The recorded answers of a real Go. */
export function parseRecord(text: string): Move[] {
  return text.split('\n').flatMap((line): Move[] => {
    const [k, a, b] = line.split(' ');
    switch (k) {
      case 'f':
        return [{ k: 'free', page: Number(a), n: Number(b) }];
      case 't':
        return [{ k: 'take', page: Number(a), n: Number(b) }];
      case 'a':
        return [{ k: 'alloc', n: Number(a), page: Number(b) }];
      default:
        return [];
    }
  });
}
