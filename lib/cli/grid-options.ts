/**
 * The heap's options as axes of a grid: the flags of every other command, each with one value or several.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { designOptions } from '../design/design.ts';
import { heapOptions } from '../design/options.ts';
import { partOptions } from '../design/parts.ts';
import { tuningOptions } from '../design/tuning.ts';
import { type GridAxis, parseAxis } from '../lab/grid/axis.ts';
import { camelCase, type Flag, flagsOf, groupTitle } from './declared-options.ts';

const flags = flagsOf({ ...designOptions, ...tuningOptions, ...partOptions, ...heapOptions });

/** A switch takes its words here: `on`, `off`, or both. */
const placeholderOf = ({ declared: { kind } }: Flag): string =>
  kind.placeholder === undefined ? 'on,off' : `${kind.choices?.join(',') ?? kind.placeholder}`;

/** Adds the flags to a command, each for values with commas between them. */
export function addAxisOptions(command: Command): Command {
  for (const flag of flags) {
    const { name, declared } = flag;
    const option = new Option(`--${name} <${placeholderOf(flag)}>`, declared.help).argParser(
      (text: string) => {
        try {
          parseAxis(name, declared, text);
        } catch (error) {
          if (!(error instanceof PageHeapError)) throw error;
          throw new InvalidArgumentError(`${error.message.replace(`--${name}: `, '')}.`);
        }
        return text;
      },
    );
    command.optionsGroup(groupTitle(declared.group)).addOption(option);
  }
  return command;
}

/** What was given: options with several values are axes, the others are fixed. */
export function axesOf(given: Readonly<Record<string, unknown>>): {
  readonly axes: readonly GridAxis[];
  readonly fixed: Readonly<Record<string, string>>;
} {
  const all = flags.flatMap(({ name, declared }) => {
    const text = given[camelCase(name)];
    return typeof text === 'string' ? [parseAxis(name, declared, text)] : [];
  });
  return {
    axes: all.filter(({ values }) => values.length > 1),
    fixed: Object.fromEntries(
      all.filter(({ values }) => values.length === 1).map(({ name, values }) => [name, values[0] ?? '']),
    ),
  };
}
