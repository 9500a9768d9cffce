/**
 * Runs bin/pageheap as a user would in whose path it is. It runs the compiled code: `npm test` compiles first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const executable = fileURLToPath(new URL('../../bin/pageheap', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  /** Without what is said of a busy machine: tests run on those, too. */
  readonly err: string;
}

export const ofBusyMachines =
  /^(?:this machine was busy|the configurations were not treated alike|the replay took).*\n/gm;

export interface SpawnOptions {
  readonly cwd?: string;
  /** Set on top of an environment without colour and Go variables; undefined removes one. */
  readonly env?: Record<string, string | undefined>;
  readonly input?: string | Uint8Array;
  /** Called once the child runs. */
  readonly started?: (child: ChildProcess) => void;
  /** Another script than bin/pageheap. */
  readonly script?: string;
}

/** Certificates of conformance go here, unless a test says otherwise; the user's own are left alone. */
export const cacheFolder = mkdtempSync(join(tmpdir(), 'pageheap-cache-'));
process.on('exit', () => rmSync(cacheFolder, { recursive: true, force: true }));

export function pageheap(args: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  const env: Record<string, string | undefined> = { ...process.env };
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'GOGC', 'GOMEMLIMIT', 'GODEBUG', 'npm_command'])
    delete env[name];
  env.PATH = `${dirname(executable)}:${env.PATH ?? ''}`;
  const child = spawn(process.execPath, [options.script ?? executable, ...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...env, XDG_CACHE_HOME: cacheFolder, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  // A child that ends before it has read its input closes the pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  options.started?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out, err: err.replace(ofBusyMachines, '') }));
  });
}

/** The children of a process, by the kernel. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim() === '' ? [] : text.trim().split(/\s+/).map(Number);
}
