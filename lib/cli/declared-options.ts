/**
 * Declared options (design/option.ts) as flags of a command: added with their help, and read back.
 *
 * Not here: the declarations; flags that only the command line has (output-options.ts).
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Asked, Option as Declared, OptionGroup, Options } from '../design/option.ts';

/** A declared option that has a flag. */
export interface Flag {
  /** The option's name in the library. */
  readonly key: string;
  /** The flag without its dashes; also its name in a configuration. */
  readonly name: string;
  readonly declared: Declared<unknown>;
}

const titles: Readonly<Record<OptionGroup, string>> = {
  design: 'Design:',
  tuning: "Numbers of the design (what is not said is Go's):",
  parts: 'Parts of your own (docs/policies.md):',
  heap: 'Heap:',
  trace: 'Of a trace:',
  workload: 'Of a workload:',
  watching: 'Watching:',
};

/** What the flags of a group stand under in a help text. */
export const groupTitle = (group: OptionGroup): string => titles[group];

/** The flags of options, in the order of the declarations. */
export function flagsOf(options: Options): Flag[] {
  return Object.entries(options).flatMap(([key, declared]) =>
    declared.flag === undefined ? [] : [{ key, name: declared.flag, declared }],
  );
}

/** The value of a flag's text. @throws InvalidArgumentError */
export function parseFlag({ declared: { kind } }: Flag, text: string): unknown {
  const value = kind.parse(text);
  if (value === undefined) throw new InvalidArgumentError(`It takes ${kind.takes}.`);
  return value;
}

/** What a flag is for, and what counts without it. */
function helpOf({ help, tellsDefault, default: value, otherwise = '', kind }: Declared<unknown>): string {
  if (tellsDefault !== true) return help;
  return `${help} (default: ${value === undefined ? otherwise : kind.format(value)})`;
}

const offHelp = 'off, also where the generation or the environment says on';

/** Adds the flags of options to a command. @param parse what a text is checked with */
export function addFlags(command: Command, options: Options, parse = parseFlag): Command {
  for (const flag of flagsOf(options)) {
    const { name, declared } = flag;
    const { kind, group } = declared;
    const made = new Option(
      kind.placeholder === undefined ? `--${name}` : `--${name} <${kind.placeholder}>`,
      helpOf(declared),
    );
    if (kind.choices !== undefined) made.choices(kind.choices);
    else if (kind.placeholder !== undefined) {
      // Parsed here for the error's sake; what counts is read from the text later.
      made.argParser((text: string) => {
        parse(flag, text);
        return text;
      });
    }
    command.optionsGroup(titles[group]).addOption(made);
    if (declared.canBeOn === true) command.addOption(new Option(`--no-${name}`, offHelp));
  }
  return command;
}

/** The name that Commander gives a flag's value. */
export const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, c: string) => c.toUpperCase());

/** A switch is there or not; off is what its `--no-` says. */
const textOf = (value: unknown): string => {
  if (typeof value !== 'boolean') return String(value);
  return value ? '' : 'off';
};

/** The texts that a command was given, by flag; that of a switch is empty, or off. */
export function textsOf(
  options: Options,
  given: Readonly<Record<string, unknown>>,
): { readonly flag: Flag; readonly text: string }[] {
  return flagsOf(options).flatMap((flag) => {
    const value = given[camelCase(flag.name)];
    return value === undefined ? [] : [{ flag, text: textOf(value) }];
  });
}

/** The values that a command was given, by the names of the options. */
export function readFlags<D extends Options>(options: D, given: Readonly<Record<string, unknown>>): Asked<D> {
  return Object.fromEntries(
    textsOf(options, given).map(({ flag, text }) => [flag.key, parseFlag(flag, text)]),
  ) as Asked<D>;
}
