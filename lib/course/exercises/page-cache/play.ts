/**
 * Playing calls on the hand-in's heap with page caches, held against the judge's own.
 *
 * All answers are known beforehand, so a list of calls is a few blocks. After each call that concerns a processor its cache is
 * looked at.
 */
import { blockPages, CachedModel, type CacheRule, type Held } from '../../model/page-caches.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import { type Failure, type Strip, withAnswer } from '../exercise.ts';

export const target = 'CachedHeap';

export type Op =
  | { readonly k: 'free'; readonly page: number; readonly n: number }
  | { readonly k: 'alloc'; readonly n: number }
  | { readonly k: 'fill' | 'flush'; readonly p: number }
  | { readonly k: 'take' | 'allocFor'; readonly p: number; readonly n: number };

interface Asked {
  readonly call: Call;
  readonly text: string;
  readonly right: number | Held | undefined;
  readonly strip: Strip | undefined;
  /** An allocation that the cache serves. */
  readonly hit: boolean;
}

const stripPages = 96;

function around({ map }: CachedModel, page: number, n: number): Strip {
  const from = Math.max(0, Math.min(map.free.length - stripPages, page - 16));
  return {
    pages: Math.min(stripPages, map.free.length),
    first: from,
    model: map.runsIn(from, stripPages).map((run) => ({ page: run.page - from, n: run.n })),
    expected: { page: page - from, n: Math.min(n, stripPages) },
  };
}

function plan(ops: readonly Op[], pages: number, rule: CacheRule): Asked[] {
  const model = new CachedModel(pages);
  const asked: Asked[] = [];
  const cacheStrip = (p: number): Strip => ({
    pages: blockPages,
    first: model.cache(p)[0],
    model: model.runsOf(p),
  });
  for (const op of ops) {
    let strip: Strip | undefined;
    let right: number | undefined;
    let hit = false;
    switch (op.k) {
      case 'free':
        model.free(op.page, op.n);
        break;
      case 'alloc': {
        const page = model.map.find(op.n);
        strip = page < 0 ? undefined : around(model, page, op.n);
        right = model.alloc(op.n);
        break;
      }
      case 'fill':
        model.fill(op.p);
        break;
      case 'flush':
        model.flush(op.p);
        break;
      case 'take':
        strip = cacheStrip(op.p);
        right = model.take(op.p, op.n);
        break;
      case 'allocFor': {
        strip = model.left(op.p) > 0 ? cacheStrip(op.p) : undefined;
        hit = op.n < rule.limit && model.has(op.p, op.n);
        right = model.allocFor(op.p, op.n, rule);
        break;
      }
    }
    const args = op.k === 'free' ? [op.page, op.n] : 'p' in op ? ('n' in op ? [op.p, op.n] : [op.p]) : [op.n];
    asked.push({ call: [0, op.k, ...args], text: `${op.k}(${args.join(', ')})`, right, strip, hit });
    if ('p' in op)
      asked.push({
        call: [0, 'cache', op.p],
        text: `cache(${op.p})`,
        right: model.cache(op.p),
        strip: cacheStrip(op.p),
        hit: false,
      });
  }
  return asked;
}

/** What a cache holds by an answer; undefined where it is none. */
export function heldOf(value: unknown): Held | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [base, lo, hi] = value as unknown[];
  const isWord = (word: unknown): word is number => Number.isInteger(word) && word === (word as number) >>> 0;
  return Number.isInteger(base) && isWord(lo) && isWord(hi) ? [base as number, lo, hi] : undefined;
}

/** Of an empty cache it does not matter where it was. */
export const sameHeld = (a: Held, b: Held): boolean =>
  a[1] === b[1] && a[2] === b[2] && (a[0] === b[0] || (a[1] === 0 && a[2] === 0));

const bitsText = (word: number): string => `0x${word.toString(16)}`;
export const heldText = ([base, lo, hi]: Held): string =>
  lo === 0 && hi === 0 ? 'an empty cache: [any, 0, 0]' : `[${base}, ${bitsText(lo)}, ${bitsText(hi)}]`;

