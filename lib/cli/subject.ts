/**
 * The subject of a run on the command line: its options, and the names that there are.
 *
 * Not here: what a name stands for (lab/subject/subject.ts).
 */
import { type Command, Option } from 'commander';
import { shippedTraces } from '../lab/subject/shipped-traces.ts';
import { workloads } from '../lab/workloads/index.ts';
import { positiveNumber, seconds, wholeNumber } from './arguments.ts';
import { wrap } from './table.ts';

export const defaultSubject = 'sqlite-ramp';

/** Adds the options of traces and of workloads to a command. */
export function addSubjectOptions(command: Command): Command {
  return command
    .optionsGroup('Of a trace:')
    .addOption(
      new Option('--duration <s>', 'seconds of replay; 0: as fast as it goes (default: 20)').argParser(
        seconds,
      ),
    )
    .addOption(new Option('--idle <s>', 'seconds of idleness after it (default: 20)').argParser(seconds))
    .addOption(
      new Option('--idle-gcs <n>', 'collections when idle, a second apart (default: 2)').argParser(
        wholeNumber(0, 1000),
      ),
    )
    .addOption(
      new Option(
        '--touch <what>',
        'what is written of each object: all, a byte a page, none (default: all)',
      ).choices(['all', 'page', 'none']),
    )
    .addOption(
      new Option('--strict', 'a free of an unknown pointer, or an allocation at a live one, is an error'),
    )
    .optionsGroup('Of a workload:')
    .addOption(
      new Option('--seed <n>', "of its random numbers (default: the workload's)").argParser(
        wholeNumber(0, 2 ** 32 - 1),
      ),
    )
    .addOption(
      new Option('--scale <x>', 'multiplies its memory (default: 1)').argParser(positiveNumber(0.001, 100)),
    )
    .addOption(
      new Option('--time-scale <x>', 'multiplies its idle stretches (default: 1)').argParser(
        positiveNumber(0, 100),
      ),
    )
    .addOption(
      new Option('--more-collections', 'two more, a second apart, after big drops (rsscurve knows it)'),
    );
}

/** The names that stand for something, for help texts. */
export function subjectNames(): string {
  const traces = `Shipped traces: ${shippedTraces().join(', ')}.`;
  const names = `Workloads: ${workloads.map((w) => w.name).join(', ')}.`;
  const rest = '`pageheap workloads` tells what each is for. A file of such a name comes first.';
  return [traces, names, rest].flatMap((text) => wrap(text, 80)).join('\n');
}
