/**
 * Real Go as the judge of the radix heap: the same traces on both, with one P, in turns.
 *
 *     npm run build:ts && node dist/bench/judge.js [--runs 5] [--traces DIR] [--go FILE] [--seconds 8] [--idle 10] [NAME…]
 *
 * Of each trace: the mean RSS of Go without what its MemStats call not heap, beside that of the radix heap, medians over
 * the runs; collections; the time to half decay, from the RSS peak and in the idle stretch; RSS at the end. It holds that the mean RSS
 * differs by at most 10 %, or by Go's own spread where that is wider, and half decay in the idle stretch by at most 1.5 s. From
 * the peak it is told, with when that was, and whether it would hold: where the peak lies within the replay
 * it follows which cycle came late, which differs from run to run (lib/lab/metrics/decay.ts). Traces are the shipped ones, and
 * those of a folder: mtraces and recordings. The exit code is 1 where something does not hold, and 2 where
 * nothing could be held against Go.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PageHeapError } from '../lib/base/errors.ts';
import { turn } from '../lib/base/waits.ts';
import { Interrupts } from '../lib/cli/interrupts.ts';
import { forkAny } from '../lib/lab/contenders/fork-any.ts';
import { findGo } from '../lib/lab/contenders/go-program.ts';
import { prepareContender } from '../lib/lab/contenders/prepare.ts';
import { factsOf } from '../lib/lab/metrics/facts.ts';
import { metricsOf } from '../lib/lab/metrics/run-metrics.ts';
import type { RunSample } from '../lib/lab/record/lines.ts';
import type { RunData } from '../lib/lab/record/run-data.ts';
import { readRunFile } from '../lib/lab/record/run-file.ts';
import { resolveTrace } from '../lib/lab/subject/shipped-traces.ts';
import { temporaryFolder } from './temporary.ts';
import { median } from './workload.ts';

const mib = 2 ** 20;
const mostApart = 0.1;
const mostLater = 1.5;
const defaultNames = ['sqlite', 'perl', 'python-json', 'sqlite-ramp'];

const usage = `usage: judge [options] [trace …]
  --runs <n>       runs of each, in turns (5)
  --seconds <s>    how long a trace is replayed (8)
  --idle <s>       how long is waited afterwards (10)
  --traces <dir>   a folder with more traces than the shipped ones
  --go <file>      the go command to use (1.21 is what is held against)
  --help
The traces are ${defaultNames.join(', ')}, if none is named. Exit code 1: something does not hold; 2: it cannot be told.`;

/** What is wrong with the command line is said with the usage, and exit code 2. */
function commandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string', default: '5' },
        traces: { type: 'string' },
        go: { type: 'string' },
        seconds: { type: 'string', default: '8' },
        idle: { type: 'string', default: '10' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`judge: ${(error as Error).message}\n${usage}\n`);
    process.exit(2);
  }
}

const { values, positionals } = commandLine();
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
for (const [name, least] of [
  ['runs', 1],
  ['seconds', 1],
  ['idle', 0],
] as const)
  if (!(Number(values[name]) >= least)) {
    process.stderr.write(`judge: --${name} is a number from ${least} on, not ${values[name]}\n${usage}\n`);
    process.exit(2);
  }

interface Figures {
  /** MiB. */
  readonly rss: number;
  /** Of Go its arenas by mincore: without a look at MemStats. */
  readonly ranges: number;
  readonly collections: number;
  /** Seconds from the RSS peak, and from the beginning of the idle stretch; undefined where nothing decayed. */
  readonly half: number | undefined;
  readonly idleHalf: number | undefined;
  /** Seconds into the run: decay start. */
  readonly start: number | undefined;
  /** MiB. */
  readonly end: number;
  readonly waited: number;
}

function meanOverTime(samples: readonly RunSample[], of: (s: RunSample) => number): number {
  let sum = 0;
  for (let i = 1; i < samples.length; i++) sum += of(samples[i - 1]) * (samples[i].t - samples[i - 1].t);
  return sum / (samples[samples.length - 1].t - samples[0].t);
}

/** RSS of the process less what it had before, less the replayer's own, less what MemStats say is not heap and was not before. */
function goRss({ samples }: RunData): number {
  const beyond = ({ prss, own = 0, notHeap = 0 }: RunSample): number => (prss ?? 0) - own - notHeap;
  const before = beyond(samples[0]);
  return meanOverTime(samples, (s) => Math.max(0, beyond(s) - before));
}

function figuresOf(run: RunData): Figures {
  const { rssMean = 0, rssEnd = 0, collections = 0, decayHalf: half, idleHalf, waited = 0 } = metricsOf(run);
  const rss = run.header.contender === undefined ? rssMean : goRss(run);
  const from = factsOf(run)?.decay.from.t;
  const start = from === undefined ? undefined : from / 1000;
  const sizes = { rss: rss / mib, ranges: rssMean / mib, end: rssEnd / mib };
  return { ...sizes, collections, half, idleHalf, start, waited };
}

const known = (numbers: readonly (number | undefined)[]): number[] =>
  numbers.filter((n): n is number => n !== undefined);
const range = (numbers: readonly number[]): string =>
  numbers.length === 0 ? '–' : `${Math.min(...numbers).toFixed(2)}–${Math.max(...numbers).toFixed(2)}`;

