/**
 * The options that `run` and `compare` have in common: how it is watched, and where what comes of it goes.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { samplingOptions } from '../lab/subject/subject-options.ts';
import { addFlags } from './declared-options.ts';

export interface OutputOptions {
  readonly name?: string;
  readonly out: string;
  readonly report: boolean;
  readonly json?: true;
}

function folderName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It takes a folder; this one is empty.');
  return text;
}

/**
 * @param what what is named, printed and written: "run", "comparison"
 * @param folder where its files go unless they are sent elsewhere; null: that depends on the name
 */
export function addOutputOptions(command: Command, what: string, folder: string | null = 'runs'): Command {
  const out = new Option('-o, --out <dir>', 'where its files are written').argParser(folderName);
  return addFlags(command, samplingOptions)
    .optionsGroup('Output:')
    .addOption(new Option('--name <name>', `what the ${what} is called (default: the subject's name)`))
    .addOption(folder === null ? out : out.default(folder))
    .addOption(new Option('--no-report', 'write no report'))
    .addOption(new Option('--json', `print what came of the ${what} as JSON`));
}
