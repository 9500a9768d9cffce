/**
 * The judge's side of the process that a hand-in runs in.
 *
 * It asks and reads the answers, and believes nothing but that they are the hand-in's. Work and memory are limited within the
 * engine, at the same place on every machine. For what the engine cannot limit there is the processor time of the process,
 * which its kernel tells, and its resident memory; and, twenty times as far, the clock: a machine that gives a process so
 * little is too busy to grade, and that is no failure of the hand-in.
 *
 * Not here: what is asked, what a right answer is (the exercises).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { libraryPath, moduleExtension } from '../../base/package-files.ts';
import { signalChild } from '../../base/signal-child.ts';
import { isStopSignal, ownSignal } from '../../base/stop-signals.ts';
import { parsePrintable, printable } from './printable.ts';
import { type Block, type Reply, type Request, replyFd } from './protocol.ts';
import { walledCommand } from './walls.ts';

/** Units of work that all calls of a hand-in may take: half a minute of a processor. */
export const handinUnits = 60_000_000;
/** Units of work that a call may take: a thousand times what most need. */
export const callUnits = 500_000;

export interface Limits {
  /** Seconds of a processor for a whole hand-in. */
  readonly cpuSeconds: number;
  /** Resident bytes of its process. */
  readonly rssBytes: number;
}

export const defaultLimits: Limits = { cpuSeconds: 200, rssBytes: 2 ** 30 };
const wallPerCpu = 20;
const mostSaid = 2000;
const lookMs = 250;
const ticksPerSecond = 100;
const pageBytes = 4096;

/** The process is gone, or was ended, before it answered. */
export class SandboxLost extends Error {
  /** `busy`: the machine gave it no time, or somebody ended its process; nothing is known of the hand-in. */
  readonly why: 'cpu' | 'memory' | 'busy' | 'ended';

  constructor(why: SandboxLost['why'], message: string) {
    super(message);
    this.why = why;
  }
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const entry = libraryPath(`course/sandbox/sandbox-child${moduleExtension}`);

export class Sandbox {
  readonly #child: ChildProcess;
  readonly #limits: Limits;
  readonly #timer: NodeJS.Timeout;
  readonly #begin = performance.now();
  readonly #kill = (): void => signalChild(this.#child, 'SIGKILL');
  #waiting: Waiting | undefined;
  #lost: SandboxLost | undefined;
  /** The last of what its process wrote to standard error: no hand-in can, so it is of a defect. */
  #said = '';

  constructor(limits: Limits = defaultLimits) {
    this.#limits = limits;
    const { command, args } = walledCommand();
    this.#child = spawn(command, [...args, entry], {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '' },
      cwd: '/',
    });
    process.on('exit', this.#kill);
    this.#child.stderr?.on('data', (bytes: Buffer) => {
      this.#said = `${this.#said}${bytes.toString()}`.slice(-mostSaid);
    });
    this.#child.stdin?.on('error', () => undefined);
    createInterface({ input: this.#child.stdio[replyFd] as Readable }).on('line', (line) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(parsePrintable(line) as Reply);
    });
    this.#child.once('error', (error) =>
      this.#lose('ended', `its process cannot be started: ${error.message}`),
    );
    this.#child.once('close', async (code, signal) => {
      await ownSignal(signal);
      const said = this.#said === '' ? '' : `: ${printable(this.#said)}`;
      // No hand-in can send its process a signal that stops a command.
      if (isStopSignal(signal)) this.#lose('busy', `its process was ended from outside, by ${signal}`);
      else this.#lose('ended', `its process ended (${signal ?? `code ${code}`})${said}`);
    });
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  /** @throws SandboxLost */
  ask(request: Request): Promise<Reply> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (this.#waiting !== undefined) return Promise.reject(new Error('a question is open'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      (this.#child.stdin as Writable).write(`${JSON.stringify(request)}\n`);
    });
  }

  /** @throws SandboxLost */
  async run(block: Block): Promise<Extract<Reply, { k: 'ran' }>> {
    const reply = await this.ask({ k: 'run', block });
    if (reply.k !== 'ran') throw new Error(`a block was answered by ${reply.k}`);
    return reply;
  }

  close(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#kill);
    this.#lost ??= new SandboxLost('ended', 'closed');
    this.#kill();
  }

  #lose(why: SandboxLost['why'], message: string): void {
    this.#lost ??= new SandboxLost(why, message);
    clearInterval(this.#timer);
    process.off('exit', this.#kill);
    this.#kill();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#lost);
  }

  #look(): void {
    const { cpuSeconds, rssBytes } = this.#limits;
    const used = usageOf(this.#child.pid ?? 0);
    if (used === undefined) return;
    if (used.cpuSeconds > cpuSeconds) this.#lose('cpu', `it used more than ${cpuSeconds} s of a processor`);
    else if (used.rssBytes > rssBytes)
      this.#lose('memory', `it holds more than ${Math.round(rssBytes / 2 ** 20)} MiB of memory`);
    else if ((performance.now() - this.#begin) / 1000 > wallPerCpu * cpuSeconds)
      this.#lose(
        'busy',
        `the machine is too busy: ${used.cpuSeconds} s of a processor in ${wallPerCpu * cpuSeconds} s`,
      );
  }
}

/** What the kernel tells of a process. */
function usageOf(pid: number): { readonly cpuSeconds: number; readonly rssBytes: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    return { cpuSeconds, rssBytes: Number(fields[21]) * pageBytes };
  } catch {
    return undefined;
  }
}
