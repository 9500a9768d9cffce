/**
 * `pageheap conform`: a page heap held against the contract, by the suite that the built-in ones pass.
 *
 * Each check is told when it has ended, and in the end what is wrong, cause by cause.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { calledAs } from '../base/called-as.ts';
import { PageHeapError } from '../base/errors.ts';
import { shellWords } from '../base/shell-words.ts';
import { generations } from '../design/design.ts';
import { decimal } from '../design/kinds.ts';
import { partOptions } from '../design/parts.ts';
import {
  type Cause,
  causesOf,
  countOutcomes,
  type Outcome,
  type OutcomeCounts,
} from '../lab/conformance/outcomes.ts';
import { fullRuns } from '../lab/conformance/random-run.ts';
import { lastSteps } from '../lab/conformance/steps.ts';
import { isBuiltIn } from '../lab/conformance/subjects.ts';
import { defaultTimeout, runSuite } from '../lab/conformance/suite.ts';
import {
  type Certificate,
  type ConformanceProfile,
  certificateFormat,
  hashModule,
  writeCertificate,
} from '../lab/record/certificate.ts';
import { checkOpenOutputs } from '../lab/record/output.ts';
import { packageVersion } from '../lab/record/package.ts';
import { wholeNumber } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { type Colors, plain, type Terminal } from './terminal.ts';

/** The flags of the parts, by which they are named here, too. */
const partFlags = Object.values(partOptions).map(({ flag }) => flag);

const optionOfFlag = (flag: string | undefined): string | undefined =>
  Object.entries(partOptions).find(([, declared]) => declared.flag === flag)?.[0];

const help = `
A custom page heap is a class with the methods of the interface PageHeap; its
module exports it by default or as PageHeap. docs/custom-page-heap.md tells all that
is needed; examples/first-fit.mjs is one, and examples/buddy.mjs one that rounds up.
A check of what a page heap need not do is skipped where it does not; so is one for
which this machine has no memory, or shows too little (no /proc). In the end stands
what is wrong: failures of one cause together, the first first, with the place in the
module and the last calls. A random run that fails tells a seed and a path, by which
it can be run again alone.

A policy of your own (docs/policies.md) is named by its --part: heaps with it go
through all kinds of things, and are checked whole all the while.

The suite runs in a process of its own. A call that takes longer than --timeout is
stopped, and told with the place where it was.

What came of it is kept for this module as it is now, in the folder pageheap/conformance
of $XDG_CACHE_HOME or ~/.cache; run and compare tell what has not passed.

Examples:
  $ pageheap conform examples/first-fit.mjs
  $ pageheap conform mine.mjs --seed 42 --path 12:3,AB:C
  $ pageheap conform --part scavenge-policy mine.mjs
  $ pageheap conform treap`;

interface Options {
  readonly seed?: number;
  readonly path?: string;
  readonly runs: number;
  readonly timeout: number;
  readonly json?: true;
  readonly part?: string;
}

function seconds(text: string): number {
  const n = decimal(text);
  if (!(n >= 0.1 && n <= 3600)) throw new InvalidArgumentError('It takes seconds, 0.1 to 3600.');
  return n;
}

/** `24 of 24 kept, 2 skipped`: of those that were made. */
function summary({ kept, broken, skipped, untried }: OutcomeCounts): string {
  const others = [
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
    ...(untried === 0 ? [] : [`${untried} not tried`]),
  ];
  return [`${kept} of ${kept + broken} kept`, ...others].join(', ');
}

function profileOf({ runs, seed, path }: Options): Omit<ConformanceProfile, 'roundsUp'> {
  const extent = runs >= fullRuns && path === undefined ? 'full' : 'short';
  return { extent, runs, seed: seed ?? null, path: path ?? null };
}

/**
 * Keeps what was found of a module for those who run it later.
 * @returns the certificate's path; undefined where it cannot be written, which is told and fails nothing
 */
function certify(
  certificate: Omit<Certificate, 'format' | 'version' | 'date'>,
  terminal: Terminal,
): string | undefined {
  try {
    const date = new Date().toISOString();
    return writeCertificate({ format: certificateFormat, version: packageVersion(), ...certificate, date });
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    terminal.note(`no certificate could be written: ${plain(error.message)}`);
    return undefined;
  }
}

/** A check that has ended, in a line; what is wrong is told in the end. */
function drawOutcome({ name, passed, skipped, untried, cause }: Outcome, colors: Colors): string {
  if (untried === true) return `${colors.yellow('untried')} ${name}`;
  if (!passed) return `${colors.red('broken ')} ${name} (${cause})`;
  return skipped === undefined
    ? `${colors.green('kept   ')} ${name}`
    : `${colors.yellow('skipped')} ${name}\n        ${skipped}`;
}

/** Steps of a failure up to which there is no need for a shorter one. */
const fewSteps = 12;

/** What is wrong in a check: the message, the places, the last calls, and how it is made again. */
function drawFailure({ error = '', at = [], steps = [] }: Outcome, file: string): string[] {
  const [message = '', ...more] = plain(error).split('\n');
  const again = /^again(?: alone)?: seed (\d+)(?:, path (\S+))?$/;
  const calls = lastSteps(steps).map((step, i) => `${i === 0 ? 'after: ' : '       '}${plain(step)}`);
  const others = more.map((line) => {
    const [, seed, path] = again.exec(line) ?? [];
    if (seed === undefined) return line;
    return `again${path === undefined ? '' : ' alone'}: ${calledAs()} conform ${file} --seed ${seed}${path === undefined ? '' : ` --path ${path}`}`;
  });
  return [message, ...at.map((place) => `  at ${plain(place)}`), ...calls, ...others];
}

