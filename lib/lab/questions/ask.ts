/**
 * Asking a question: its runs and measurements, each in a process of its own, one after the other, and its files.
 *
 * A question has a folder, with the run files of its runs. What cannot be told on this machine is found out before anything
 * runs. When it is stopped, its process is ended, and `ask` throws the signal's reason.
 */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { notLoaded, notStarted, programLoader } from '../../base/not-started.ts';
import { libraryPath, moduleExtension } from '../../base/package-files.ts';
import { signalChild } from '../../base/signal-child.ts';
import { ownSignal } from '../../base/stop-signals.ts';
import { inspectMachine, type Machine } from '../../os/machine.ts';
import { killerWords, readMemoryKills } from '../../os/memory-kills.ts';
import { isHeldUp, paceOf, wasHeldUp } from '../metrics/pace.ts';
import { fileStem } from '../record/folders.ts';
import { packageVersion } from '../record/package.ts';
import type { RunData } from '../record/run-data.ts';
import { readRunFile } from '../record/run-file.ts';
import { formatShare } from '../report/client/format.ts';
import { heldUpWords } from '../report/pace-words.ts';
import { forkRun } from '../run/fork-run.ts';
import { type PackedError, unpackError } from '../run/run-messages.ts';
import type { RunOptions } from '../run/run-options.ts';
import { withoutClock } from './answering.ts';
import type { Measurement, WaitedTime } from './measure/measurement.ts';
import type { Answer, Asker, Question, QuestionMachine, QuestionRun, Verdict } from './question.ts';
import { verdictOf } from './question.ts';

export interface AskOptions {
  /** Where run files go; it is there. */
  readonly folder: string;
  /** 1: as documented. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  /** Ends a run that was stopped, at once. */
  readonly kill?: AbortSignal;
  /** Told what is done now, and how many seconds of the question's are over. */
  readonly onProgress?: (what: string, seconds: number) => void;
  /** The machine it is asked on, for tests. */
  readonly machine?: QuestionMachine;
  /** Who makes runs and measurements. Default: processes of their own. */
  readonly makers?: Makers;
}

/** What ends a question: the first asks a run to end, and ends a measurement; the second ends a run at once. */
type Stops = Pick<AskOptions, 'signal' | 'kill'>;

/** How runs and measurements are made. */
export interface Makers {
  run(options: RunOptions, stops: Stops, onProgress: () => void): Promise<unknown>;
  /** @param tell told how long it waited for a CPU, where that is known; before it answers */
  measure<P, R>(
    measurement: Measurement<P, R>,
    params: P,
    signal: AbortSignal | undefined,
    tell?: (time: WaitedTime) => void,
  ): Promise<R>;
}

/** Each in a process of its own. */
const processes: Makers = {
  run: (options, stops, onProgress) => forkRun(options, { handleSignals: false, onProgress, ...stops }),
  measure: measured,
};

/** What came of a question. */
export interface Asked {
  readonly question: Question;
  readonly verdict: Verdict;
  readonly answer: Answer;
  /** Why nothing was tried. */
  readonly unanswerable: string | undefined;
  readonly size: number;
  readonly seconds: number;
  readonly machine: QuestionMachine;
  /** Run files, by their labels. */
  readonly runs: readonly { readonly label: string; readonly file: string }[];
  /** What a reader should know of the machine, a sentence each. */
  readonly remarks: readonly string[];
}

/** The processes that want a CPU, averaged over a minute; where the kernel does not tell, none. */
function loadOf(): number {
  try {
    return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
  } catch {
    return loadavg()[0] ?? 0;
  }
}

