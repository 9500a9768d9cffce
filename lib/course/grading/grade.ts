/**
 * Grading a hand-in: every check and every measure of its exercise, and the points.
 *
 * The grade holds nothing that differs from one time to the next or from machine to machine: no time, no duration, no
 * path. `busy` is no grade: the machine gave the hand-in no processor, and nothing is said of it.
 *
 * Not here: what is drawn (report/), the command line.
 */
import { createHash } from 'node:crypto';
import { packageVersion } from '../../lab/record/package.ts';
import { Bench, HandinOver, isOfLimit } from '../exercises/bench.ts';
import type { Exercise, Failure, Measured } from '../exercises/exercise.ts';
import { runnable } from '../handout/hand-in.ts';
import { variantFor } from '../handout/start.ts';
import { hiddenSeed, openSeed } from '../model/seeds.ts';
import { walls } from '../sandbox/walls.ts';
import type { InPackage } from '../source/in-package.ts';
import type { Refusal } from '../source/parse.ts';

export interface Subject {
  readonly exercise: Exercise;
  /** Of the hand-in, by name. */
  readonly files: ReadonlyMap<string, string>;
  /** Why there is nothing to be run, in words: it is refused. */
  readonly fault?: string | undefined;
  /** Files that cannot be taken, where the others count without them. */
  readonly faults?: ReadonlyMap<string, string>;
  readonly modules: Readonly<Record<string, string>>;
  readonly student: string;
  readonly term: string;
  /** With it the seeds are hidden ones. */
  readonly secret?: string | undefined;
}

export interface CheckGrade {
  readonly name: string;
  readonly points: number;
  readonly of: number;
  /** Undefined where it is right; null where it was not tried. */
  readonly failure?: Failure | null;
  /** Units of work that it took, of those that all together may take. */
  readonly units?: number;
}

export interface MeasureGrade extends Measured {
  readonly name: string;
  readonly points: number;
  readonly of: number;
  readonly buckets: string;
}

export interface Grade {
  readonly format: 1;
  readonly exercise: string;
  readonly student: string;
  readonly term: string;
  /** `refused`: it was not run; `stopped`: it was ended, and what was not tried counts nothing; `busy`: no grade. */
  readonly verdict: 'graded' | 'refused' | 'stopped' | 'busy';
  readonly reason?: string;
  readonly at?: string;
  /** The check or measure in which it was stopped. */
  readonly stoppedIn?: string;
  readonly refusals?: readonly Refusal[];
  /** Null where there is no grade. */
  readonly points: number | null;
  readonly of: number;
  readonly seeds: 'hidden' | 'open';
  readonly seed: string;
  /** Of the files. */
  readonly sha256: string;
  readonly checks: readonly CheckGrade[];
  readonly measures: readonly MeasureGrade[];
  /** What of it the package has, too; undefined where that is nothing to be told, or was not looked for. No points go by it. */
  readonly inPackage?: InPackage;
  /** Walls that stood. */
  readonly walls: readonly string[];
  readonly version: string;
}

/** What is tried. */
export interface Scope {
  /** Ends after the first check that fails; measures are left out. */
  readonly first?: boolean;
  /** Only the check or measure of that name. */
  readonly only?: string | undefined;
  /** Told as each ends. */
  readonly onDone?: (name: string, share: number) => void;
}

/** Of a hand-in's files. */
export function hashOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [name, text] of files) hash.update(name).update('\0').update(text).update('\0');
  return hash.digest('hex');
}

const tenth = (n: number): number => Math.round(10 * n) / 10;