function causeOf(value: unknown, { call, right }: Asked, after: string): string {
  const name = String(call[1]);
  if (name !== 'cache') {
    if (typeof value !== 'number') return `${name} answers no page number`;
    if (value < 0) return `${name} finds no room where there is some`;
    return right === -1
      ? `${name} answers a page where there is no room`
      : `${name} answers another page than the rule says`;
  }
  const signed = Array.isArray(value) && value.some((word) => typeof word === 'number' && word < 0);
  if (signed) return 'cache answers negative bits: `>>> 0` makes them a number from 0 to 2^32 − 1';
  const held = heldOf(value);
  if (held === undefined) return 'cache does not answer [base, lo, hi]';
  return held[0] !== (right as Held)[0]
    ? `after ${after} the cache is of another block`
    : `after ${after} the cache holds other pages`;
}

export interface Played {
  readonly failure?: Failure;
  /** Units of an allocation that the cache serves. */
  readonly hitUnits: number;
}

/** Blocks are of so many calls, so that no answer is longer than a pipe likes. */
const blockCalls = 1500;

export async function playOps(
  bench: Bench,
  pages: number,
  ops: readonly Op[],
  rule: CacheRule,
): Promise<Played> {
  await bench.again();
  const list = plan(ops, pages, rule);
  const made: Asked = {
    call: ['new', target, pages],
    text: `new ${target}(${pages})`,
    right: undefined,
    strip: undefined,
    hit: false,
  };
  const all = [made, ...list];
  const steps: string[] = [];
  let [units, hits] = [0, 0];
  for (let from = 0; from < all.length; from += blockCalls) {
    const part = all.slice(from, from + blockCalls);
    const { answers, stopped } = await bench.run(part.map(({ call }) => call));
    for (const [i, it] of part.entries()) {
      const isLook = it.call[1] === 'cache';
      if (!isLook && it !== made) steps.push(it.text);
      const { right } = it;
      const common = {
        asked: isLook ? `${it.text} after ${steps.at(-1)}` : it.text,
        expected:
          right === undefined
            ? 'that it returns, without an error'
            : typeof right === 'number'
              ? String(right)
              : heldText(right),
        steps: [...steps],
        ...(it.strip === undefined ? {} : { strip: it.strip }),
      };
      const trouble = troubleOf(answers[i], stopped);
      if (trouble !== undefined)
        return {
          failure: {
            ...common,
            cause: `${it.call[1]} ${trouble.cause}`,
            answered: trouble.words,
            ...(trouble.at === undefined ? {} : { at: trouble.at }),
          },
          hitUnits: 0,
        };
      const [value, used] = answers[i] as Answer;
      if (it.hit) {
        units += used;
        hits++;
      }
      if (right === undefined) continue;
      const held = heldOf(value);
      if (typeof right === 'number' ? value === right : held !== undefined && sameHeld(held, right)) continue;
      const after = String(steps.at(-1)).split('(')[0] ?? '';
      return {
        failure: {
          ...common,
          cause: causeOf(value, it, after),
          answered: held === undefined || typeof right === 'number' ? shown(value) : heldText(held),
          ...(it.strip === undefined || typeof right !== 'number'
            ? {}
            : { strip: withAnswer(it.strip, value, Number(it.call.at(-1))) }),
        },
        hitUnits: 0,
      };
    }
  }
  return { hitUnits: units / Math.max(1, hits) };
}

/** Recorded operations of a real Go: `f PAGE N`, `a N`, `c P`, `k P N`, `u P`. Their answers are the model's; a test holds them to it. */
export function parseRecord(text: string): {
  readonly ops: readonly Op[];
  readonly answers: readonly (number | Held | undefined)[];
} {
  const ops: Op[] = [];
  const answers: (number | Held | undefined)[] = [];
  for (const line of text.split('\n')) {
    const [k = '', ...words] = line.split(' ');
    const [a = 0, b = 0, c = 0, d = 0] = words.map(Number);
    switch (k) {
      case 'f':
        ops.push({ k: 'free', page: a, n: b });
        answers.push(undefined);
        break;
      case 'a':
        ops.push({ k: 'alloc', n: a });
        answers.push(b);
        break;
      case 'c':
        ops.push({ k: 'fill', p: a });
        answers.push([b, c, d]);
        break;
      case 'k':
        ops.push({ k: 'take', p: a, n: b });
        answers.push(c);
        break;
      case 'u':
        ops.push({ k: 'flush', p: a });
        answers.push(undefined);
        break;
    }
  }
  return { ops, answers };
}
