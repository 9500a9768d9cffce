/**
 * The process of the suite: started by suite.ts, told what to do by its argument, and telling what it does in its
 * journal. Whatever the page heap does to its process, it does to this one.
 */
import { Worker } from 'node:worker_threads';
import { nameOfClass } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';
import { surviveTerminal } from '../../base/gone-terminal.ts';
import { libraryPath, moduleExtension } from '../../base/package-files.ts';
import { turn } from '../../base/waits.ts';
import { onLateErrors } from '../subject/late-errors.ts';
import { loadClass } from '../subject/load-class.ts';
import { exportOf } from '../subject/modules.ts';
import type { ConformanceCheck } from './check.ts';
import { journalled, type SuiteRequest, writeJournal } from './journal.ts';
import { failureOf, type Outcome } from './outcomes.ts';
import { partChecks } from './part-checks.ts';
import { checksOf, conformanceSubject, isBuiltIn, requireMakeable } from './subjects.ts';
import type { WatchData } from './suite-watch-worker.ts';

const { subject: name, part, random, from, timeout } = JSON.parse(process.argv[2] ?? '') as SuiteRequest;
const count = new Int32Array(new SharedArrayBuffer(4));

/** Of a built-in page heap no call is counted, and none has to be watched. */
function watch(): void {
  if (isBuiltIn(name)) return;
  const file = libraryPath(`lab/conformance/suite-watch-worker${moduleExtension}`);
  const workerData: WatchData = { count, limit: timeout * 1000 };
  new Worker(file, { workerData }).unref();
}

function outcomeOf({ name: checked, attempt }: Pick<ConformanceCheck, 'name' | 'attempt'>): Outcome {
  try {
    const skipped = attempt();
    return { name: checked, passed: true, ...(skipped === undefined ? {} : { skipped }) };
  } catch (error) {
    if (error instanceof PageHeapError && error.code === 'ERR_INVALID_OPTION') throw error;
    return failureOf(checked, error);
  }
}

/** What the module's code did outside of its calls, since the last check. */
let late: { readonly error: unknown } | undefined;

/**
 * One check: what it came to is in the journal before the next begins. What its calls have left to the event loop is done by then, and
 * breaks it, where nothing else has: a promise that a method answered was refused already, whatever becomes of it.
 */
async function make(i: number, check: Pick<ConformanceCheck, 'name' | 'attempt'>): Promise<void> {
  writeJournal({ k: 'check', i });
  count[0] = ((count[0] ?? 0) + 1) | 0;
  const outcome = outcomeOf(check);
  await turn();
  writeJournal({
    k: 'outcome',
    outcome: late !== undefined && outcome.passed ? failureOf(check.name, late.error) : outcome,
  });
  late = undefined;
}

/** The checks of a part: it is made in each of them. */
async function runPart(option: string): Promise<void> {
  const onExit = (code: number): void => writeJournal({ k: 'exits', code });
  const kind = await loadClass<new (host: never) => object>(name, exportOf(option) ?? '', onExit);
  const checks = partChecks(option, journalled(kind, count), random);
  writeJournal({ k: 'loaded', name: nameOfClass(kind), checks: checks.map((check) => check.name) });
  for (let i = Math.max(0, from); i < checks.length; i++) await make(i, checks[i] as ConformanceCheck);
}

async function run(): Promise<void> {
  if (part !== undefined) return runPart(part);
  const subject = await conformanceSubject(
    name,
    (kind) => journalled(kind, count),
    (code) => writeJournal({ k: 'exits', code }),
  );
  const checks = checksOf(subject, random);
  const { kind } = subject;
  writeJournal({
    k: 'loaded',
    name: typeof kind === 'string' ? kind : nameOfClass(kind),
    checks: checks.map((check) => check.name),
  });
  if (from <= 0 && typeof kind !== 'string') {
    let made = true;
    await make(-1, {
      name: 'can be made',
      attempt: () => {
        made = false;
        const roundsUp = requireMakeable(subject);
        writeJournal({ k: 'made', roundsUp });
        made = true;
        return undefined;
      },
    });
    if (!made) return;
  }
  for (let i = Math.max(0, from); i < checks.length; i++) await make(i, checks[i] as ConformanceCheck);
}

/** It is no fault of the module. */
function failed(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(70);
}

surviveTerminal();
onLateErrors((error, isOfUser) => {
  if (!isOfUser) failed(error);
  late ??= { error };
});
watch();
run()
  .catch((error: unknown) => {
    if (!(error instanceof PageHeapError)) throw error;
    writeJournal({ k: 'refused', code: error.code, message: error.message });
  })
  .then(() => {
    writeJournal({ k: 'end' });
    process.exit(0);
  }, failed);
