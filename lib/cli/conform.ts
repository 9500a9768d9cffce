/**
 * `pageheap conform`: a page heap held against the contract, by the suite that the built-in ones pass.
 */
import { type Command, Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { pageCount, pageSize } from '../base/units.ts';
import { type Generation, generations } from '../design/design.ts';
import { conformanceChecks } from '../lab/conformance/checks.ts';
import { kernelChecks } from '../lab/conformance/kernel.ts';
import { type MakePageHeap, reachPages } from '../lab/conformance/session.ts';
import { ConformanceError, lastSteps } from '../lab/conformance/steps.ts';
import {
  type Certificate,
  type ConformanceProfile,
  certificateFormat,
  hashModule,
  writeCertificate,
} from '../lab/record/certificate.ts';
import { packageVersion } from '../lab/record/package.ts';
import { loadPageHeap } from '../lab/subject/load-page-heap.ts';
import type { PageHeap, PageHeapClass, PageHeapHost } from '../pages/contract.ts';
import { requirePageHeap } from '../pages/guard.ts';
import { type StandAlone, standAloneLists, standAloneRadix, standAloneTreap } from '../pages/stand-alone.ts';
import { wholeNumber } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const help = `
A custom page heap is a class with the methods of the interface PageHeap; its
module exports it by default or as PageHeap. docs/custom-page-heap.md tells all that
is needed, and examples/first-fit.mjs is one. A random run that fails tells a seed and
a path, by which it can be run again alone. A check of what a page heap need not do is
skipped where it does not.

What came of it is kept for this module as it is now, in the folder pageheap/conformance
of $XDG_CACHE_HOME or ~/.cache; run and compare tell what has not passed.

Examples:
  $ pageheap conform examples/first-fit.mjs
  $ pageheap conform mine.mjs --seed 42 --path 12:3,AB:C
  $ pageheap conform treap`;

/** Random runs, unless told otherwise; fewer are no full run of the suite. */
const fullRuns = 60;

interface Options {
  readonly seed?: number;
  readonly path?: string;
  readonly runs: number;
  readonly json?: true;
}

interface Outcome {
  readonly name: string;
  /** Also where it was skipped. */
  readonly passed: boolean;
  /** Why it was not made. */
  readonly skipped?: string;
  readonly error?: string;
  readonly steps?: readonly string[];
}

/** The design of 2014 knows no physical page larger than its own. */
function standAloneSmallPages(host: PageHeapHost): StandAlone<PageHeap> {
  if (host.physPages > 1) throw new RangeError('made for physical pages of at most 8 KiB');
  return standAloneLists(host);
}

const standAlone: Readonly<Record<Generation, (host: PageHeapHost) => StandAlone<PageHeap>>> = {
  lists: standAloneSmallPages,
  treap: standAloneTreap,
  radix: (host) =>
    standAloneRadix(host, {
      physPageSize: host.physPages === 1 ? 4096 : host.physPages * pageSize,
      physHugePageSize: 2 ** 21,
    }),
};

/** Who makes the page heap, alone and in a heap. */
interface Subject {
  readonly make: MakePageHeap;
  readonly kind: Generation | PageHeapClass;
}

async function subjectOf(name: string): Promise<Subject> {
  const built = generations.find((g) => g === name);
  if (built !== undefined) {
    // One at a time is looked at, so what the one before it lay in can go.
    let last: StandAlone<PageHeap> | undefined;
    const make = (host: PageHeapHost): PageHeap => {
      last?.dispose();
      last = undefined;
      last = standAlone[built](host);
      return last.pages;
    };
    return { make, kind: built };
  }
  const kind = await loadPageHeap(name);
  return { make: (host) => complete(new kind(host), kind.name), kind };
}

/** As requirePageHeap, which speaks of an option that this command does not have. */
function complete(made: PageHeap, name: string): PageHeap {
  try {
    return requirePageHeap(made, name);
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    const message = error.message.replace(/^option pageHeap: /, '');
    throw new PageHeapError(error.code, message, { value: error.value, cause: error });
  }
}

/** What it throws when it is made for a machine as most are: then no check has anything to look at. */
function unmade({ make, kind }: Subject): unknown {
  if (typeof kind === 'string') return undefined;
  try {
    make({ reachPages: pageCount(reachPages), physPages: 1, now: () => 1, release: () => undefined });
    return undefined;
  } catch (error) {
    return error ?? new Error('nothing');
  }
}

function failure(name: string, error: unknown): Outcome {
  const cause = error instanceof Error && error.cause instanceof ConformanceError ? error.cause : error;
  const steps = cause instanceof ConformanceError && cause.steps.length > 0 ? cause.steps : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { name, passed: false, error: message, ...(steps === undefined ? {} : { steps }) };
}

function count(outcomes: readonly Outcome[]): Certificate['checks'] {
  const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined).length;
  const kept = outcomes.filter(({ passed }) => passed).length - skipped;
  return { kept, broken: outcomes.length - skipped - kept, skipped };
}

