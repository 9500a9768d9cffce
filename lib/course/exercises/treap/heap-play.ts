/**
 * Calls on the hand-in's page heap of two treaps, held against the judge's design of 2019.
 */
import { DesignModel, goRules } from '../../model/designs.ts';
import type { Run } from '../../model/fits.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import type { Asked, Wrong } from '../asked.ts';
import type { FreeRun, PageChange, PageHistory } from '../exercise.ts';

export const heapTarget = 'TreapHeap';

export type HeapOp =
  | { readonly k: 'grow' | 'free'; readonly page: number; readonly n: number }
  | { readonly k: 'alloc' | 'release'; readonly n: number };

type Kind = ReturnType<DesignModel['heapKinds']>[number];

const stripPages = 128;

const clipped = (runs: readonly FreeRun[], pages: number): FreeRun[] =>
  runs
    .filter(({ page }) => page < pages)
    .map(({ page, n, givenBack = false }) => ({ page, n: Math.min(n, pages - page), givenBack }));

const kindsText = (kinds: readonly Kind[]): string =>
  kinds.length === 0
    ? 'nothing is free'
    : `${kinds
        .slice(0, 10)
        .map(({ page, n, givenBack }) => `${page}–${page + n - 1}${givenBack ? ' given back' : ''}`)
        .join(', ')}${kinds.length > 10 ? ` and ${kinds.length - 10} more` : ''}`;

function kindsOf(answer: Answer): Kind[] | undefined {
  const visits = answer[2] ?? [];
  if ('!' in visits) return undefined;
  const kinds: Kind[] = [];
  for (const [page, n, gone] of visits) {
    const known = gone === true || gone === 1 ? true : gone === false || gone === 0 ? false : undefined;
    if (typeof page !== 'number' || typeof n !== 'number' || known === undefined) return undefined;
    kinds.push({ page, n, givenBack: known });
  }
  return kinds;
}

function wrongKinds(answer: Answer, right: readonly Kind[], pages: number): Wrong | undefined {
  const told = kindsOf(answer);
  const expected = kindsText(right);
  if (told === undefined)
    return {
      cause: 'forEachFree visits what is no run',
      answered: 'something else',
      expected: 'visit(page, n, givenBack) for each free run, lowest first',
    };
  if (JSON.stringify(told) === JSON.stringify(right)) return undefined;
  const wrong = (cause: string): Wrong => ({
    cause,
    answered: kindsText(told),
    expected,
    registry: clipped(told, pages),
  });
  const sum = (list: readonly Run[]): number => list.reduce((all, { n }) => all + n, 0);
  if (told.some(({ page }, i) => i > 0 && page < (told[i - 1] as Kind).page))
    return wrong('forEachFree does not go from the lowest run up');
  if (sum(told) !== sum(right))
    return wrong(sum(told) < sum(right) ? 'free pages are lost' : 'pages are free that are in use');
  const gone = (list: readonly Kind[]): number => sum(list.filter(({ givenBack }) => givenBack));
  if (gone(told) !== gone(right))
    return wrong(
      gone(told) < gone(right)
        ? 'it is forgotten that pages were given back'
        : 'pages count as given back that were not',
    );
  if (told.length > right.length) return wrong('neighbours of one kind are not merged');
  return wrong(
    told.length < right.length ? 'neighbours of two kinds are merged' : 'the free runs are others',
  );
}

const designOf = (back: number): DesignModel =>
  new DesignModel('treap', { ...goRules, back: back === 0 ? Number.POSITIVE_INFINITY : back }, 0);

/** Writes operations down as the rule places them, and grows the heap by so many pages where it has no room. */
export class HeapWriter {
  readonly ops: HeapOp[] = [];
  readonly #model: DesignModel;
  readonly #growth: number;
  #size = 0;

  constructor(back: number, growth: number) {
    this.#model = designOf(back);
    this.#growth = growth;
    this.#grow(growth);
  }

  /** @returns the first page */
  alloc(n: number): number {
    this.ops.push({ k: 'alloc', n });
    const page = this.#model.alloc(n);
    if (page >= 0) return page;
    this.#grow(Math.ceil(n / this.#growth) * this.#growth);
    return this.alloc(n);
  }

  free(page: number, n: number): void {
    this.ops.push({ k: 'free', page, n });
    this.#model.free(page, n);
  }

  release(n: number): void {
    this.ops.push({ k: 'release', n });
    this.#model.release(n);
  }

