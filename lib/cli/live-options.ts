/** The flags of the live page. */

import { type Command, Option } from 'commander';
import { calledAs } from '../base/called-as.ts';
import { PageHeapError } from '../base/errors.ts';
import { wholeNumber } from './arguments.ts';

export interface LiveOptions {
  readonly live?: true;
  readonly port?: number;
}

const portOption = (): Option =>
  new Option('--port <n>', 'the port of the live page (default: any that is free)').argParser(
    wholeNumber(0, 65_535),
  );

export function addLiveOptions(command: Command): Command {
  return command
    .optionsGroup('Live:')
    .addOption(new Option('--live', 'serve a page of the run while it goes on, to watch and to steer it'))
    .addOption(portOption());
}

export function addPortOption(command: Command): Command {
  return command.addOption(portOption());
}

/** @throws PageHeapError ERR_INVALID_OPTION for a port without a page */
export function checkLiveOptions({ live, port }: LiveOptions): void {
  if (port !== undefined && live !== true)
    throw new PageHeapError('ERR_INVALID_OPTION', '--port: it is of the live page; add --live', {
      value: port,
    });
}

/** Of a command that makes many runs, none of which is there to be watched. @throws PageHeapError ERR_INVALID_OPTION when asked */
export function refuseLive(command: Command, what: string): Command {
  command.addOption(new Option('--live').hideHelp());
  return command.on('option:live', () => {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `--live: a ${what} makes many runs, one after the other; watch one of them with ${calledAs()} run --live`,
    );
  });
}
