/**
 * What came of the checks, as plain data; and which failures have one cause.
 *
 * One fault of a page heap breaks many checks. Two failures are taken to have one cause if the same rule was broken,
 * whatever the numbers and whichever call it came after, or if the same error was thrown at the same place. Causes
 * stand in the order in which they showed: what comes later may follow from what came first.
 *
 * Not here: the checks (checks.ts, kernel.ts), and how they are told (cli/conform.ts).
 */
import { placesOfError } from '../../base/places.ts';
import { ConformanceError } from './steps.ts';

export interface Outcome {
  readonly name: string;
  /** Also where it was skipped. */
  readonly passed: boolean;
  /** Why it was not made, where the page heap need not do what it is about. */
  readonly skipped?: string;
  /** Not made, since checks before it did not end. It has not passed then. */
  readonly untried?: true;
  readonly error?: string;
  /** Places in the page heap's own files, innermost first. */
  readonly at?: readonly string[];
  /** The calls that led there, oldest first. */
  readonly steps?: readonly string[];
  /** The number of its cause, from 1. */
  readonly cause?: number;
}

/** Failures of one cause, in the order of the checks. */
export interface Cause {
  readonly number: number;
  readonly outcomes: readonly Outcome[];
}

/** Checks that were kept, broken, skipped and not tried. */
export interface OutcomeCounts {
  readonly kept: number;
  readonly broken: number;
  readonly skipped: number;
  readonly untried: number;
}

/** What a check that threw comes to. */
export function failureOf(name: string, error: unknown): Outcome {
  // Of a random run the failure itself has the steps, of a heap what it passed on.
  const found = error instanceof ConformanceError ? error : error instanceof Error ? error.cause : undefined;
  const steps = found instanceof ConformanceError ? found.steps : [];
  const at = placesOfError(error);
  return {
    name,
    passed: false,
    error: error instanceof Error ? error.message : String(error),
    ...(at.length === 0 ? {} : { at }),
    ...(steps.length === 0 ? {} : { steps }),
  };
}

/** A message without what differs from one failure of a rule to the next. */
function ruleOf(message: string): string {
  const [line = ''] = message.split('\n');
  return line
    .replace(/\bafter \w+\([^)]*\)/g, '')
    .replace(/, free since .*$|, \w+\([^)]*\) handed it out$/, '')
    .replace(/\b(\w+)\([^)]*\)/g, '$1')
    .replace(/\ballocCached\b/g, 'alloc')
    .replace(/\bpages?\b/g, 'pages')
    .replace(/−?-?\d[\d.,]*/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
}

function keyOf({ error = '', at }: Outcome): string {
  // The guard of a heap says it with the name of the class.
  const message = error.replace(/^the page heap \S+: /, '');
  const [, thrown] = /(?:^| )threw (?:in \w+: )?(.*)/.exec(message) ?? [];
  if (thrown === undefined) return ruleOf(message);
  // By the line the call and the words do not matter; without one the words have to do.
  return at?.[0] === undefined ? `threw ${ruleOf(thrown)}` : `threw at ${at[0].replace(/:\d+\)?$/, '')}`;
}

/** Numbers the causes of failures as they come. */
export function causeNumbers(): (outcome: Outcome) => Outcome {
  const numbers = new Map<string, number>();
  return (outcome) => {
    if (outcome.error === undefined) return outcome;
    const key = keyOf(outcome);
    const cause = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, cause);
    return { ...outcome, cause };
  };
}

/** The failures by their causes. @param outcomes with causes */
export function causesOf(outcomes: readonly Outcome[]): Cause[] {
  const causes: { number: number; outcomes: Outcome[] }[] = [];
  for (const outcome of outcomes) {
    const { cause } = outcome;
    if (cause === undefined) continue;
    causes[cause - 1] ??= { number: cause, outcomes: [] };
    causes[cause - 1]?.outcomes.push(outcome);
  }
  return causes;
}

export function countOutcomes(outcomes: readonly Outcome[]): OutcomeCounts {
  const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined).length;
  const untried = outcomes.filter((outcome) => outcome.untried === true).length;
  const kept = outcomes.filter(({ passed }) => passed).length - skipped;
  return { kept, broken: outcomes.length - skipped - untried - kept, skipped, untried };
}
