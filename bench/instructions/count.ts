/**
 * One case under callgrind: instructions an operation, in place of nanoseconds.
 *
 * The process is as still as can be had: V8 compiles and collects in its one thread (`--single-threaded`), and its hash
 * seeds are fixed. Callgrind must look at code again that was written since (`--smc-check`), since V8 writes its own.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, type Outcome, outcomeOf } from '../participant.ts';
import { temporaryFolder } from '../temporary.ts';

const timeLimitMs = 3_600_000;
const still = ['--single-threaded', '--random-seed=1', '--hash-seed=1'];
/** The variable that clock.ts reads; written again, since that file must be loaded by nobody else. */
const countsVariable = 'PAGEHEAP_BENCH_COUNTS';

/** The first line of what valgrind says of itself; undefined where there is none. */
export function findValgrind(): string | undefined {
  const done = spawnSync('valgrind', ['--version'], { encoding: 'utf8' });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

/** Runs a command of Node's under callgrind; `clock` is clock.ts as it was compiled. Undefined: it does not know the case. */
export function count(command: Command, clock: string): Promise<Outcome | undefined> {
  const folder = temporaryFolder('pageheap-counts');
  const counts = join(folder.path, 'counts');
  const args = [
    '-q',
    '--tool=callgrind',
    `--callgrind-out-file=${counts}`,
    '--dump-before=getpriority',
    '--smc-check=all-non-file',
    command.file,
    ...still,
    `--import=${pathToFileURL(clock).href}`,
    ...command.args,
  ];
  return new Promise<Outcome | undefined>((done) => {
    const child = spawn('valgrind', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...command.env, [countsVariable]: counts },
      timeout: timeLimitMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => done({ error: error.message }));
    child.on('close', (status, signal) => done(outcomeOf(command, { status, signal, stdout, stderr })));
  }).finally(folder.remove);
}
