/**
 * The options that `run` and `compare` have in common: how it is watched, and where what comes of it goes.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from './arguments.ts';

export interface OutputOptions {
  readonly beat: number;
  readonly name?: string;
  readonly out: string;
  readonly report: boolean;
  readonly json?: true;
}

function folderName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It takes a folder; this one is empty.');
  return text;
}

/** @param what what is named, printed and written: "run", "comparison" */
export function addOutputOptions(command: Command, what: string): Command {
  return command
    .optionsGroup('Watching:')
    .addOption(
      new Option('--beat <ms>', 'milliseconds between samples')
        .argParser(wholeNumber(1, 60_000))
        .default(100),
    )
    .optionsGroup('Output:')
    .addOption(new Option('--name <name>', `what the ${what} is called (default: the subject's name)`))
    .addOption(
      new Option('-o, --out <dir>', 'where its files are written').argParser(folderName).default('runs'),
    )
    .addOption(new Option('--no-report', 'write no report'))
    .addOption(new Option('--json', `print what came of the ${what} as JSON`));
}
