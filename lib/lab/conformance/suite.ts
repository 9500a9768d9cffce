/**
 * The suite in a process of its own: a page heap may do anything, also never end, end the process or use up its
 * memory, and the suite still says which check and which call it was.
 *
 * The process tells in its journal what it does (journal.ts). When it is gone before all checks were made, the one in
 * progress is broken, and another process makes those after it. Whoever loops in one call loops in most checks:
 * after the first such check a call may take a tenth as long, and after the third the rest is not tried.
 *
 * Not here: the checks (checks.ts, kernel.ts), what is loaded (subjects.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PageHeapError } from '../../base/errors.ts';
import { notLoaded, notStarted, programLoader } from '../../base/not-started.ts';
import { libraryPath, moduleExtension } from '../../base/package-files.ts';
import { signalChild } from '../../base/signal-child.ts';
import { ownSignal } from '../../base/stop-signals.ts';
import { type JournalLine, journalFd, type SuiteRequest } from './journal.ts';
import { causeNumbers, type Outcome } from './outcomes.ts';
import { fullRuns, type RandomRunOptions, randomSeed, requirePath } from './random-run.ts';
import { isBuiltIn } from './subjects.ts';

export interface SuiteOptions extends RandomRunOptions {
  /** Seconds that a call of the page heap may take, 0.1 to 3600; waiting for a processor does not count. Default: 10. */
  readonly timeout?: number;
  /** The option that the module is for, as `scavengePolicy`. Default: it has a page heap. */
  readonly part?: string;
  /** Called with each outcome, in the order of the checks. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

export interface SuiteResult {
  /** The name of the class, or of the built-in page heap. */
  readonly pageHeap: string;
  /** Of every check; only that of making one where that fails. Failures have the number of their cause. */
  readonly outcomes: readonly Outcome[];
  /** Checks that there are; more than outcomes where none could be made. */
  readonly checks: number;
  /** Of the random run. */
  readonly seed: number;
  /** Whether the page heap rounds up what it is asked for, and was held to the rules for that. */
  readonly roundsUp: boolean;
}

export const defaultTimeout = 10;
/** Checks that end with their process before the rest is not tried. */
const mostLost = 3;
const shortest = 0.5;
/** What is held of the calls of a process: a page heap that loops may make many. */
const mostCalls = 100_000;
/** V8's memory in that process, MiB: a page heap that uses it up does so before the machine has none. */
const memoryMiB = 1024;

const entry = libraryPath(`lab/conformance/suite-child${moduleExtension}`);

/** How a process ended that did not say so: in words. */
function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === null) return `ended the process, with code ${code}`;
  const why =
    signal === 'SIGABRT' || signal === 'SIGKILL'
      ? '; most likely it ran out of memory, or may start no more threads'
      : '';
  return `ended the process, by ${signal}${why}`;
}

