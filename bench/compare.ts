/**
 * The benchmark: this project beside real Go and C on the same work, interleaved in one run; with
 * `--baseline FOLDER` instead beside another commit of itself (baseline/command.ts); with `--instructions` its
 * instructions are counted (instructions/command.ts).
 *
 *   npm run bench -- [--rounds 7] [--cases malloc]… [--quick] [--go /path/to/go] [--out file.json]
 *   npm run bench -- --baseline FOLDER [--rounds 7] [--cases malloc]… [--quick] [--json] [--out file.json]
 *   npm run bench -- --instructions [--baseline FOLDER] [--cases malloc]… [--quick] [--json] [--out file.json]
 *
 * Needs a build. Go and a C compiler are used where they are found; without one the rest is measured
 * and the gap is named. Nothing else should run meanwhile: every participant is one busy thread.
 */

import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PageHeapError } from '../lib/base/errors.ts';
import { exitCodes } from '../lib/cli/exit-codes.ts';
import { writeDocument } from '../lib/lab/record/document.ts';
import { makeFolder } from '../lib/lab/record/folders.ts';
import { checkWritable } from '../lib/lab/record/output.ts';
import { againstBaseline } from './baseline/command.ts';
import { NoBaseline } from './baseline/tree.ts';
import { allCases, type Case } from './cases.ts';
import { countInstructions } from './instructions/command.ts';
import { caseWords, noCase, type Participant } from './participant.ts';
import { buildC } from './rivals/c.ts';
import { buildGo, findGo } from './rivals/go.ts';
import { addon, ours } from './rivals/ours.ts';
import { type Failure, type Row, runRounds, type TargetVerdict, verdictOf } from './rounds.ts';
import { steepnessRows } from './steepness.ts';
import { openWords, rowName, table } from './table.ts';
import { endInOrder, temporaryFolder } from './temporary.ts';

const usage = `usage: compare [options]
  --baseline <folder>  compare with a built checkout of another commit in place of Go and C:
                 exit code 1 if a case is slower by more than 2 %, by the 95 % interval of its pairs; 2 if it
                 could not be compared; 3 if none is, but of some it cannot be told (a noisy machine; they were
                 measured again by then, twice as often); 0 if none is slower
  --instructions  count instructions an operation, under valgrind, in place of times; with --baseline
                 both trees', and it fails with 1 if a case takes more than 2 % more
  --rounds <n>   rounds in which every participant measures every case
                 (7; 1 with --quick; with --baseline at least 7)
  --cases <text> only cases whose "name key=value …" contains the text; may be repeated
  --skip <id>    leave a participant out: go, c, addon, ours; may be repeated
  --quick        fewer and shorter cases: shows that it works, not how fast it is
  --json         print JSON, not a table
  --go <file>    the go command to use
  --traces <dir> the folder with the recorded radix traces
  --out <file>   where to write the JSON (runs/bench-<time>.json)
  --check        exit with 1 if a target is missed, else with 3 if one is unclear (by the medians it is met or
                 missed, by a quarter of the rounds or more the opposite) or what it is held against was not measured
  --help`;

const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Who takes part. */
const ids: readonly string[] = ['ours', 'addon', 'go', 'c'];

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      baseline: { type: 'string' },
      instructions: { type: 'boolean', default: false },
      cases: { type: 'string', multiple: true, default: [] },
      skip: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      go: { type: 'string' },
      traces: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const fewest = values.quick && values.baseline === undefined ? 1 : 7;
  const rounds = Number(values.rounds ?? fewest);
  if (!Number.isInteger(rounds) || rounds < 1) throw new NoBaseline('--rounds needs a positive integer');
  const nobody = (values.skip ?? []).find((id) => !ids.includes(id));
  if (nobody !== undefined)
    throw new NoBaseline(`--skip: there is no ${nobody}; it is one of ${ids.join(', ')}`);
  return { ...values, rounds };
}

/** The folder that holds package.json, above this file whether compiled or not. */
function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('package.json was not found above the benchmark');
    folder = above;
  }
  return folder;
}

/** The traces of a folder that are measured: whole, or their beginnings. */
function recordedTraces(folder: string): [name: string, file: string][] {
  return ['pa-1', 'pa-64', 'pa-4096'].flatMap((trace) =>
    [trace, `${trace}-20k`]
      .map((name): [string, string] => [name, resolve(folder, `${name}.jsonl.gz`)])
      .filter(([, file]) => existsSync(file))
      .slice(0, 1),
  );
}

function environment() {
  const thp = '/sys/kernel/mm/transparent_hugepage/enabled';
  return {
    node: process.versions.node,
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    thp: existsSync(thp) ? (/\[(\w+)\]/.exec(readFileSync(thp, 'utf8'))?.[1] ?? 'unknown') : 'none',
    load: loadavg()[0],
  };
}

function gather(root: string, into: string, go: string | undefined, skip: readonly string[]): Participant[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const participants: Participant[] = [];
  const wanted = (id: string): boolean => !skip.includes(id);
  if (wanted('ours')) participants.push(ours(join(here, 'ours')));
  if (wanted('addon')) participants.push(addon(join(here, 'ours')));
  if (wanted('go')) {
    const found = findGo(go);
    if (found === undefined) {
      note(
        go === undefined
          ? 'Go was not found: neither on the PATH nor where Debian puts it (golang-1.21-go, golang-1.19-go). What is compared with Go stays open; --go names another.'
          : `${go} is not a working go command: what is compared with Go stays open.`,
      );
    } else {
      note(`building the programs of ${found.version} …`);
      participants.push(buildGo(found, join(root, 'bench', 'go'), into, note));
    }
  }
  if (wanted('c')) {
    const c = buildC(join(root, 'bench', 'c'), into, note);
    if (c !== undefined) participants.push(c);
  }
  return participants;
}