  #grow(n: number): void {
    this.ops.push({ k: 'grow', page: this.#size, n });
    this.#model.free(this.#size, n);
    this.#size += n;
  }
}

/** @param looks whether its free runs are looked at after each call; in the end they are in any case */
export function heapAsked(
  ops: readonly HeapOp[],
  back: number,
  looks: boolean,
): { readonly asked: Asked[]; readonly history: PageHistory } {
  const model = designOf(back);
  const asked: Asked[] = [];
  const changes: PageChange[] = [];
  let size = 0;
  ops.forEach((op, i) => {
    const before = model.heapKinds();
    let right: number | undefined;
    if ('page' in op) {
      if (op.k === 'grow') size = Math.max(size, op.page + op.n);
      model.free(op.page, op.n);
      if (op.k === 'free') changes.push({ op: i, page: op.page, n: op.n, to: 'free' });
    } else if (op.k === 'alloc') {
      right = model.alloc(op.n);
      if (right >= 0) changes.push({ op: i, page: right, n: op.n, to: 'used' });
    } else {
      const there = model.heapKinds().filter(({ givenBack }) => !givenBack);
      right = model.release(op.n);
      const still = new Set(
        model
          .heapKinds()
          .filter(({ givenBack }) => !givenBack)
          .map(({ page }) => page),
      );
      for (const run of there)
        if (!still.has(run.page)) changes.push({ op: i, page: run.page, n: run.n, to: 'released' });
    }
    const args = 'page' in op ? [op.page, op.n] : [op.n];
    const width = Math.min(stripPages, size);
    const expected =
      right === undefined
        ? 'that it returns, without an error'
        : op.k === 'alloc'
          ? right < 0
            ? '−1: no run is long enough'
            : `page ${right}`
          : `${right} pages`;
    asked.push({
      call: [0, op.k, ...args] as Call,
      text: `${op.k}(${args.join(', ')})`,
      figure: op.k,
      expected,
      ...(right === undefined ? {} : { right }),
      strip: {
        pages: width,
        model: clipped(before, width),
        ...(right === undefined ? { isBefore: true } : {}),
        ...(op.k === 'alloc' && right !== undefined && right >= 0 && right + op.n <= width
          ? { expected: { page: right, n: op.n } }
          : {}),
      },
      judge: ([value]) =>
        right === undefined || value === right
          ? undefined
          : { cause: causeOf(op, value, before, right), expected },
    });
    if (!looks && i < ops.length - 1) return;
    const kinds = model.heapKinds();
    asked.push({
      call: [0, 'forEachFree', { collect: true }],
      text: 'forEachFree',
      isLook: true,
      expected: kindsText(kinds),
      strip: { pages: width, model: clipped(kinds, width) },
      judge: (answer) => wrongKinds(answer, kinds, width),
    });
  });
  return { asked, history: { ops: ops.length, changes } };
}

function causeOf(op: HeapOp, value: unknown, before: readonly Run[], right: number): string {
  if (op.k === 'release')
    return typeof value === 'number'
      ? 'release gives back other runs than the longest'
      : 'release answers no number of pages';
  if (typeof value !== 'number') return 'alloc answers no page number';
  if (value < 0) return 'alloc finds no room where there is some';
  const run = before.find(({ page, n }) => value >= page && value + op.n <= page + n);
  if (run === undefined) return 'alloc hands out pages that are not free';
  return right >= run.page && right < run.page + run.n
    ? 'alloc takes the wrong end of the run'
    : 'alloc takes another run than the rule says';
}

/** Recorded operations of a real Go: `g PAGE N`, `a N PAGE`, `f PAGE N`, `r N DONE`. */
export function parseRecord(text: string): {
  readonly ops: HeapOp[];
  readonly answers: (number | undefined)[];
} {
  const ops: HeapOp[] = [];
  const answers: (number | undefined)[] = [];
  for (const line of text.split('\n')) {
    const [k, a, b] = line.split(' ');
    if (k === 'g' || k === 'f') ops.push({ k: k === 'g' ? 'grow' : 'free', page: Number(a), n: Number(b) });
    else if (k === 'a' || k === 'r') ops.push({ k: k === 'a' ? 'alloc' : 'release', n: Number(a) });
    else continue;
    answers.push(k === 'a' || k === 'r' ? Number(b) : undefined);
  }
  return { ops, answers };
}
