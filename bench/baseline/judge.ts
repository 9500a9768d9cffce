/**
 * Whether this tree is slower than a baseline: rounds of pairs, and the verdict on each row.
 *
 * A round measures every case once in each tree, in a pair of processes that take turns (pair.ts); who begins
 * changes from round to round. A process's figure is the lower quartile of its repeats: what other programs do can
 * only add time. A pair's ratio is ours / baseline. A row is slower when the interval of its
 * pairs (interval.ts) lies wholly above `limit`.
 *
 * There are some forty rows, and a false alarm in one is a false alarm of the whole. Hence three stages:
 *   1. all cases, `rounds` rounds. Rows whose interval reaches above the limit go on: they are *unclear*. *Suspects* among them
 *      are those whose estimate is above the limit, and on a noisy machine those that seem slower at all and
 *      could be so by `toFind`.
 *   2. their cases again in fresh rounds, twice as many; for suspects up to four times as many: the wider the
 *      interval was, the more. Rows whose interval lies wholly above the limit go on. What is unclear now stays so: a noisy
 *      machine must not keep a script for ever.
 *   3. the same once more. Rows whose interval again lies wholly above the limit are slower.
 * The stages share no pair, so what only chance brought into stage 2 is not carried along, and the interval
 * that is shown, the last one, is not biased by the choice.
 *
 * How often that is a false alarm: a 95 % interval lies wholly above the true ratio in 2.5 % of cases. A row
 * whose true ratio is exactly the limit fails with at most 0.025², six in ten thousand; of forty such
 * rows one fails in 2.5 % of runs. That is the worst case. For two builds
 * of one commit the true ratio is 1, and the interval must miss by 2 % more: with ratios that scatter by
 * 10 % that is less than one run in a thousand (test/bench/judge.test.ts simulates it). A correction of the
 * level by the number of rows (Holm) was not taken: it would miss a change that slows everything by 5 %.
 *
 * How often 5 % is found: where the ratios scatter by 1.5 %, always; by 3.5 %, in five of six runs; by more,
 * ask for more rounds. A row whose last interval reaches above the limit is called unclear, not the same.
 *
 * Not here: how a measurement is made (the caller passes that in), and how a verdict is shown (report.ts).
 */

import type { Case } from '../cases.ts';
import type { Outcome } from '../participant.ts';
import { type Measurement, median } from '../workload.ts';
import { type Interval, leastPairs, pairedInterval } from './interval.ts';

/** A ratio up to here is no slow-down. */
export const limit = 1.02;
/** A ratio that must not be missed. */
const toFind = 1.05;

const sides = ['ours', 'baseline'] as const;
export type Side = (typeof sides)[number];

export type Verdict = 'slower' | 'unclear' | 'not slower' | 'faster' | 'new';

/** The pairs of one stage. */
export interface Stage extends Interval {
  readonly pairs: readonly (readonly [ours: number, baseline: number])[];
}

/** One measured quantity: a case, or a part of one. */
export interface JudgedRow {
  readonly name: string;
  /** The words of the case, without those that say where on this machine a file lies. */
  readonly params: Readonly<Record<string, string>>;
  readonly unit: 'ns' | 'bytes';
  /** None for a row that the baseline does not know. */
  readonly stages: readonly Stage[];
  readonly verdict: Verdict;
  /** Medians of the last stage; of a new row, those of all its rounds. */
  readonly ours: number;
  readonly baseline: number | undefined;
}

export interface Failure {
  readonly side: Side;
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly error: string;
}

export interface Judgement {
  readonly rows: readonly JudgedRow[];
  readonly failures: readonly Failure[];
}

export interface JudgeOptions {
  readonly rounds: number;
  readonly cases: readonly Case[];
  /** Measures a case once in each tree, `first` first; undefined for a side that does not know the case. */
  readonly measure: (of: Case, first: Side) => Promise<Readonly<Record<Side, Outcome | undefined>>>;
  /** Told before each pair. */
  readonly progress: (stage: number, round: number, rounds: number, of: Case) => void;
}