/** Refuses a file that cannot be written, and makes its folder. @throws PageHeapError ERR_FILE */
function checkOut(file: string): void {
  makeFolder(dirname(resolve(file)));
  checkWritable(file);
}

/** A line for each different failure; the whole of each stands in the JSON. */
function failureLines(failures: readonly Failure[]): string[] {
  const byText = new Map<string, string[]>();
  for (const { participant, name, params, error } of failures) {
    const lines = error.split('\n').map((line) => line.trim());
    const telling = lines.find((line) => /Error: |^panic|^fatal|_test\.go:/.test(line)) ?? lines[0];
    const text = `${participant} failed: ${telling}`;
    const place = `${name} ${Object.values(params).join(' ')}`;
    byText.set(text, [...(byText.get(text) ?? []), place]);
  }
  return [...byText].map(([text, places]) => `${text}\n  at ${places.join('; ')}`);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const root = projectRoot();
  const chosen = (of: Case): boolean => {
    const text = [of.name, ...caseWords(of)].join(' ');
    return options.cases.length === 0 || options.cases.some((wanted) => text.includes(wanted));
  };
  const env = environment();
  const { baseline, out: file } = options;
  const out = file ?? join(root, 'runs', `bench-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  // Before anything is measured, which takes its time.
  if (file !== undefined || (baseline === undefined && !options.instructions)) checkOut(out);
  endInOrder();
  if (options.instructions) {
    const { quick, json } = options;
    return countInstructions({ root, baseline, quick, json, out: file, chosen, note });
  }
  if (baseline !== undefined) {
    const { rounds, quick, json } = options;
    return againstBaseline({
      root,
      baseline,
      rounds,
      quick,
      json,
      out: file,
      chosen,
      environment: env,
      note,
    });
  }
  if (env.load > 0.7) note(`the machine is busy (load ${env.load.toFixed(1)}): the figures will be noisy`);
  const traces = recordedTraces(options.traces ?? join(root, 'test', 'fixtures', 'golden', 'radix'));
  if (traces.length === 0) note('the recorded radix traces were not found: they are left out (--traces)');
  const program = join(root, 'traces', 'sqlite-ramp.mtrace.gz');
  const cases = allCases({
    quick: options.quick,
    traces,
    program: existsSync(program) ? program : undefined,
  }).filter(chosen);
  if (cases.length === 0) throw new NoBaseline(noCase(options.quick));
  const into = temporaryFolder('pageheap-bench');
  try {
    const participants = gather(root, into.path, options.go, options.skip);
    for (const participant of participants) note(`${participant.id.padEnd(6)}${participant.title}`);
    const measured = runRounds({
      rounds: options.rounds,
      cases,
      participants,
      progress(round, of, participant) {
        if (!process.stderr.isTTY) return;
        const text = `round ${round + 1}/${options.rounds} ${of.name} ${Object.values(of.params).join(' ')} ${participant.id}`;
        process.stderr.write(`\r\u001b[K${text.slice(0, 100)}`);
      },
    });
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    if (measured.interrupted === 0) {
      note('interrupted before a round was finished: nothing is known, and nothing written');
      return exitCodes.interrupted;
    }

    const results = { ...measured, rows: [...measured.rows, ...steepnessRows(measured.rows)] };
    const json = `${JSON.stringify(
      {
        format: 'pageheap-bench/1',
        rounds: results.interrupted ?? options.rounds,
        quick: options.quick,
        environment: env,
        participants: participants.map(({ id, title }) => ({ id, title })),
        rows: results.rows,
        failures: results.failures,
      },
      null,
      1,
    )}\n`;
    const words = table(
      results,
      participants.map((p) => p.id),
    );
    process.stdout.write(options.json ? json : `${words}\n`);
    const open = openWords(results);
    if (open !== undefined) note(open);
    for (const text of failureLines(results.failures)) note(text);
    const rowsOf = (verdict: TargetVerdict): Row[] =>
      results.rows.filter((row) => row.targets.some((target) => verdictOf(row, target) === verdict));
    const [missed, unclear] = [rowsOf('missed'), rowsOf('unclear')];
    if (missed.length > 0) note(`missed: ${missed.map(rowName).join('; ')}`);
    if (unclear.length > 0) note(`unclear: ${unclear.map(rowName).join('; ')}`);

    writeDocument(out, json);
    note(`written: ${out}`);
    if (results.interrupted !== undefined) {
      note(`interrupted after ${results.interrupted} of ${options.rounds} rounds: this is what they tell`);
      return exitCodes.interrupted;
    }
    if (results.failures.length > 0) return 2;
    if (!options.check) return 0;
    return missed.length > 0 ? 1 : unclear.length > 0 || open !== undefined ? 3 : 0;
  } finally {
    into.remove();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  // What the person can mend is one sentence.
  const isPlain =
    error instanceof NoBaseline ||
    error instanceof PageHeapError ||
    (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  note(isPlain ? (error as Error).message : ((error as Error).stack ?? String(error)));
  process.exitCode = 2;
}
