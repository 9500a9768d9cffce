/**
 * The heap's options on the command line: one list of them for every command that makes a heap, as flags
 * (`--advise free`) and in a configuration (`treap,advise=free`).
 *
 * An option is named as its flag. What a value may be is said by the same parser in both; which options go
 * together is the heap's business, and its errors name the option.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { designOptions, generations, isGeneration } from '../design/design.ts';
import { heapOptions } from '../design/options.ts';
import { partOptions } from '../design/parts.ts';
import { tuningOptions } from '../design/tuning.ts';
import { contenderNames } from '../lab/contenders/contender.ts';
import type { LabHeapOptions } from '../lab/subject/heap-target.ts';
import { exportOf, type ModuleFiles } from '../lab/subject/modules.ts';
import { nearest } from '../lab/subject/nearest-name.ts';
import { addFlags, type Flag, flagsOf, parseFlag, textsOf } from './declared-options.ts';

/** A heap as it is asked for on the command line. */
export interface HeapRequest {
  readonly heap: LabHeapOptions;
  /** Modules with a custom page heap and other parts, by the options that they are for. */
  readonly modules?: ModuleFiles;
}

type Target = Record<string, unknown>;

const options = { ...designOptions, ...tuningOptions, ...partOptions, ...heapOptions };
const flags = flagsOf(options);

/** The names a configuration can use. */
export const heapOptionNames: readonly string[] = flags.map(({ name }) => name);

/** Whether a text is a module's path: where names are values, too, it has a dot or a slash. */
function isModule({ key, declared: { group } }: Flag, text: string): boolean {
  if (exportOf(key) === undefined) return false;
  return group === 'parts' ? text !== '' : !isGeneration(text) && /[./]/.test(text);
}

/** @throws InvalidArgumentError */
/** A name that was meant, as it stands in a sentence. */
function meant(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

function set(target: Target, flag: Flag, text: string): void {
  if (exportOf(flag.key) !== undefined) {
    const { [flag.key]: _former, ...others } = (target.modules ?? {}) as ModuleFiles;
    delete target[flag.key];
    target.modules = others;
  }
  if (isModule(flag, text)) target.modules = { ...(target.modules as ModuleFiles), [flag.key]: text };
  else target[flag.key] = parseFlag(flag, text);
}

/** Adds the flags to a command. */
export function addHeapOptions(command: Command): Command {
  return addFlags(command, options, (flag, text) =>
    isModule(flag, text) ? undefined : parseFlag(flag, text),
  );
}

function requestOf(target: Target): HeapRequest {
  const { modules, ...heap } = target;
  const any = Object.keys(modules ?? {}).length > 0;
  return { heap: heap as LabHeapOptions, ...(any ? { modules: modules as ModuleFiles } : {}) };
}

/** The heap that the flags of a command ask for. */
export function heapRequestOf(given: Readonly<Record<string, unknown>>): HeapRequest {
  const target: Target = {};
  for (const { flag, text } of textsOf(options, given)) set(target, flag, text);
  return requestOf(target);
}

/** A configuration of a comparison: a heap with a name. */
export interface Configuration extends HeapRequest {
  readonly label: string;
}

/**
 * The heap's own message about an option in the words of the command line: the option by the name it has
 * there, and what to choose where what was chosen, or a generation brought, does not fit.
 */
export function inFlags({ message, option, value }: PageHeapError): string {
  const flag = flags.find(({ key }) => key === option);
  // An option that only one command has is called as its flag.
  if (flag === undefined) return message.replace(`option ${option}: `, `--${option}: `);
  const said = message.replace(`option ${flag.key}: `, `--${flag.name}: `);
  // As a value it is sound: the page heap cannot serve it.
  if (flag.key !== 'scavenger' || value !== 'age') return said;
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
  if (base.modules !== undefined) target.modules = base.modules;
  const given = new Set<string>();
  rest.split(',').forEach((piece, i) => {
    const item = piece.trim();
    if (item === '') throw refusal('an empty option');
    const at = item.indexOf('=');
    const alone = at < 0 && i === 0 && isGeneration(item);
    const key = alone ? 'generation' : at < 0 ? item : item.slice(0, at);
    const flag = flags.find(({ name }) => name === key);
    if (flag === undefined && at < 0 && i === 0)
      throw refusal(
        `${key} is no generation (${generations.join(', ')}), no contender (${contenderNames.join(', ')}), and no option` +
          meant(key, [...generations, ...contenderNames, ...heapOptionNames]),
      );
    if (flag === undefined)
      throw refusal(
        `there is no option ${key}${meant(key, heapOptionNames)}; there are ${heapOptionNames.join(', ')}`,
      );
    if (given.has(key)) throw refusal(`${key} is said twice`);
    given.add(key);
    const value = alone ? item : at < 0 ? '' : item.slice(at + 1);
    if (flag.declared.kind.placeholder !== undefined && value === '') throw refusal(`${key} needs a value`);
    try {
      set(target, flag, value);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      // Commander sets these sentences alone; here one goes on.
      const why = error.message.replace(/^I(?=t )/, 'i').replace(/\.$/, '');
      throw refusal(`${key}=${value}: ${why}`);
    }
  });
  return { label: name ?? (rest || text), ...requestOf(target) };
}