export function questionMachine(machine: Machine = inspectMachine()): QuestionMachine {
  const { hugePages, looks, advices } = machine;
  const looksAt = (name: string): boolean => looks.some((look) => look.name === name && look.errno === 0);
  return {
    kernel: machine.kernel,
    cpus: machine.cpus,
    load: loadOf(),
    hugePage: hugePages.pmdSize,
    hugePages: hugePages.enabled,
    maxPtesNone: hugePages.maxPtesNone,
    swap: machine.swap,
    mincore: looksAt('mincore'),
    smaps: looksAt('smaps'),
    namingErrno: machine.namingErrno,
    maxMapCount: looksAt('maps') ? machine.maxMapCount : undefined,
    advice: (name) => advices.some((advice) => advice.name === name && advice.errno === 0),
  };
}

const entry = libraryPath(`lab/questions/measure-child${moduleExtension}`);

interface FromMeasurement {
  readonly result?: unknown;
  readonly time?: WaitedTime;
  readonly error?: PackedError;
}

/** @throws PageHeapError of the measurement; ERR_SYSTEM when its process ends without an answer; the signal's reason */
async function measured<P, R>(
  { name }: Measurement<P, R>,
  params: P,
  signal: AbortSignal | undefined,
  tell?: (time: WaitedTime) => void,
): Promise<R> {
  signal?.throwIfAborted();
  const killsBefore = readMemoryKills();
  const child = fork(programLoader, [entry], {
    stdio: ['ignore', process.stderr.fd, 'inherit', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
  });
  const kill = (): void => signalChild(child, 'SIGKILL');
  process.on('exit', kill);
  signal?.addEventListener('abort', kill);
  try {
    return await new Promise<R>((resolve, reject) => {
      let answer: FromMeasurement | undefined;
      child.on('message', (message: FromMeasurement) => {
        answer = message;
      });
      child.once('error', (cause) => reject(notStarted('the process of the measurement', cause)));
      child.once('exit', async (code, by) => {
        await ownSignal(by);
        if (signal?.aborted === true) reject(signal.reason);
        else if (answer?.error !== undefined) reject(unpackError(answer.error));
        else if (answer !== undefined) {
          if (answer.time !== undefined) tell?.(answer.time);
          resolve(answer.result as R);
        } else
          reject(
            notLoaded('the process of the measurement', code) ??
              new PageHeapError(
                'ERR_SYSTEM',
                `the process of the measurement ${name} ended ${by === null ? `with code ${code}` : `by ${by}`}${killerWords(by, killsBefore)}`,
                { value: by ?? code },
              ),
          );
      });
      child.send({ name, params });
    });
  } finally {
    process.off('exit', kill);
    signal?.removeEventListener('abort', kill);
  }
}

/** A measurement may be short: a share of it counts from so many seconds on. */
const leastWaitOfMeasurement = 0.01;

/** Why what goes by the clock tells of others; undefined where it does not. */
class HeldUp {
  why: string | undefined;

  runs(label: string, isHeldUp: boolean): void {
    if (isHeldUp) this.#say(`the run ${label} waited for one`);
  }

  measured(name: string, time: WaitedTime | undefined, { load, cpus }: QuestionMachine): void {
    if (time === undefined) {
      if (load > cpus) this.#say(`${load.toFixed(1)} processes wanted ${cpus} CPUs`);
    } else if (isHeldUp(time.waited, time.seconds, leastWaitOfMeasurement))
      this.#say(
        `the measurement ${name} waited for one for ${formatShare(time.waited, time.seconds)} of its time`,
      );
  }

  #say(what: string): void {
    this.why ??= `others had the CPU (${what})`;
  }
}

/** What of the machine may have changed the figures. */
function remarksOf(machine: QuestionMachine, before: number, runs: readonly RunData[]): string[] {
  const load = Math.max(before, machine.load);
  const heldUp = runs.flatMap((run) => {
    const pace = paceOf(run);
    return pace === undefined ? [] : (heldUpWords(pace) ?? []);
  });
  return [
    ...(load > machine.cpus
      ? [
          `The machine was busy: ${load.toFixed(1)} processes wanted ${machine.cpus} CPUs. What is measured by the clock is of that, too; ask again on a quiet one.`,
        ]
      : []),
    ...(heldUp.length > 0 ? [`${heldUp.length} of ${runs.length} runs waited for a CPU for long.`] : []),
    ...(machine.swap === 0
      ? []
      : machine.swap === undefined
        ? []
        : ['This machine has swap: pages may leave RSS for that.']),
  ];
}

