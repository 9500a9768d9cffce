/**
 * Contenders on the command line: `-c jemalloc`, `-c 'lazy:jemalloc,MALLOC_CONF=dirty_decay_ms:-1'`, `-c go,gogc=50`.
 *
 * What Go and the heaps here have in common, GC percent and memory limit, holds for Go also where it is said for all. A
 * piece without an equals sign belongs to the variable before it, whose value has a comma.
 *
 * Not here: configurations of the heaps here (heap-options.ts), finding and building (lab/contenders/prepare.ts).
 */
import { InvalidArgumentError } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { heapOptions } from '../design/options.ts';
import { type ContenderRequest, contenderNames, isContender } from '../lab/contenders/contender.ts';
import { traceOptions } from '../lab/subject/subject-options.ts';
import { flagsOf, parseFlag } from './declared-options.ts';
import type { HeapRequest } from './heap-options.ts';

export interface ContenderConfiguration {
  readonly label: string;
  readonly contender: ContenderRequest;
}

const { gcPercent, memoryLimit } = heapOptions;
const { processors } = traceOptions;
/** Options of Go by the flags of the heaps here, and where they go. */
const goFlags = flagsOf({ gcPercent, memoryLimit, processors });

type Request = { -readonly [key in keyof ContenderRequest]: ContenderRequest[key] };

function parts(text: string): {
  readonly label: string | undefined;
  readonly rest: string;
  readonly name: string;
} {
  const [, label, rest = ''] = /^(?:([^:=,]+):)?(.*)$/s.exec(text) as unknown as [string, string?, string?];
  return { label, rest, name: rest.split(',')[0].trim() };
}

/** Whether a configuration names a contender. */
export function namesContender(text: string): boolean {
  return isContender(parts(text).name);
}

/** @throws PageHeapError ERR_INVALID_OPTION, naming the configuration and the option */
export function parseContender(text: string, base: HeapRequest): ContenderConfiguration {
  const refusal = (why: string): PageHeapError =>
    new PageHeapError('ERR_INVALID_OPTION', `configuration '${text}': ${why}`, { value: text });
  const { label, rest, name } = parts(text);
  if (!isContender(name)) throw refusal(`${name} is no contender (${contenderNames.join(', ')})`);
  const isGo = name === 'go';
  const request: Request = { name };
  const { gcPercent: percent, memoryLimit: limit } = base.heap;
  if (isGo && percent !== undefined) request.gcPercent = percent;
  // Flags are parsed to bytes.
  if (isGo && typeof limit === 'number') request.memoryLimit = limit;
  const variables: Record<string, string> = {};
  let last: string | undefined;
  const given = new Set<string>();
  for (const piece of rest.split(',').slice(1)) {
    const at = piece.indexOf('=');
    if (at < 0) {
      if (last === undefined)
        throw refusal(piece.trim() === '' ? 'an empty option' : `${piece.trim()} needs a value`);
      variables[last] += `,${piece}`;
      continue;
    }
    const key = piece.slice(0, at).trim();
    const value = piece.slice(at + 1);
    if (given.has(key)) throw refusal(`${key} is said twice`);
    given.add(key);
    if (value === '') throw refusal(`${key} needs a value`);
    last = undefined;
    const flag = isGo ? goFlags.find((one) => one.name === key) : undefined;
    if (flag !== undefined) {
      setGo(
        request,
        flag.key,
        parsed(
          () => parseFlag(flag, value),
          (why) => refusal(`${key}=${value}: ${why}`),
        ),
      );
    } else if (key === (isGo ? 'toolchain' : 'library')) {
      request[isGo ? 'toolchain' : 'library'] = value;
    } else if (/^[A-Z][A-Z0-9_]*$/.test(key)) {
      variables[key] = value;
      last = key;
    } else {
      const known = isGo ? [...goFlags.map((one) => one.name), 'toolchain'] : ['library'];
      throw refusal(
        `${name} has no option ${key}; it has ${known.join(', ')}, and variables of its environment`,
      );
    }
  }
  const contender = Object.keys(variables).length === 0 ? request : { ...request, variables };
  return { label: label ?? (rest.trim() || text), contender };
}

function setGo(request: Request, key: string, value: unknown): void {
  // 0 is one a thread, as without it.
  if (key === 'processors') {
    if (value !== 0) request.ps = value as number;
  } else if (key === 'gcPercent') request.gcPercent = value as number;
  else request.memoryLimit = value as number;
}

function parsed(parse: () => unknown, refusal: (why: string) => PageHeapError): unknown {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    // Commander sets these sentences alone; here one goes on.
    throw refusal(error.message.replace(/^I(?=t )/, 'i').replace(/\.$/, ''));
  }
}
