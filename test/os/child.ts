/**
 * Processes and threads of their own for tests that end them, limit them or wait in them.
 *
 * Node 20 runs no TypeScript, so a child's program (test/os/children/*.ts) is bundled to one JavaScript
 * file first. It finds the addon by PAGEHEAP_ADDON, since the bundle lies elsewhere.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';
import { addonCandidates } from '../../lib/os/addon.ts';

/** The addon that this process uses. */
export const addonFile = addonCandidates().find((file) => existsSync(file)) ?? '';

/** True under a sanitizer, which needs address space without end. */
export const sanitized = process.env.PAGEHEAP_SANITIZER !== undefined;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Child {
  readonly #directory: string;
  readonly file: string;

  private constructor(directory: string, file: string) {
    this.#directory = directory;
    this.file = file;
  }

  /** Bundles <name>.ts of a folder of children, test/os/children unless told. */
  static async bundle(name: string, folder = join(import.meta.dirname, 'children')): Promise<Child> {
    const directory = mkdtempSync(join(tmpdir(), 'pageheap-child-'));
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: join(folder, `${name}.ts`),
        outDir: directory,
        target: 'node20',
        minify: false,
        rolldownOptions: { output: { entryFileNames: 'child.mjs' } },
      },
    });
    return new Child(directory, join(directory, 'child.mjs'));
  }

  /** Runs it as a process, behind `prefix` (such as `prlimit …`), until it ends. */
  run(args: readonly string[], prefix: readonly string[] = []): Promise<Ended> {
    const [command, ...rest] = [...prefix, process.execPath, this.file, ...args] as [string, ...string[]];
    const child = spawn(command, rest, {
      env: { ...process.env, PAGEHEAP_ADDON: addonFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
  }

  /** Runs it as a thread of this process. */
  thread(workerData: unknown): Worker {
    return new Worker(this.file, { workerData, env: { ...process.env, PAGEHEAP_ADDON: addonFile } });
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
