/**
 * A participant: one that can be asked to measure a case in a process of its own.
 */

import { spawnSync } from 'node:child_process';
import type { Case } from './cases.ts';
import type { Measurement } from './workload.ts';

/** How a participant is started for a case. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Laid over this process's; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The exit code that says: I do not know this case. */
  readonly unknown?: number;
}

export interface Participant {
  /** ours, addon, go or c. */
  readonly id: string;
  /** What is measured, with its version. */
  readonly title: string;
  /** How to measure a case; undefined if this participant cannot. */
  command(of: Case): Command | undefined;
}

export type Outcome =
  | { readonly measurements: readonly Measurement[] }
  | { readonly error: string; readonly signal?: string | null };

/** What is said where `--cases` leaves none. */
export const noCase = (quick: boolean): string =>
  `no case has that in its words${quick ? ': with --quick there are fewer' : ''}`;

const timeLimitMs = 180_000;

/** The words of a case as every participant reads them. */
export function caseWords(of: Case): string[] {
  return Object.entries(of.params).map(([key, value]) => `${key}=${value}`);
}

/** Runs a participant once; undefined if it does not know the case. Never throws: to fail is an outcome. */
export function measure(participant: Participant, of: Case): Outcome | undefined {
  const command = participant.command(of);
  if (command === undefined) return undefined;
  const done = spawnSync(command.file, command.args, {
    encoding: 'utf8',
    env: { ...process.env, ...command.env },
    timeout: timeLimitMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.error !== undefined) return { error: done.error.message };
  return outcomeOf(command, done);
}

/** How a process of a participant ended, and what it printed. */
interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What it comes to; undefined if it does not know the case. */
export function outcomeOf(command: Command, done: Ended): Outcome | undefined {
  if (command.unknown !== undefined && done.status === command.unknown) return undefined;
  if (done.status !== 0) {
    const told = `${done.stderr}\n${done.stdout}`.trim().split('\n').slice(0, 12).join('\n');
    return done.signal === null
      ? { error: told }
      : { error: `ended by ${done.signal}\n${told}`, signal: done.signal };
  }
  const measurements: Measurement[] = [];
  for (const line of done.stdout.split('\n')) {
    if (line.startsWith('{')) measurements.push(JSON.parse(line) as Measurement);
  }
  return measurements.length === 0 ? { error: 'it printed no result' } : { measurements };
}
