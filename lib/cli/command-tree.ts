/**
 * The command tree as data: commands, their options, and what each takes. Completion and the man page are made of it,
 * so that they say what the parser does.
 *
 * Not here: how it is written down (completion-scripts.ts, scripts/generate-man.js).
 */
import type { Argument, Command, Option } from 'commander';

/** What a value may be: one of these words, or what `kind` says. A file is also offered where words are. */
export interface TakenValue {
  readonly kind: 'file' | 'folder' | 'words' | 'other';
  readonly words: readonly string[];
  /** As help shows it, without brackets. */
  readonly placeholder: string;
}

export interface OptionNode {
  /** `-o`; undefined where it has none. */
  readonly short: string | undefined;
  /** `--output`. */
  readonly long: string;
  readonly description: string;
  /** Undefined for a switch. */
  readonly takes: TakenValue | undefined;
  /** As `--help` shows them: `-o, --output <file>`. */
  readonly flags: string;
  readonly group: string;
}

export interface ArgumentNode {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly takes: TakenValue;
}

export interface CommandNode {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly ArgumentNode[];
  readonly options: readonly OptionNode[];
}

/** The words that an argument or option may be, by its placeholder, where the parser does not list them. */
export type KnownWords = Readonly<Record<string, readonly string[]>>;

/** Placeholders that are names of files, and of folders. */
const files = new Set(['file', 'run-file', 'subject', 'page-heap', 'module']);
const folders = new Set(['dir', 'folder']);

function taken(placeholder: string, choices: readonly string[] | undefined, known: KnownWords): TakenValue {
  const words = choices ?? known[placeholder] ?? [];
  if (files.has(placeholder)) return { kind: 'file', words, placeholder };
  if (folders.has(placeholder)) return { kind: 'folder', words, placeholder };
  return { kind: words.length > 0 ? 'words' : 'other', words, placeholder };
}

const placeholderOf = (flags: string): string => /[<[]([^>\].…]+)/.exec(flags)?.[1] ?? 'value';

function optionNode(option: Option, known: KnownWords): OptionNode {
  const takesValue = option.required || option.optional;
  return {
    short: option.short,
    long: option.long ?? option.flags,
    description: option.description,
    takes: takesValue ? taken(placeholderOf(option.flags), option.argChoices, known) : undefined,
    flags: option.flags,
    group: option.helpGroupHeading ?? 'Options:',
  };
}

function argumentNode(argument: Argument, known: KnownWords): ArgumentNode {
  return {
    name: argument.name(),
    description: argument.description,
    required: argument.required,
    variadic: argument.variadic,
    takes: taken(argument.name(), argument.argChoices, known),
  };
}

/** A command as data. All of its options are added. */
export function commandNode(command: Command, known: KnownWords): CommandNode {
  return {
    name: command.name(),
    summary: command.summary(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => argumentNode(argument, known)),
    options: [
      ...command.options.filter((option) => !option.hidden).map((option) => optionNode(option, known)),
      {
        short: '-h',
        long: '--help',
        description: 'show this help',
        takes: undefined,
        flags: '-h, --help',
        group: 'Options:',
      },
    ],
  };
}
