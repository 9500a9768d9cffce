/**
 * Two processes that take turns (turns.ts): started together, each with a pipe to the other.
 *
 * A pipe here is a FIFO, since Node cannot make another kind that two children share. This process keeps both
 * open, so that nobody waits for an end that is gone, and tells each when the other has ended. A child has
 * one direction only: if this process is killed, it finds the pipe closed and does not wait for ever.
 */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, type Outcome, outcomeOf } from '../participant.ts';

const timeLimitMs = 180_000;

export class Pairs {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pageheap-turns-'));
  readonly #preload: string;

  /** `turns` is turns.ts as it was compiled. */
  constructor(turns: string) {
    this.#preload = pathToFileURL(turns).href;
  }

  /**
   * Runs both; the first has the first turn. One that is undefined does not run, and its outcome is undefined
   * as well.
   */
  async run(first: Command | undefined, second: Command | undefined): Promise<(Outcome | undefined)[]> {
    const names = ['0', '1'].map((name) => join(this.#folder, name));
    const made = spawnSync('mkfifo', names, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`mkfifo: ${made.error?.message ?? made.stderr}`);
    // Opened for both directions, a FIFO waits for nobody; nor do then the others.
    const pipes = names.map((name) => openSync(name, 'r+'));
    const readers = names.map((name) => openSync(name, 'r'));
    const writers = names.map((name) => openSync(name, 'w'));
    for (const name of names) rmSync(name);
    try {
      const commands = [first, second];
      const running = commands.map(async (command, i) => {
        const outcome = command && (await this.#start(command, readers[i], writers[1 - i]));
        writeSync(pipes[1 - i], 'e');
        return outcome;
      });
      writeSync(pipes[first === undefined ? 1 : 0], 't');
      return await Promise.all(running);
    } finally {
      for (const file of [...pipes, ...readers, ...writers]) closeSync(file);
    }
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(command: Command, mine: number, other: number): Promise<Outcome | undefined> {
    return new Promise((done) => {
      const child = spawn(command.file, ['--import', this.#preload, ...command.args], {
        stdio: ['ignore', 'pipe', 'pipe', mine, other],
        env: { ...process.env, ...command.env },
        timeout: timeLimitMs,
        killSignal: 'SIGKILL',
      });
      let stdout = '';
      let stderr = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', (error) => done({ error: error.message }));
      child.on('close', (status, signal) => done(outcomeOf(command, { status, signal, stdout, stderr })));
    });
  }
}