/** `24 of 24 kept, 2 skipped`: of those that were made. */
function summary({ kept, broken, skipped }: Certificate['checks']): string {
  return `${kept} of ${kept + broken} kept${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

function profileOf({ runs, seed, path }: Options): ConformanceProfile {
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
    terminal.note(`no certificate could be written: ${error.message}`);
    return undefined;
  }
}

export function defineConform(command: Command, context: CommandContext): void {
  const { terminal } = context;
  command
    .description(
      'Runs the conformance suite for page heaps: first on page numbers, then in a heap against the kernel.',
    )
    .argument(
      '<page-heap>',
      `${generations.join(', ')}, or a module (.js, .mjs; .ts where Node strips types)`,
    )
    .addOption(new Option('--seed <n>', 'seed of the random run').argParser(wholeNumber(0, 2 ** 31 - 1)))
    .addOption(new Option('--path <path>', 'where the random run begins, as a failure told'))
    .addOption(new Option('--runs <n>', 'random runs').argParser(wholeNumber(1, 100_000)).default(fullRuns))
    .option('--json', 'print the outcome of every check as JSON')
    .addHelpText('after', help)
    .action(async (name: string, options: Options) => {
      const subject = await subjectOf(name);
      const hash = typeof subject.kind === 'string' ? undefined : hashModule(name);
      const { seed, path, runs } = options;
      const checks = [
        ...conformanceChecks(subject.make, {
          runs,
          ...(seed === undefined ? {} : { seed }),
          ...(path === undefined ? {} : { path }),
        }),
        ...kernelChecks(subject.kind),
      ];
      const outcomes: Outcome[] = [];
      const colors = terminal.outColors;
      const attempt = (check: string, run: () => string | undefined): void => {
        let outcome: Outcome;
        try {
          const skipped = run();
          outcome = { name: check, passed: true, ...(skipped === undefined ? {} : { skipped }) };
        } catch (error) {
          if (error instanceof PageHeapError && error.code === 'ERR_INVALID_OPTION') throw error;
          outcome = failure(check, error);
        }
        outcomes.push(outcome);
        if (options.json) return;
        const word = !outcome.passed
          ? colors.red('broken ')
          : outcome.skipped === undefined
            ? colors.green('kept   ')
            : colors.yellow('skipped');
        terminal.print(`${word} ${check}`);
        const why = outcome.error ?? outcome.skipped;
        if (why !== undefined) terminal.print(`        ${why.split('\n').join('\n        ')}`);
        if (outcome.steps !== undefined)
          terminal.print(`        after: ${lastSteps(outcome.steps).join('\n               ')}`);
      };
      const refusal = unmade(subject);
      if (refusal === undefined) for (const check of checks) attempt(check.name, check.attempt);
      else
        attempt('can be made', () => {
          throw refusal;
        });
      const counts = count(outcomes);
      const passed = counts.broken === 0;
      if (!passed) context.exitCode = exitCodes.failed;
      const certificate =
        hash === undefined || typeof subject.kind === 'string'
          ? undefined
          : certify(
              { hash, pageHeap: subject.kind.name, profile: profileOf(options), passed, checks: counts },
              terminal,
            );
      if (options.json) {
        terminal.printJson({ pageHeap: name, certificate: certificate ?? null, checks: outcomes });
        return;
      }
      if (refusal === undefined) terminal.print(`\n${summary(counts)}`);
      else terminal.print(`\nits constructor threw: of the ${checks.length} checks none was tried`);
    });
}
