/**
 * The heap's options on the command line: one list of them for every command that makes a heap, as flags
 * (`--advise free`) and in a configuration (`treap,advise=free`).
 *
 * An option is named as its flag. What a value may be is said by the same parser in both; which options go
 * together is the heap's business, and its errors name the option.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import {
  generations,
  objectStyles,
  scavengers,
  sizeClassTables,
  sweepStyles,
  triggers,
} from '../design/design.ts';
import { parseByteCount } from '../design/environment.ts';
import type { LabHeapOptions } from '../lab/subject/heap-target.ts';
import { gcPercent, memoryLimit, seconds } from './arguments.ts';

/** A heap as it is asked for on the command line. */
export interface HeapRequest {
  readonly heap: LabHeapOptions;
  /** A module with a custom page heap. */
  readonly pageHeapFile?: string;
}

type Target = Record<string, unknown>;

interface HeapOption {
  /** The flag without its dashes; also its name in a configuration. */
  readonly name: string;
  /** The option of the heap that it sets. */
  readonly key: string;
  /** What stands for the value in the help; none for a switch. */
  readonly value?: string;
  readonly help: string;
  readonly choices?: readonly string[];
  /** @throws InvalidArgumentError */
  readonly set: (target: Target, value: string) => void;
}

function choice(name: string, key: string, choices: readonly string[], help: string): HeapOption {
  return {
    name,
    key,
    value: 'kind',
    help,
    choices,
    set: (target, value) => {
      if (!choices.includes(value)) throw new InvalidArgumentError(`It takes one of ${choices.join(', ')}.`);
      target[key] = value;
    },
  };
}

function valued(
  name: string,
  key: string,
  value: string,
  help: string,
  parse: (text: string) => unknown,
): HeapOption {
  return { name, key, value, help, set: (target, text) => void (target[key] = parse(text)) };
}

function flag(name: string, key: string, help: string): HeapOption {
  return {
    name,
    key,
    help,
    set: (target, value) => {
      if (!['', 'on', 'off', 'true', 'false', 'yes', 'no'].includes(value))
        throw new InvalidArgumentError('It takes on or off.');
      target[key] = !['off', 'false', 'no'].includes(value);
    },
  };
}

const nanoseconds =
  (zero: number) =>
  (text: string): number =>
    seconds(text) * 1e9 || zero;

function byteCount(text: string): number {
  const n = parseByteCount(text);
  if (n === undefined) throw new InvalidArgumentError('It takes bytes: 64KiB, 1MiB, 4MiB, 64MiB.');
  return n;
}

const isGeneration = (word: string): boolean => (generations as readonly string[]).includes(word);

const pageHeapOption: HeapOption = {
  name: 'page-heap',
  key: 'pageHeap',
  value: 'kind',
  help: 'who hands out pages: lists, treap, radix, or a module (.js, .mjs) with a custom page heap',
  set: (target, value) => {
    delete target.pageHeap;
    delete target.pageHeapFile;
    if (isGeneration(value)) target.pageHeap = value;
    else if (/[./]/.test(value)) target.pageHeapFile = value;
    else throw new InvalidArgumentError(`It takes ${generations.join(', ')}, or the path of a module.`);
  },
};

/** Which of three designs, or which mixture of them. */
const partOptions: readonly HeapOption[] = [
  choice('generation', 'generation', generations, 'the design: of 2014, 2019 or 2023 (default: radix)'),
  pageHeapOption,
  choice('objects', 'objects', objectStyles, 'free objects: a list through them, or a bitmap'),
  choice('sweep', 'sweep', sweepStyles, 'how spans are found for sweeping'),
  choice('scavenger', 'scavenger', scavengers, 'when memory is given back'),
  choice('advise', 'advise', ['dontneed', 'free'], 'how: at once, or when the kernel wants it'),
  flag('huge-page-hints', 'hugePageHints', 'keep huge pages away from released memory'),
  valued('growth-unit', 'growthUnit', 'bytes', 'by which the heap grows', byteCount),
  flag('scavenge-on-reuse', 'scavengeOnReuse', 'who allocates released memory releases as much'),
  choice('size-classes', 'sizeClasses', sizeClassTables, 'the table of size classes'),
  choice('trigger', 'trigger', triggers, 'when a collection starts: as in 2014, or as since'),
];

const otherOptions: readonly HeapOption[] = [
  valued('gogc', 'gcPercent', 'percent', 'as GOGC: an integer, or off', gcPercent),
  valued('memory-limit', 'memoryLimit', 'bytes', 'as GOMEMLIMIT: 200MiB, 1GiB, or off', memoryLimit),
  valued(
    'gc-period',
    'forcedGCPeriod',
    's',
    'collect after so long at the latest; 0: never (default: 120)',
    nanoseconds(Number.POSITIVE_INFINITY),
  ),
  valued(
    'scavenge-after',
    'scavengeAfter',
    's',
    'unused for so long, memory is given back by age (default: 300)',
    nanoseconds(1),
  ),
  flag('hard-decommit', 'hardDecommit', 'make memory that was given back inaccessible'),
  flag(
    'historical-scavenge-goal',
    'historicalScavengeGoal',
    "Go 1.19's and 1.21's defect: the background scavenger ignores the memory limit",
  ),
];