/**
 * Asks a question.
 * @throws PageHeapError ERR_FILE, ERR_OUT_OF_MEMORY, ERR_SYSTEM; the signal's reason when it was stopped
 */
export async function askQuestion(question: Question, options: AskOptions): Promise<Asked> {
  const {
    folder,
    size = 1,
    signal,
    kill,
    onProgress,
    machine = questionMachine(),
    makers = processes,
  } = options;
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  const runs: { label: string; file: string }[] = [];
  const records: RunData[] = [];
  const heldUp = new HeldUp();
  const asker: Asker = {
    size,
    machine,
    run: async (asked: QuestionRun) => {
      const { label, workload, heap = {} } = asked;
      signal?.throwIfAborted();
      const file = join(folder, `${fileStem(label)}.jsonl`);
      // GOGC and the like in the environment would be another experiment.
      await makers.run(
        {
          ...{ workload: { ...workload, scale: Math.min(100, Math.max(0.001, workload.scale ?? 1)) } },
          ...{ heap: { environment: false, ...heap }, output: file, name: `${question.name}, ${label}` },
          ...{ version: packageVersion(), warned: true, beatMs: 50 },
        },
        { ...(signal === undefined ? {} : { signal }), ...(kill === undefined ? {} : { kill }) },
        () => onProgress?.(label, seconds()),
      );
      signal?.throwIfAborted();
      const data = await readRunFile(file);
      runs.push({ label, file });
      records.push(data);
      const pace = paceOf(data);
      heldUp.runs(label, pace !== undefined && wasHeldUp(pace));
      return data;
    },
    measure: async (measurement, params) => {
      onProgress?.(measurement.name, seconds());
      const timer = setInterval(() => onProgress?.(measurement.name, seconds()), 200);
      let time: WaitedTime | undefined;
      try {
        return await makers.measure(measurement, params, signal, (told) => {
          time = told;
        });
      } finally {
        clearInterval(timer);
        heldUp.measured(measurement.name, time, machine);
      }
    },
  };
  const unanswerable = question.unanswerable?.(machine);
  const found: Answer =
    unanswerable === undefined ? await question.ask(asker) : { table: { head: [], rows: [] }, bounds: [] };
  const answer = { ...found, bounds: withoutClock(found.bounds, heldUp.why) };
  const remarks = unanswerable === undefined ? remarksOf(machine, loadOf(), records) : [];
  return {
    ...{ question, answer, unanswerable, size, machine, runs, remarks },
    verdict: unanswerable === undefined ? verdictOf(answer.bounds) : 'unanswerable',
    seconds: seconds(),
  };
}

/** What came of it, in a sentence. */
export function verdictWords({ verdict, unanswerable, answer: { bounds } }: Asked): string {
  if (unanswerable !== undefined) return `not answerable here, because ${unanswerable}`;
  const failed = bounds.filter(({ holds }) => holds === false).length;
  const unknown = bounds.filter(({ holds }) => holds === undefined).length;
  const counted = (n: number): string => (n === 1 ? 'one bound' : `${n} bounds`);
  const untold = unknown === 0 ? '' : `; ${counted(unknown)} cannot be told here`;
  switch (verdict) {
    case 'failed':
      return `did not hold on this machine: ${counted(failed)} of ${bounds.length} failed${untold}`;
    case 'held':
      return `held on this machine${untold}`;
    case 'unanswerable':
      return `not answerable here: ${bounds[0]?.why ?? 'nothing was measured'}`;
  }
}