/** What a part of a case showed in one stage. */
interface Part {
  readonly unit: 'ns' | 'bytes';
  readonly told: Readonly<Record<Side, Measurement[]>>;
}

/** By the word `what`; '' for a case without parts. */
type Parts = Map<string, Part>;

export async function judge(options: JudgeOptions): Promise<Judgement> {
  if (options.rounds < leastPairs) throw new RangeError(`a verdict needs at least ${leastPairs} rounds`);
  const failures: Failure[] = [];
  const rows = new Map<string, RowState>();
  let plan = new Map<Case, number>(options.cases.map((of) => [of, options.rounds]));
  for (let stage = 1; stage <= 3 && plan.size > 0; stage++) {
    const seen = await runStage(options, stage, plan, failures);
    plan = new Map();
    for (const [of, parts] of seen) {
      for (const [what, part] of parts) {
        const key = `${of.name} ${JSON.stringify(of.params)} ${what}`;
        const row = rows.get(key) ?? {
          of,
          what,
          unit: part.unit,
          stages: [],
          only: [],
          isSuspect: true,
          goesOn: true,
        };
        rows.set(key, row);
        // A part of a case that was measured again for the sake of another part.
        if (!row.goesOn) continue;
        const why = addStage(row, part, stage);
        if (why !== undefined) {
          failures.push({ side: 'ours', name: of.name, params: shownParams(of, what), error: why });
          rows.delete(key);
          continue;
        }
        if (row.goesOn) plan.set(of, Math.max(plan.get(of) ?? 0, roundsAgain(row, options.rounds)));
      }
    }
  }
  return { rows: [...rows.values()].map(judged), failures };
}

/** A row while it is measured. */
interface RowState {
  readonly of: Case;
  readonly what: string;
  readonly unit: Part['unit'];
  readonly stages: Stage[];
  /** Of a row that the baseline does not know. */
  readonly only: number[];
  /** Whether the last stage found it above the limit; the first one: perhaps. */
  isSuspect: boolean;
  /** Whether it is to be measured again. */
  goesOn: boolean;
}

/** @returns why the row cannot be judged, if so */
function addStage(row: RowState, { told }: Part, stage: number): string | undefined {
  const { ours, baseline } = told;
  // An older commit tells medians alone.
  const byQuartile = [...ours, ...baseline].every((m) => m.quartile !== undefined);
  const value = (m: Measurement): number => (byQuartile ? m.quartile : (m.ns ?? m.bytes)) ?? Number.NaN;
  if (baseline.length === 0) {
    row.only.push(...ours.map(value));
    row.isSuspect = false;
    row.goesOn = false;
    return undefined;
  }
  const pairs = ours.map((m, i) => [value(m), value(baseline[i])] as const);
  // What the scheduler took away is taken off a time: on a busy machine nothing may be left of a short one.
  if (!pairs.every((pair) => pair.every((n) => n > 0 && Number.isFinite(n))))
    return 'a round of it took no time that can be told: it is too short, or the machine too busy';
  const interval = pairedInterval(pairs.map(([ours, baseline]) => ours / baseline));
  row.stages.push({ ...interval, pairs });
  const seemsSlower = interval.ratio > limit || (interval.ratio > 1 && interval.high > toFind);
  row.isSuspect = stage === 1 ? seemsSlower : interval.low > limit;
  row.goesOn = stage === 1 ? interval.high > limit : row.isSuspect;
  return undefined;
}

/** Half an interval that is narrow enough: one about `toFind` then lies above the limit. */
const narrow = Math.log(toFind / limit) / 2;

/**
 * How many fresh rounds a row gets: twice as many; a suspect, within two to four times as many, what it takes to narrow its
 * first interval.
 */
function roundsAgain({ stages: [first], isSuspect }: RowState, rounds: number): number {
  if (!isSuspect) return 2 * rounds;
  const half = Math.log(first.high / first.low) / 2;
  return Math.ceil(rounds * Math.min(Math.max((half / narrow) ** 2, 2), 4));
}

