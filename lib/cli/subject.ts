/**
 * The subject of a run on the command line: its options, and the names that there are.
 *
 * Not here: what a name stands for (lab/subject/subject.ts).
 */
import type { Command } from 'commander';
import { shippedTraces } from '../lab/subject/shipped-traces.ts';
import type { SubjectOptions } from '../lab/subject/subject.ts';
import { traceOptions, workloadOptions } from '../lab/subject/subject-options.ts';
import { workloads } from '../lab/workloads/index.ts';
import { addFlags, readFlags } from './declared-options.ts';
import { wrap } from './wrap.ts';

export const defaultSubject = 'sqlite-ramp';

/** Adds the options of traces and of workloads to a command. */
export function addSubjectOptions(command: Command): Command {
  return addFlags(command, { ...traceOptions, ...workloadOptions });
}

/** What of them a command was given. */
export function subjectOptionsOf(given: Readonly<Record<string, unknown>>): SubjectOptions {
  return readFlags({ ...traceOptions, ...workloadOptions }, given);
}

/** The names that stand for something, for help texts. */
export function subjectNames(): string {
  const traces = `Shipped traces: ${shippedTraces().join(', ')}.`;
  const names = `Workloads: ${workloads.map((w) => w.name).join(', ')}.`;
  const rest = '`pageheap workloads` tells what each is for. A file of such a name comes first.';
  return [traces, names, rest].flatMap((text) => wrap(text, 80)).join('\n');
}