const all = [...partOptions, ...otherOptions];

/** The names a configuration can use. */
export const heapOptionNames: readonly string[] = all.map((option) => option.name);

const camel = (name: string): string => name.replace(/-(\w)/g, (_, c: string) => c.toUpperCase());

function addTo(command: Command, options: readonly HeapOption[]): void {
  for (const option of options) {
    const flags = option.value === undefined ? `--${option.name}` : `--${option.name} <${option.value}>`;
    const made = new Option(flags, option.help);
    if (option.choices !== undefined) made.choices(option.choices);
    else if (option.value !== undefined) {
      // Parsed here for the error's sake; what counts is set from the text later.
      made.argParser((text: string) => {
        option.set({}, text);
        return text;
      });
    }
    command.addOption(made);
  }
}

/** Adds the flags to a command. */
export function addHeapOptions(command: Command): Command {
  addTo(command.optionsGroup('Design:'), partOptions);
  addTo(command.optionsGroup('Heap:'), otherOptions);
  return command;
}

function requestOf(target: Target): HeapRequest {
  const { pageHeapFile, ...heap } = target;
  return {
    heap: heap as LabHeapOptions,
    ...(typeof pageHeapFile === 'string' ? { pageHeapFile } : {}),
  };
}

/** The heap that the flags of a command ask for. */
export function heapRequestOf(options: Readonly<Record<string, unknown>>): HeapRequest {
  const target: Target = {};
  for (const option of all) {
    const value = options[camel(option.name)];
    if (value !== undefined) option.set(target, value === true ? '' : String(value));
  }
  return requestOf(target);
}

/** A configuration of a comparison: a heap with a name. */
export interface Configuration extends HeapRequest {
  readonly label: string;
}

/** Of a scavenger that the page heap cannot serve. */
const needsAges = /\boption scavenger: 'age'(?:, which \w+ brings,)? needs/;

/**
 * The heap's own message about an option in the words of the command line: the option by the name it has
 * there, and what to choose where what was chosen, or a generation brought, does not fit.
 */
export function inFlags(message: string): string {
  const said = message.replace(/\boption (\w+)/, (whole, key: string) => {
    const option = all.find((o) => o.key === key);
    return option === undefined ? whole : `--${option.name}`;
  });
  if (!needsAges.test(message)) return said;
  const part = message.startsWith('configuration ') ? 'scavenger=background' : '--scavenger background';
  return `${said}; choose another scavenger: ${part}`;
}

/**
 * Reads `[label:]generation[,option=value…]`; the generation may be left out.
 * @param base what every configuration has, unless it says otherwise
 * @throws PageHeapError ERR_INVALID_OPTION, naming the configuration and the option
 */
export function parseConfiguration(text: string, base: HeapRequest = { heap: {} }): Configuration {
  const refusal = (why: string): PageHeapError =>
    new PageHeapError('ERR_INVALID_OPTION', `configuration '${text}': ${why}`, { value: text });
  if (/^\s*:/.test(text)) throw refusal('an empty label before the colon');
  const [, name, rest = ''] = /^(?:([^:=,]+):)?(.*)$/s.exec(text) as unknown as [string, string?, string?];
  const target: Target = { ...base.heap };
  if (base.pageHeapFile !== undefined) target.pageHeapFile = base.pageHeapFile;
  const given = new Set<string>();
  rest.split(',').forEach((piece, i) => {
    const item = piece.trim();
    if (item === '') throw refusal('an empty option');
    const at = item.indexOf('=');
    const alone = at < 0 && i === 0 && isGeneration(item);
    const key = alone ? 'generation' : at < 0 ? item : item.slice(0, at);
    const option = all.find((o) => o.name === key);
    if (option === undefined && at < 0 && i === 0)
      throw refusal(`${key} is no generation (${generations.join(', ')}), and no option`);
    if (option === undefined)
      throw refusal(`there is no option ${key}; there are ${heapOptionNames.join(', ')}`);
    if (given.has(key)) throw refusal(`${key} is said twice`);
    given.add(key);
    const value = alone ? item : at < 0 ? '' : item.slice(at + 1);
    if (option.value !== undefined && value === '') throw refusal(`${key} needs a value`);
    try {
      option.set(target, value);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      // Commander sets these sentences alone; here one goes on.
      const why = error.message.replace(/^I(?=t )/, 'i').replace(/\.$/, '');
      throw refusal(`${key}=${value}: ${why}`);
    }
  });
  return { label: name ?? (rest || text), ...requestOf(target) };
}