/** The rounds of one stage. A case that fails is in no result. */
async function runStage(
  options: JudgeOptions,
  stage: number,
  plan: ReadonlyMap<Case, number>,
  failures: Failure[],
): Promise<Map<Case, Parts>> {
  const seen = new Map<Case, Parts>([...plan.keys()].map((of) => [of, new Map()]));
  const most = Math.max(...plan.values());
  for (let round = 0; round < most; round++) {
    for (const [of, parts] of seen) {
      const rounds = plan.get(of) ?? 0;
      if (round >= rounds) continue;
      options.progress(stage, round, rounds, of);
      const pair = toldBy(await options.measure(of, sides[round % 2]), of);
      if ('error' in pair) {
        failures.push({ ...pair, name: of.name, params: shownParams(of, '') });
        seen.delete(of);
      } else {
        for (const side of sides) for (const m of pair[side]) record(parts, side, m);
      }
    }
  }
  return seen;
}

/** What a pair measured, or who failed. A side that does not know the case told nothing. */
function toldBy(
  outcomes: Readonly<Record<Side, Outcome | undefined>>,
  of: Case,
): Record<Side, readonly Measurement[]> | { side: Side; error: string } {
  const told: Record<Side, readonly Measurement[]> = { ours: [], baseline: [] };
  for (const side of sides) {
    const outcome = outcomes[side];
    if (outcome !== undefined && 'error' in outcome) return { side, error: outcome.error };
    if (outcome === undefined && side === 'ours') return { side, error: `it does not know ${of.name}` };
    told[side] = outcome?.measurements ?? [];
  }
  const different = differentWork(told.ours, told.baseline);
  return different === undefined ? told : { side: 'baseline', error: different };
}

/** Parts that are differences of two quantities: they may be 0 or less, and have no ratio. The whole is judged in their place. */
const differences: ReadonlySet<string> = new Set(['above']);

function record(parts: Parts, side: Side, m: Measurement): void {
  const what = m.params.what ?? '';
  if (differences.has(what)) return;
  let part = parts.get(what);
  if (part === undefined) {
    part = { unit: m.ns === undefined ? 'bytes' : 'ns', told: { ours: [], baseline: [] } };
    parts.set(what, part);
  }
  part.told[side].push(m);
}

/** What tells that two sides did not do the same work. A part that only one side reports is no difference. */
export function differentWork(
  ours: readonly Measurement[],
  baseline: readonly Measurement[],
): string | undefined {
  for (const a of ours) {
    const b = baseline.find((m) => m.name === a.name && m.params.what === a.params.what);
    if (b === undefined) continue;
    const words = (m: Measurement) => JSON.stringify(Object.entries(m.params).sort());
    if (words(a) !== words(b)) return `it measured another case: ${words(b)}, not ${words(a)}`;
    if (a.check !== undefined && b.check !== undefined && a.check !== b.check) {
      return `it did other work: check ${b.check}, ours ${a.check}`;
    }
    if (a.outcome !== undefined && b.outcome !== undefined && a.outcome !== b.outcome) {
      return `other work came of it: ${b.outcome}, ours ${a.outcome}`;
    }
  }
  return undefined;
}

/** The words of a row as a report shows them: no report says where on a machine a file lies. */
function shownParams(of: Case, what: string): Record<string, string> {
  const { file, ...others } = of.params;
  const name = file?.split('/').at(-1)?.split('.')[0];
  return {
    ...others,
    ...(name === undefined || 'trace' in others ? {} : { program: name }),
    ...(what === '' ? {} : { what }),
  };
}

function judged({ of, what, unit, stages, only, isSuspect }: RowState): JudgedRow {
  const last = stages.at(-1);
  return {
    name: of.name,
    params: shownParams(of, what),
    unit,
    stages,
    // A case that failed when it was measured again is a suspect with fewer stages.
    verdict: isSuspect && stages.length === 3 ? 'slower' : verdictOf(last),
    ours: median(last === undefined ? only : last.pairs.map(([a]) => a)),
    baseline: last === undefined ? undefined : median(last.pairs.map(([, b]) => b)),
  };
}

function verdictOf(stage: Stage | undefined): Verdict {
  if (stage === undefined) return 'new';
  if (stage.high > limit) return 'unclear';
  return stage.high < 1 / limit ? 'faster' : 'not slower';
}
