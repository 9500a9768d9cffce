/**
 * Playing a trace on a heap that may fill its caches as it likes, and counting what the caches serve.
 *
 * Nothing of the count is the hand-in's word. After each allocation it tells what the processor's cache holds; the judge
 * keeps which pages are free, and in whose cache. An allocation is a hit when its pages lay in the cache before it, and the
 * cache holds the rest of what it held, and nothing else: so it could have been made without a look at the heap.
 */
import { blockPages, CachedModel, type CacheRule, goRule } from '../../model/page-caches.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure, PageChange, PageHistory } from '../exercise.ts';
import { heldOf } from './play.ts';
import type { TraceOp } from './traces.ts';

export const own = 'OwnHeap';

/** Allocations of fewer pages are those that count. */
export const countedPages = 16;

export interface OwnPlayed {
  readonly failure?: Failure;
  readonly hits: number;
  readonly counted: number;
  /** Live pages at the peak, and the pages up to the highest that was ever used. */
  readonly peak: number;
  readonly span: number;
  readonly history: PageHistory;
}

/** What is counted, whoever answers. */
class Count {
  hits = 0;
  counted = 0;
  live = 0;
  peak = 0;
  span = 0;
  readonly changes: PageChange[] = [];

  alloc(op: number, page: number, n: number, hit: boolean): void {
    if (n < countedPages) {
      this.counted++;
      if (hit) this.hits++;
    }
    this.live += n;
    this.peak = Math.max(this.peak, this.live);
    this.span = Math.max(this.span, page + n);
    this.changes.push({ op, page, n, to: 'used' });
  }

  free(op: number, page: number, n: number): void {
    this.live -= n;
    this.changes.push({ op, page, n, to: 'free' });
  }

  result(ops: number, failure?: Failure): OwnPlayed {
    const { hits, counted, peak, span, changes } = this;
    const history = { ops, changes };
    return { ...(failure === undefined ? {} : { failure }), hits, counted, peak, span, history };
  }
}

/** The same by a rule. */
export function playRule(ops: readonly TraceOp[], pages: number, rule: CacheRule): OwnPlayed {
  const model = new CachedModel(pages);
  model.free(0, pages);
  const count = new Count();
  const place = new Map<number, { readonly page: number; readonly n: number }>();
  ops.forEach((op, i) => {
    if (op.k === 'free') {
      const { page, n } = place.get(op.of) as { page: number; n: number };
      model.free(page, n);
      count.free(i, page, n);
      return;
    }
    const hit = op.n < rule.limit && model.has(op.p, op.n);
    const page = model.allocFor(op.p, op.n, rule);
    place.set(i, { page, n: op.n });
    count.alloc(i, page, op.n, hit);
  });
  return count.result(ops.length);
}

export const playGo = (ops: readonly TraceOp[], pages: number): OwnPlayed => playRule(ops, pages, goRule);

/** Allocations that count, and were no hits. */
export const missesOf = ({ hits, counted }: OwnPlayed): number => counted - hits;

const limits = [9, 10, 11, 12, 13, 16, 32, 64] as const;
const keeps = [0, 1, 2, 3, 4, 8, 16] as const;

/** Rules of allocFor, the students' and Go's among them: what is plain. */
export const plainRules: readonly CacheRule[] = limits.flatMap((limit) =>
  keeps.map((keep) => ({ limit, keep })),
);

/** Which pages are free in the heap (0 in use, 1 free, 2 + p in the cache of p). */
type Owners = Uint8Array;
const inUse = 0;
const inHeap = 1;
const inCache = (p: number): number => 2 + p;

const pagesOf = (lo: number, hi: number): number[] => {
  const pages: number[] = [];
  for (let i = 0; i < blockPages; i++) if ((((i < 32 ? lo : hi) >>> (i % 32)) & 1) === 1) pages.push(i);
  return pages;
};