/** The failures of one cause: the first, and, where one got there by far fewer calls, that too. */
function drawCause({ number, outcomes }: Cause, file: string, colors: Colors): string {
  const [first, ...others] = outcomes as [Outcome, ...Outcome[]];
  const length = ({ steps = [] }: Outcome): number => steps.length || Number.POSITIVE_INFINITY;
  const shortest = outcomes.reduce((a, b) => (length(b) < length(a) ? b : a));
  const isShort = shortest === first || (length(first) <= fewSteps && !/\n/.test(shortest.error ?? ''));
  const [message = '', ...rest] = drawFailure(isShort ? first : { ...first, steps: [] }, file);
  const lines = [message, ...rest.filter((line) => line.startsWith('  at ')), `in: ${first.name}`];
  lines.push(...rest.filter((line) => !line.startsWith('  at ')));
  if (!isShort) {
    lines.push(`by the fewest calls in: ${shortest.name}`);
    lines.push(...drawFailure({ ...shortest, at: [] }, file).map((line) => `  ${line}`));
  }
  if (others.length > 0)
    lines.push(
      `and in ${others.length === 1 ? 'one other, marked' : `${others.length} others, all marked`} (${number}) above`,
    );
  const margin = `${number}. `;
  return lines
    .map((line, i) =>
      i === 0 ? `${colors.bold(margin)}${colors.red(line)}` : `${' '.repeat(margin.length)}${line}`,
    )
    .join('\n');
}

function drawCauses(causes: readonly Cause[], file: string, colors: Colors): string {
  const head =
    causes.length === 1
      ? 'What is wrong:'
      : 'What is wrong, in the order in which it showed; what comes later may follow from what came first:';
  return `\n${colors.bold(head)}\n\n${causes.map((cause) => drawCause(cause, file, colors)).join('\n\n')}`;
}

export function defineConform(command: Command, context: CommandContext): void {
  const { terminal } = context;
  command
    .description(
      'Runs the conformance suite for page heaps: first on page numbers, then in a heap against the kernel; or that for a ' +
        'policy.',
    )
    .argument(
      '<page-heap>',
      `${generations.join(', ')}, or a module (.js, .mjs; .ts where Node strips types)`,
    )
    .addOption(
      new Option('--part <part>', 'what the module is for, where that is not the page heap').choices(
        partFlags,
      ),
    )
    .addOption(new Option('--seed <n>', 'seed of the random run').argParser(wholeNumber(0, 2 ** 31 - 1)))
    .addOption(new Option('--path <path>', 'where the random run begins, as a failure told'))
    .addOption(new Option('--runs <n>', 'random runs').argParser(wholeNumber(1, 100_000)).default(fullRuns))
    .addOption(
      new Option('--timeout <s>', 'seconds that a call may take before it is stopped')
        .argParser(seconds)
        .default(defaultTimeout),
    )
    .option('--json', 'print the outcome of every check as JSON')
    .addHelpText('after', help)
    .action(async (name: string, options: Options) => {
      const { seed, path, runs, timeout } = options;
      const part = optionOfFlag(options.part);
      checkOpenOutputs([name]);
      const colors = terminal.outColors;
      const { pageHeap, outcomes, checks, roundsUp } = await runSuite(name, {
        runs,
        timeout,
        ...(seed === undefined ? {} : { seed }),
        ...(path === undefined ? {} : { path }),
        ...(part === undefined ? {} : { part }),
        onOutcome: (outcome) => {
          if (options.json !== true) terminal.print(drawOutcome(outcome, colors));
        },
      });
      const counts = countOutcomes(outcomes);
      const causes = causesOf(outcomes);
      const passed = causes.length === 0;
      if (!passed) context.exitCode = exitCodes.failed;
      const { kept, broken, skipped } = counts;
      // A policy cannot break a heap: nobody has to know later whether it has passed.
      const certificate =
        isBuiltIn(name) || part !== undefined
          ? undefined
          : certify(
              {
                hash: hashModule(name),
                pageHeap,
                profile: { ...profileOf(options), roundsUp },
                passed,
                checks: { kept, broken, skipped },
              },
              terminal,
            );
      if (options.json) {
        terminal.printJson({
          pageHeap: name,
          certificate: certificate ?? null,
          roundsUp,
          checks: outcomes,
          causes: causes.map(({ number, outcomes: of }) => ({
            cause: number,
            error: of[0]?.error,
            at: of[0]?.at ?? [],
            checks: of.map((outcome) => outcome.name),
          })),
        });
        return;
      }
      if (!passed)
        terminal.print(
          drawCauses(
            causes,
            shellWords(...(part === undefined ? [] : ['--part', options.part ?? '']), name),
            colors,
          ),
        );
      const profile = roundsUp ? ', by the rules for page heaps that round up' : '';
      if (outcomes.length >= checks) terminal.print(`\n${summary(counts)}${profile}`);
      else terminal.print(`\nit could not be made: of the ${checks} checks none was tried`);
    });
}