interface Side {
  readonly half: readonly number[];
  readonly idleHalf: readonly number[];
}

/** Half decay of one kind: in words, and whether it holds. It does where nothing decays on either side, and not where one side does. */
function halves(
  ours: Side,
  theirs: Side,
  kind: keyof Side,
  whether: readonly [yes: string, no: string],
): { readonly words: string; readonly holds: boolean } {
  const [a, b] = [ours[kind], theirs[kind]];
  if (a.length === 0 && b.length === 0) return { words: 'is none on either side', holds: true };
  if (a.length === 0 || b.length === 0)
    return { words: `${range(a)} s beside ${range(b)} s: ${whether[1]}`, holds: false };
  const holds = Math.abs(median(a) - median(b)) <= mostLater;
  const side = (all: readonly number[]): string => `${median(all).toFixed(2)} s (${range(all)})`;
  return { words: `${side(a)} beside ${side(b)}: ${whether[holds ? 0 : 1]}`, holds };
}

const endings = ['.mtrace.gz', '.mtrace', '.rec.gz', '.rec'];

function traceOf(name: string): string | undefined {
  const inFolder = endings
    .map((ending) => join(values.traces ?? '.', `${name}${ending}`))
    .find((file) => existsSync(file));
  if (values.traces !== undefined && inFolder !== undefined) return inFolder;
  const shipped = resolveTrace(name);
  return shipped !== name || existsSync(name) ? shipped : undefined;
}

// Ctrl-C ends it at once, with the process of a run; nothing of it stays.
new Interrupts();

/** Ends, and says why, unless Ctrl-C was the reason. */
async function refuse(why: string): Promise<never> {
  await turn();
  process.stderr.write(`judge: ${why}\n`);
  process.exit(2);
}
const refused = (error: unknown): Promise<never> => {
  if (error instanceof PageHeapError) return refuse(error.message);
  throw error;
};

const go =
  findGo(values.go) ??
  (await refuse(
    values.go === undefined
      ? 'there is no Go here; apt-get install golang-1.21-go, or name one with --go'
      : `${values.go}: this is no command of Go`,
  ));
console.log(
  `${go.version}, ${values.runs} runs each in turns, ${values.seconds} s of replay and ${values.idle} s idle, one P`,
);
const contender = await turn()
  .then(() => prepareContender({ name: 'go', toolchain: go.command, ps: 1, gcPercent: 100 }))
  .catch(refused);
const { path: folder } = temporaryFolder('pageheap-judge');
let failures = 0;
for (const name of positionals.length > 0 ? positionals : defaultNames) {
  const trace = traceOf(name);
  if (trace === undefined) {
    console.log(`${name}: there is no such trace here; give its folder with --traces`);
    failures++;
    continue;
  }
  const of: Record<'radix' | 'go', Figures[]> = { radix: [], go: [] };
  for (let run = 1; run <= Number(values.runs); run++) {
    for (const who of ['radix', 'go'] as const) {
      const output = join(folder, `${name}-${who}-${run}.jsonl`);
      await forkAny(
        {
          trace,
          seconds: Number(values.seconds),
          idle: Number(values.idle),
          processors: 1,
          output,
          ...(who === 'go' ? { contender } : { heap: { environment: false } }),
        },
        { handleSignals: false },
      ).catch(refused);
      of[who].push(figuresOf(await readRunFile(output)));
    }
  }
  const [ours, theirs] = [of.radix, of.go].map((all) => ({
    rss: all.map(({ rss }) => rss),
    ranges: all.map(({ ranges }) => ranges),
    collections: all.map(({ collections }) => collections),
    half: known(all.map(({ half }) => half)),
    idleHalf: known(all.map(({ idleHalf }) => idleHalf)),
    start: known(all.map(({ start }) => start)),
    end: median(all.map(({ end }) => end)),
    waited: median(all.map(({ waited }) => waited)),
  }));
  const [a, b] = [median(ours.rss), median(theirs.rss)];
  const spread = Math.max(...theirs.rss) - Math.min(...theirs.rss);
  const isNear = Math.abs(a - b) <= Math.max(mostApart * b, spread);
  const idle = halves(ours, theirs, 'idleHalf', ['holds', 'DOES NOT HOLD']);
  const fromPeak = halves(ours, theirs, 'half', ['would hold', 'would not hold']);
  if (!isNear || !idle.holds) failures++;
  console.log(
    `${name}: RSS mean ${a.toFixed(2)} MiB beside ${b.toFixed(2)} (${(100 * (a / b - 1)).toFixed(1)} %; Go ${range(theirs.rss)}, its arenas ${median(theirs.ranges).toFixed(2)}): ${isNear ? 'holds' : 'DOES NOT HOLD'}`,
  );
  console.log(
    `  collections ${median(ours.collections)} beside ${median(theirs.collections)}; RSS at the end ${ours.end.toFixed(2)} MiB beside ${theirs.end.toFixed(2)}; waited for a CPU ${ours.waited.toFixed(2)} s beside ${theirs.waited.toFixed(2)} s`,
  );
  console.log(`  half decay in the idle stretch ${idle.words}`);
  console.log(
    `  half decay from the RSS peak ${fromPeak.words}; that was at ${range(ours.start)} s beside ${range(theirs.start)} s`,
  );
}
process.exitCode = failures > 0 ? 1 : 0;