/** Judges an allocation and what the cache holds after it. @returns whether it is a hit; or what is wrong */
function judge(
  owners: Owners,
  p: number,
  n: number,
  value: unknown,
  cache: unknown,
): boolean | { readonly cause: string; readonly answered: string; readonly expected: string } {
  const wrong = (cause: string, answered: unknown, expected: string) => ({
    cause: `${own}: ${cause}`,
    answered: shown(answered as never),
    expected,
  });
  if (typeof value !== 'number' || !Number.isInteger(value))
    return wrong('allocFor answers no page number', value, 'the first page');
  const run = owners.subarray(value, value + n);
  if (value < 0 || run.length < n)
    return wrong(
      'allocFor answers no page of the heap',
      value,
      `the first of ${n} free pages: there are some`,
    );
  const mine = inCache(p);
  const bad = run.findIndex((owner) => owner !== inHeap && owner !== mine);
  if (bad >= 0) {
    const why = run[bad] === inUse ? 'pages that are in use' : 'pages of another processor’s cache';
    return wrong(`allocFor hands out ${why}`, value, `page ${value + bad} is not free to it`);
  }
  const hit = run.every((owner) => owner === mine);
  run.fill(inUse);
  const held = heldOf(cache);
  if (held === undefined)
    return wrong('cache does not answer [base, lo, hi]', cache, 'three numbers, bits from 0 to 2^32 − 1');
  const [base, lo, hi] = held;
  const pages = pagesOf(lo, hi);
  if (pages.length > 0 && (base % blockPages !== 0 || base < 0))
    return wrong('a cache begins at no multiple of 64', cache, 'a block of 64 pages');
  const not = pages.find((page) => owners[base + page] !== inHeap && owners[base + page] !== mine);
  if (not !== undefined)
    return wrong(
      'a cache holds pages that are not free to it',
      cache,
      `page ${base + not} is in use, or in another cache`,
    );
  let before = 0;
  for (let page = 0; page < owners.length; page++)
    if (owners[page] === mine) {
      before++;
      owners[page] = inHeap;
    }
  let kept = 0;
  for (const page of pages) {
    if (owners[base + page] === inHeap) kept++;
    owners[base + page] = mine;
  }
  return hit && before === kept;
}

/** Operations asked at a time. */
const blockOps = 400;

export async function playOwn(bench: Bench, ops: readonly TraceOp[], pages: number): Promise<OwnPlayed> {
  await bench.again();
  const owners = new Uint8Array(pages).fill(inHeap);
  const count = new Count();
  const place = new Map<number, { readonly page: number; readonly n: number }>();
  const steps: string[] = [`free(0, ${pages})`];
  const lead: Call[] = [
    ['new', own, pages],
    [0, 'free', 0, pages],
  ];
  for (let from = 0; from < ops.length; from += blockOps) {
    const part = ops.slice(from, from + blockOps);
    const calls: Call[] = from === 0 ? [...lead] : [];
    const at: number[] = [];
    part.forEach((op, i) => {
      at[i] = calls.length;
      if (op.k === 'alloc') calls.push([0, 'allocFor', op.p, op.n], [0, 'cache', op.p]);
      else {
        const known = place.get(op.of)?.page;
        calls.push([0, 'free', known ?? { answer: at[op.of - from] as number }, op.n]);
      }
    });
    const { answers, stopped } = await bench.run(calls);
    const failed = (i: number, asked: string): Failure | undefined => {
      const trouble = troubleOf(answers[i], stopped);
      if (trouble === undefined) return undefined;
      return {
        cause: `${own}: ${asked.split('(')[0]} ${trouble.cause}`,
        asked,
        answered: trouble.words,
        expected: 'that it returns, without an error',
        steps: [...steps],
        ...(trouble.at === undefined ? {} : { at: trouble.at }),
      };
    };
    if (from === 0)
      for (const [i, asked] of [`new ${own}(${pages})`, `free(0, ${pages})`].entries()) {
        const failure = failed(i, asked);
        if (failure !== undefined) return count.result(ops.length, failure);
      }
    for (const [i, op] of part.entries()) {
      const first = at[i] as number;
      if (op.k === 'free') {
        const { page, n } = place.get(op.of) as { page: number; n: number };
        const asked = `free(${page}, ${n})`;
        steps.push(asked);
        const failure = failed(first, asked);
        if (failure !== undefined) return count.result(ops.length, failure);
        owners.fill(inHeap, page, page + n);
        count.free(from + i, page, n);
        continue;
      }
      const asked = `allocFor(${op.p}, ${op.n})`;
      steps.push(asked);
      const failure = failed(first, asked) ?? failed(first + 1, `cache(${op.p})`);
      if (failure !== undefined) return count.result(ops.length, failure);
      const [value] = answers[first] as Answer;
      const judged = judge(owners, op.p, op.n, value, (answers[first + 1] as Answer)[0]);
      if (typeof judged !== 'boolean')
        return count.result(ops.length, {
          ...judged,
          asked: `${asked}, then cache(${op.p})`,
          steps: [...steps],
        });
      place.set(from + i, { page: value as number, n: op.n });
      count.alloc(from + i, value as number, op.n, judged);
    }
  }
  return count.result(ops.length);
}