/** One process of the suite, as far as it came. */
class SuiteProcess {
  readonly #timeout: number;
  name = '';
  checks: readonly string[] = [];
  /** The check in progress; −1 that of making one, undefined before the first. */
  check: number | undefined;
  ended = false;
  roundsUp = false;
  refused: PageHeapError | undefined;
  #exits: number | undefined;
  #stuck: readonly string[] | undefined;
  #calls: string[] = [];

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  take(line: JournalLine, onOutcome: (outcome: Outcome) => void): void {
    switch (line.k) {
      case 'loaded':
        this.name = line.name;
        this.checks = line.checks;
        break;
      case 'refused':
        this.refused = new PageHeapError(line.code, line.message);
        break;
      case 'exits':
        this.#exits = line.code;
        break;
      case 'made':
        this.roundsUp = line.roundsUp;
        break;
      case 'check':
        this.check = line.i;
        this.#calls = [];
        break;
      case 'outcome':
        onOutcome(line.outcome);
        this.check = undefined;
        break;
      case 'new':
        this.#calls = ['new'];
        break;
      case 'call':
        if (this.#calls.length > mostCalls) this.#calls = this.#calls.slice(-mostCalls / 2);
        this.#calls.push(line.call);
        break;
      case 'stuck':
        this.#stuck = line.at;
        break;
      case 'end':
        this.ended = true;
        break;
    }
  }

  /** Why there is nothing to check: it ended before its module was loaded. */
  unloaded(file: string, code: number | null, signal: NodeJS.Signals | null): PageHeapError {
    const [place] = this.#stuck ?? [];
    const where = place === undefined ? '' : ` (${place})`;
    const why =
      this.#stuck === undefined
        ? this.#exits === undefined
          ? `it ${endOf(code, signal)}`
          : `it ends the process, with code ${this.#exits}`
        : `it did not end within ${this.#timeout} s, and was stopped${where}`;
    return new PageHeapError('ERR_FILE', `cannot be loaded as a module: ${why}`, { file });
  }

  /** What the check in progress comes to. */
  lost(name: string, seed: number, code: number | null, signal: NodeJS.Signals | null): Outcome {
    const calls = this.#calls.filter((call) => !call.endsWith('()'));
    const last = this.#calls.at(-1);
    const what =
      this.#stuck === undefined
        ? endOf(code, signal)
        : `did not end within ${this.#timeout} s, and was stopped`;
    const during =
      last === undefined
        ? 'it'
        : last === 'new'
          ? 'its constructor'
          : last.endsWith('()')
            ? `${last}${calls.length > 1 ? ` after ${asCall(calls.at(-1) ?? '')}` : ''}`
            : asCall(last);
    // The seed leads to the same sequences again.
    const again = /^(?:agrees with the naive model|serves any sequence)/.test(name)
      ? `\nagain: seed ${seed}`
      : '';
    const at = this.#stuck ?? [];
    const steps = calls.filter((call) => call !== 'new');
    return {
      name,
      passed: false,
      error: `${during} ${what}${again}`,
      ...(at.length === 0 ? {} : { at }),
      ...(steps.length === 0 ? {} : { steps }),
    };
  }
}

/** `alloc 7` as `alloc(7)`. */
function asCall(call: string): string {
  const [name, ...args] = call.split(' ');
  return `${name}(${args.join(', ')})`;
}

const suiteProcess = 'the process of the suite';

/** @throws PageHeapError ERR_SYSTEM */
function startChild(request: SuiteRequest): ChildProcess {
  try {
    return spawn(
      process.execPath,
      [`--max-old-space-size=${memoryMiB}`, programLoader, entry, JSON.stringify(request)],
      // What a module prints must not end up in the results.
      { stdio: ['ignore', process.stderr.fd, 'inherit', 'pipe'] },
    );
  } catch (cause) {
    throw notStarted(suiteProcess, cause);
  }
}

/** Runs one process to its end. */
async function runProcess(
  request: SuiteRequest,
  onOutcome: (outcome: Outcome) => void,
): Promise<{ process: SuiteProcess; code: number | null; signal: NodeJS.Signals | null }> {
  const child = startChild(request);
  const kill = (): void => signalChild(child, 'SIGKILL');
  process.on('exit', kill);
  let timer: NodeJS.Timeout | undefined;
  try {
    const made = new SuiteProcess(request.timeout);
    // For one whose watch cannot do its work any more; the calls of a built-in page heap are not told.
    const patience = (10 * request.timeout + 60) * 1000;
    const wait = (): NodeJS.Timeout | undefined =>
      isBuiltIn(request.subject) ? undefined : setTimeout(kill, patience);
    timer = wait();
    const lines = createInterface({ input: child.stdio[journalFd] as Readable });
    let isLoaded = false;
    lines.on('line', (text) => {
      isLoaded = true;
      clearTimeout(timer);
      timer = wait();
      made.take(JSON.parse(text) as JournalLine, onOutcome);
    });
    const read = new Promise<void>((resolve) => lines.once('close', resolve));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', (error) => reject(notStarted(suiteProcess, error)));
      child.once('exit', (...how) => resolve(how));
    });
    await read;
    await ownSignal(signal);
    const why = isLoaded ? undefined : notLoaded(suiteProcess, code);
    if (why !== undefined) throw why;
    return { process: made, code, signal };
  } finally {
    clearTimeout(timer);
    process.off('exit', kill);
  }
}

/**
 * Runs every check, each also after others have failed.
 * @param subject a built-in page heap's name, or the path of a module
 * @throws PageHeapError ERR_FILE for a module that cannot be loaded; ERR_INVALID_OPTION for one without a class, for a
 *   class that lacks a member, and for a path that leads nowhere
 */
export async function runSuite(subject: string, options: SuiteOptions = {}): Promise<SuiteResult> {
  requirePath(options);
  const { timeout = defaultTimeout, onOutcome, part, path, runs = fullRuns, seed = randomSeed() } = options;
  const outcomes: Outcome[] = [];
  const random: RandomRunOptions = { seed, runs, ...(path === undefined ? {} : { path }) };
  const numbered = causeNumbers();
  const tell = (found: Outcome): void => {
    // That one can be made is worth no line.
    if (found.name === madeCheck && found.passed) return;
    const outcome = numbered(found);
    outcomes.push(outcome);
    onOutcome?.(outcome);
  };
  let from = 0;
  let roundsUp = false;
  let patience = timeout;
  for (let lost = 0; ; ) {
    const run = await runProcess(
      { subject, random, from, timeout: patience, ...(part === undefined ? {} : { part }) },
      tell,
    );
    const { process: made, code, signal } = run;
    const { name: pageHeap, checks } = made;
    if (made.refused !== undefined) throw made.refused;
    roundsUp ||= made.roundsUp;
    const result = (): SuiteResult => ({ pageHeap, outcomes, checks: checks.length, seed, roundsUp });
    if (made.ended) return result();
    if (checks.length === 0) throw made.unloaded(subject, code, signal);
    const at = made.check ?? from;
    tell(made.lost(at < 0 ? madeCheck : (checks[at] ?? ''), seed, code, signal));
    if (at < 0) return result();
    from = at + 1;
    if (++lost >= mostLost) {
      for (const name of checks.slice(from)) tell({ name, passed: false, untried: true });
      return result();
    }
    patience = Math.max(Math.min(timeout, shortest), timeout / 10);
    if (from >= checks.length) return result();
  }
}

/** The check before all others: it is told only where it fails. */
const madeCheck = 'can be made';
