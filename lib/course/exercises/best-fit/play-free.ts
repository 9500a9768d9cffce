/**
 * Playing a trace of pages on a page heap for which any free run will do: it is asked until it has no room, grown, and asked
 * again; each answer is judged by what is free. It is told how long each allocation lives.
 */
import type { PageOp } from '../../../lab/trace/page-text.ts';
import { type Choose, FitModel, type Run } from '../../model/fits.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure, PageChange, PageHistory, Strip } from '../exercise.ts';
import { Held, livesOf } from './held.ts';
import { asked, copy, growthFor, growthPages, runsText } from './play.ts';

export interface Played {
  readonly failure?: Failure;
  /** Pages that it was grown by, live pages at the peak. */
  readonly pages: number;
  readonly peak: number;
  /** Pages of blocks with something in use, on average; and what no placement is below. */
  readonly held: number;
  readonly least: number;
  /** Units of all calls, and calls. */
  readonly units: number;
  readonly calls: number;
  readonly history: PageHistory;
}

/** Operations asked at a time. */
const blockOps = 500;

/** Plays a trace where any free run is right. */
export async function playFree(bench: Bench, target: string, ops: readonly PageOp[]): Promise<Played> {
  await bench.again();
  const model = new FitModel(() => -1);
  const lives = livesOf(ops);
  const held = new Held();
  const changes: PageChange[] = [];
  const place = new Map<number, Run>();
  const steps: string[] = [];
  let [live, peak, units, calls] = [0, 0, 0, 0];
  const played = (failure?: Failure): Played => ({
    ...(failure === undefined ? {} : { failure }),
    ...{ pages: model.pages, peak, ...held.mean, units, calls, history: { ops: ops.length, changes } },
  });
  const strip = (value?: Run): Strip => ({
    pages: model.pages,
    model: copy(model.runs),
    ...(value === undefined ? {} : { answered: value }),
  });
  let pending: Call[] = [['new', target]];
  const growBy = (n: number): Call => {
    const page = model.pages;
    model.grow(page, n);
    steps.push(`grow(${page}, ${n})`);
    return [0, 'grow', page, n];
  };
  pending.push(growBy(growthPages));
  let grown = 0;
  for (let from = 0; from < ops.length; ) {
    const to = Math.min(ops.length, from + blockOps);
    const block: Call[] = [...pending];
    const lead = block.length;
    pending = [];
    const inBlock = new Map<number, number>();
    for (let i = from; i < to; i++) {
      const op = ops[i];
      if (op.k === 'alloc') {
        inBlock.set(op.id, block.length);
        block.push([0, 'alloc', op.pages, lives.get(op.id) as number]);
      } else if (op.k === 'free') {
        const n = sizeOf(ops, op.id, place);
        const at = inBlock.get(op.id);
        block.push([0, 'free', at === undefined ? (place.get(op.id)?.page ?? -1) : { answer: at }, n]);
      } else block.push([0, 'stats']);
    }
    const { answers, stopped } = await bench.run(block, ['alloc', -1]);
    for (let i = 0; i < lead; i++) {
      const trouble = troubleOf(answers[i], stopped);
      if (trouble !== undefined)
        return played({
          cause: `${String(block[i]?.[1])} ${trouble.cause}`,
          asked: String(block[i]?.[1]),
          answered: trouble.words,
          expected: 'that it returns, without an error',
          steps: [...steps],
          ...(trouble.at === undefined ? {} : { at: trouble.at }),
          strip: strip(),
        });
    }
    let i = from;
    for (let a = lead; i < to; i++, a++) {
      const op = ops[i];
      const answer = answers[a];
      const trouble = troubleOf(answer, stopped);
      const text =
        op.k === 'alloc'
          ? `alloc(${op.pages}, ${lives.get(op.id)})`
          : op.k === 'free'
            ? `free(${place.get(op.id)?.page}, ${place.get(op.id)?.n})`
            : '';
      steps.push(text);
      const common = { asked: asked(text, steps.length - 1), steps: [...steps] };
      if (trouble !== undefined)
        return played({
          ...common,
          cause: trouble.cause,
          answered: trouble.words,
          expected: 'an answer',
          ...(trouble.at === undefined ? {} : { at: trouble.at }),
          strip: { ...strip(), ...(op.k === 'free' ? { isBefore: true } : {}) },
        });
      const [value, used] = answer as Answer;
      units += used;
      calls++;
      if (op.k === 'alloc') {
        const n = op.pages;
        if (value === -1) {
          if (grown === i + 1)
            return played({
              ...common,
              cause: 'alloc finds no room where there is some',
              answered: '−1',
              expected: `one of ${runsText(model.runs)}: it was just grown by ${growthFor(n)} pages`,
              strip: strip(),
            });
          grown = i + 1;
          pending = [growBy(growthFor(n))];
          break;
        }
        if (typeof value !== 'number' || !Number.isInteger(value) || !model.isFree(value, n)) {
          const inUse = typeof value === 'number' && value >= 0 && value + n <= model.pages;
          const cause =
            typeof value !== 'number' || !Number.isInteger(value)
              ? 'alloc answers no page number'
              : inUse
                ? 'alloc hands out pages that are in use'
                : 'alloc hands out pages that it never had';
          return played({
            ...common,
            cause,
            answered: shown(value),
            expected: runsText(model.runs),
            strip: strip(typeof value === 'number' && value >= 0 ? { page: value, n } : undefined),
          });
        }
        model.take(value, n);
        held.take(value, n);
        place.set(op.id, { page: value, n });
        changes.push({ op: i, page: value, n, to: 'used' });
        live += n;
        peak = Math.max(peak, live);
      } else if (op.k === 'free') {
        const run = place.get(op.id);
        if (run === undefined) continue;
        model.free(run.page, run.n);
        held.free(run.page, run.n);
        place.delete(op.id);
        changes.push({ op: i, page: run.page, n: run.n, to: 'free' });
        live -= run.n;
      }
      held.pass();
    }
    from = i;
  }
  return played();
}

function sizeOf(ops: readonly PageOp[], id: number, place: ReadonlyMap<number, Run>): number {
  const known = place.get(id)?.n;
  if (known !== undefined) return known;
  const made = ops.find((op) => op.k === 'alloc' && op.id === id);
  return made?.k === 'alloc' ? made.pages : 0;
}

/** The same trace on a model of the judge's. @param tail from so many pages on the back of a run is taken */
export function playModel(
  choose: Choose,
  ops: readonly PageOp[],
  tail = Number.POSITIVE_INFINITY,
): Omit<Played, 'units' | 'calls'> {
  const model = new FitModel(choose, tail);
  model.grow(0, growthPages);
  const held = new Held();
  const place = new Map<number, Run>();
  const changes: PageChange[] = [];
  let [live, peak] = [0, 0];
  ops.forEach((op, i) => {
    if (op.k === 'alloc') {
      const n = op.pages;
      let page = model.alloc(n);
      if (page < 0) {
        model.grow(model.pages, growthFor(n));
        page = model.alloc(n);
      }
      place.set(op.id, { page, n });
      held.take(page, n);
      changes.push({ op: i, page, n, to: 'used' });
      live += n;
      peak = Math.max(peak, live);
    } else if (op.k === 'free') {
      const run = place.get(op.id) as Run;
      model.free(run.page, run.n);
      held.free(run.page, run.n);
      changes.push({ op: i, page: run.page, n: run.n, to: 'free' });
      live -= run.n;
    }
    held.pass();
  });
  return { pages: model.pages, peak, ...held.mean, history: { ops: ops.length, changes } };
}