export async function grade(subject: Subject, scope: Scope = {}): Promise<Grade> {
  const { exercise, files, fault, modules, student, term, secret } = subject;
  const whom = { exercise: exercise.id, student, term };
  const seed = secret === undefined ? openSeed(whom) : hiddenSeed(secret, whom);
  const variant = variantFor(exercise, student, term);
  const wanted = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
    scope.only === undefined ? list : list.filter(({ name }) => name === scope.only);
  const allChecks = exercise.checks(variant);
  const allMeasures = exercise.measures(variant);
  const checkList = wanted(allChecks);
  const measureList = scope.first === true ? [] : wanted(allMeasures);
  const checks: CheckGrade[] = [];
  const measures: MeasureGrade[] = [];
  const result = (verdict: Grade['verdict'], more: Partial<Grade> = {}): Grade => {
    for (const { name, points: of } of checkList.slice(checks.length))
      checks.push({ name, points: 0, of, failure: null });
    for (const { name, points: of, buckets } of measureList.slice(measures.length))
      measures.push({ name, points: 0, of, buckets, share: 0, untried: true });
    const rows = [...checks, ...measures];
    return {
      ...{ format: 1, exercise: exercise.id, student, term, verdict, ...more },
      points: verdict === 'busy' ? null : tenth(rows.reduce((sum, row) => sum + row.points, 0)),
      of: rows.reduce((sum, row) => sum + row.of, 0),
      seeds: secret === undefined ? 'open' : 'hidden',
      seed: secret === undefined ? '' : seed,
      sha256: hashOf(files),
      checks,
      measures,
      walls:
        exercise.exports.length === 0
          ? []
          : walls()
              .filter(({ stands }) => stands)
              .map(({ name }) => name),
      version: packageVersion(),
    };
  };

  if (fault !== undefined) return result('refused', { reason: fault });
  const handin = runnable(exercise, subject, modules);
  if (!('entry' in handin))
    return result('refused', { reason: 'it contains what cannot be run', refusals: handin });
  const bench = new Bench(handin);
  try {
    if (exercise.exports.length > 0) await bench.fresh();
    for (const { name, points, run } of checkList) {
      const before = bench.spent;
      const failure = await run(bench, seed);
      const units = bench.spent - before;
      const right = failure === undefined;
      checks.push({ name, points: right ? points : 0, of: points, units, ...(right ? {} : { failure }) });
      scope.onDone?.(name, right ? 1 : 0);
      if (!right && scope.first === true) break;
    }
    for (const { name, points, buckets, run } of measureList) {
      const measured = await run(bench, seed);
      measures.push({ name, points: tenth(points * measured.share), of: points, buckets, ...measured });
      scope.onDone?.(name, measured.share);
    }
    return result('graded');
  } catch (error) {
    if (!(error instanceof HandinOver)) throw error;
    const { why, message, at } = error;
    const now = checkList[checks.length]?.name ?? measureList[measures.length]?.name;
    const stoppedIn = why === 'stopped' ? now : undefined;
    return result(why, {
      reason: stoppedIn === undefined ? message : `${message} (in "${stoppedIn}")`,
      ...(at === undefined ? {} : { at }),
      ...(stoppedIn === undefined ? {} : { stoppedIn }),
    });
  } finally {
    bench.close();
  }
}

/** Checks that a limit of units stopped, and where the units went. */
export function limitsOf({ stoppedIn, reason = '', checks }: Grade): Readonly<Record<string, string>> {
  const calls = checks.flatMap(({ name, failure }) =>
    failure != null && isOfLimit(failure) ? [[name, `${failure.asked}: ${failure.answered}`] as const] : [],
  );
  return Object.fromEntries([...calls, ...(stoppedIn === undefined ? [] : [[stoppedIn, reason] as const])]);
}

/** Why it was not run, or not to its end: the first place where one is known, else in words; of a grade nothing. */
export function reasonText(made: Grade | undefined): string {
  if (made?.reason === undefined) return '';
  const [first, ...more] = made.refusals ?? [];
  if (first === undefined) return made.reason;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return `line ${first.line}, column ${first.column}: ${first.message}${others}`;
}

/** The grade without what is only drawn. */
export function withoutPictures(made: Grade): Grade {
  return {
    ...made,
    measures: made.measures.map(
      ({
        history: _history,
        referenceHistory: _referenceHistory,
        hindsightHistory: _hindsightHistory,
        curve: _curve,
        referenceCurve: _referenceCurve,
        hindsightCurve: _hindsightCurve,
        traces: _traces,
        ...rest
      }) => rest,
    ),
  };
}
