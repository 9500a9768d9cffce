/**
 * Rounds: every participant measures every case in each, side by side, in fresh processes.
 *
 * A noisy machine must not decide: within a round the participants of a case follow each other at
 * once, and their order turns by one each round. Result: the median of each participant's rounds, the
 * ratio of two medians, and as its spread the smallest and largest ratio of a single round.
 */

import { basename } from 'node:path';
import { isStopSignal } from '../lib/base/stop-signals.ts';
import type { Case, Target } from './cases.ts';
import type { Participant } from './participant.ts';
import { measure } from './participant.ts';
import type { Measurement } from './workload.ts';
import { median } from './workload.ts';

/** One measured quantity: a case, or a part of one. */
export interface Row {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  /** ratio: of two rows of nanoseconds (steepness.ts). */
  readonly unit: 'ns' | 'bytes' | 'ratio';
  /** Each participant's value in each round. */
  readonly values: Record<string, number[]>;
  readonly targets: readonly Target[];
}

export interface Failure {
  readonly participant: string;
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly error: string;
}

export interface Results {
  readonly rows: Row[];
  readonly failures: Failure[];
  /** Rounds that were finished, where Ctrl-C came before all were. */
  readonly interrupted?: number;
}

export interface Ratio {
  readonly ratio: number;
  readonly least: number;
  readonly most: number;
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly cases: readonly Case[];
  readonly participants: readonly Participant[];
  /** Told before each process. */
  readonly progress: (round: number, of: Case, participant: Participant) => void;
}

/**
 * Measures everything. A participant that fails a case is not asked for it again, and what it said of
 * that case before is withdrawn.
 */
export function runRounds(options: RoundsOptions): Results {
  const rows = new Map<string, Row>();
  const failures: Failure[] = [];
  const failed = new Set<string>();
  for (let round = 0; round < options.rounds; round++) {
    for (const of of options.cases) {
      const checks = new Map<string, string>();
      for (let i = 0; i < options.participants.length; i++) {
        const participant = options.participants[(i + round) % options.participants.length];
        const id = `${participant.id} ${of.name} ${JSON.stringify(of.params)}`;
        if (failed.has(id)) continue;
        if (participant.command(of) === undefined) continue;
        options.progress(round, of, participant);
        const fail = (error: string): void => {
          failed.add(id);
          withdraw(rows, of, participant.id);
          failures.push({ participant: participant.id, name: of.name, params: of.params, error });
        };
        const outcome = measure(participant, of);
        if (outcome === undefined) continue;
        // A terminal sends it to who is measured as well: so it is learnt of here, where nothing has a turn.
        if ('signal' in outcome && isStopSignal(outcome.signal))
          return { ...wholeRounds(rows, round), failures, interrupted: round };
        if ('error' in outcome) {
          fail(outcome.error);
          continue;
        }
        for (const m of outcome.measurements) {
          const what = m.params.what ?? '';
          const known = checks.get(what);
          if (m.check !== undefined && known !== undefined && known !== m.check) {
            fail(`it did other work than the others: check ${m.check}, theirs ${known}`);
            break;
          }
          if (m.check !== undefined) checks.set(what, m.check);
          record(rows, of, m, participant.id);
        }
      }
    }
  }
  return { rows: [...rows.values()], failures };
}

/** What is known of rounds in which all took part. */
function wholeRounds(rows: ReadonlyMap<string, Row>, rounds: number): { readonly rows: Row[] } {
  const whole = (values: readonly number[]): number[] => values.slice(0, rounds);
  return {
    rows: [...rows.values()].flatMap((row) => {
      const values = Object.fromEntries(Object.entries(row.values).map(([id, of]) => [id, whole(of)]));
      return rounds === 0 ? [] : [{ ...row, values }];
    }),
  };
}

function withdraw(rows: Map<string, Row>, of: Case, participant: string): void {
  for (const [key, row] of rows) {
    if (!key.startsWith(caseKey(of))) continue;
    delete row.values[participant];
    if (Object.keys(row.values).length === 0) rows.delete(key);
  }
}

function caseKey(of: Case): string {
  return `${of.name} ${JSON.stringify(of.params)} `;
}

function record(rows: Map<string, Row>, of: Case, m: Measurement, participant: string): void {
  const what = m.params.what;
  // No report says where on a machine a file lay.
  const { file, ...others } = of.params;
  const params =
    file === undefined || 'trace' in others ? others : { ...others, program: basename(file).split('.')[0] };
  const key = `${caseKey(of)}${what ?? ''}`;
  let row = rows.get(key);
  if (row === undefined) {
    row = {
      name: of.name,
      params: what === undefined ? params : { ...params, what },
      unit: m.ns === undefined ? 'bytes' : 'ns',
      values: {},
      targets: of.targets.filter((target) => target.what === what),
    };
    rows.set(key, row);
  }
  (row.values[participant] ??= []).push(m.ns ?? m.bytes ?? Number.NaN);
}

/** The ratio of two participants' medians, and the extremes over the rounds both took part in. */
export function ratioOf(row: Row, over: string, under: string): Ratio | undefined {
  const a = row.values[over];
  const b = row.values[under];
  if (a === undefined || b === undefined) return undefined;
  // Both took part in every round: who fails one is withdrawn from all.
  const single = a.map((value, round) => value / b[round]);
  return { ratio: median(a) / median(b), least: Math.min(...single), most: Math.max(...single) };
}

/** A row's target: reached or missed by the medians; unclear where a quarter of the rounds or more say the opposite. */
export type TargetVerdict = 'met' | 'missed' | 'unclear';

/** What became of a row's target; undefined where there is nothing to hold against. */
export function verdictOf(row: Row, target: Target): TargetVerdict | undefined {
  const { ours } = row.values;
  const other = target.against === undefined ? undefined : row.values[target.against];
  if (ours === undefined || (target.against !== undefined && other === undefined)) return undefined;
  const held = (mine: number, theirs: number | undefined): boolean => {
    if (theirs === undefined) return mine <= target.atMost;
    return (target.above === true ? mine - theirs : mine / theirs) <= target.atMost;
  };
  const isMet = held(median(ours), other && median(other));
  // Both took part in every round: who fails one is withdrawn from all.
  const opposite = ours.filter((mine, round) => held(mine, other?.[round]) !== isMet).length;
  if (opposite * 4 >= ours.length) return 'unclear';
  return isMet ? 'met' : 'missed';
}
