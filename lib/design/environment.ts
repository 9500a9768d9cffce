/**
 * The environment variables of the Go runtime that a page heap can honour: GOGC, GOMEMLIMIT, GODEBUG.
 *
 * The syntax, and what happens to a value that does not fit it, are Go's (1.21):
 *
 *   GOGC        an integer of 32 bits, or `off` (−1). Anything else counts as 100, which Go does in
 *               silence and this library with a warning. Empty is unset.
 *   GOMEMLIMIT  bytes: `^[0-9]+(([KMGT]i)?B)?$`, at most 2^63 − 1, or `off`. Empty is unset. Anything
 *               else is an error: a limit that is silently not held is worse than none.
 *   GODEBUG     `name=integer,…`, the last setting of a name wins; a field without `=`, a value that
 *               is no integer of 32 bits and a name that is not known are ignored, as in Go. That of `pagetrace` is a file.
 *
 * Like Go's own parser, this one takes a lone `-` before nothing for the number 0.
 *
 * Not here: what the options do. A caller decides whether its own options go before these.
 */
import { PageHeapError } from '../base/errors.ts';
import { GiB, KiB, MiB, TiB } from '../base/units.ts';
import { noMemoryLimit } from '../gc/gc-settings.ts';

/** The GODEBUG switches this heap honours, with what they mean. */
export const debugSwitches = {
  gctrace:
    '1: a line to standard error for each collection; 2: in the design of 2014 each collection runs twice, too',
  scavtrace: '1: a line to standard error for each round of scavenging',
  madvdontneed: '1: release memory with MADV_DONTNEED, 0: with MADV_FREE',
  harddecommit: '1: released memory also becomes inaccessible',
  clobberfree: '1: freed objects are overwritten with words of 0xdeadbeef',
  allocfreetrace: '1: a line to standard error for each object that is allocated or freed',
  memprofilerate: 'n: the memory profile is sampled once in n bytes; 0: there is none',
  efence: '1: each object has pages of its own, which fault for good once it was freed',
  sbrk: '1: objects come from memory apart, by moving a pointer on, and nothing is ever freed',
  gccheckmark: '1: where the heap traces, each cycle marks again to find what marking has missed',
  gcstoptheworld:
    '1: where the heap traces, the program is stopped while it is marked; 2: each collection also sweeps everything at once',
  disablethp: '1: the heap asks for no transparent huge pages',
  scavenge:
    '1: in the designs of 2014 and 2019 memory goes back after 20 ms, and a collection runs every 10 ms',
  decoratemappings: '0: mappings are not named',
} as const;
export type DebugSwitch = keyof typeof debugSwitches;

/** Switches of the Go runtime's memory family that have no effect here; setting one gives a warning. */
const withoutEffect: ReadonlySet<string> = new Set(['gcpacertrace']);

export interface EnvironmentOptions {
  /** GOGC: percent of the live heap, negative for off; undefined when unset. */
  readonly gcPercent: number | undefined;
  /** GOMEMLIMIT in bytes, `noMemoryLimit` for `off`; undefined when unset. Exact up to 2^53. */
  readonly memoryLimit: number | undefined;
  /** The file that GODEBUG=pagetrace=FILE names. */
  readonly pageTrace: string | undefined;
  /** The GODEBUG switches that were set, each an integer of 32 bits. */
  readonly debug: Readonly<Partial<Record<DebugSwitch, number>>>;
  /** What was ignored or replaced, a sentence each. */
  readonly warnings: readonly string[];
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** An integer of 64 bits in decimal digits, with `-` or without; undefined when it is none. */
function parseInt64(text: string): bigint | undefined {
  if (text === '' || !/^-?[0-9]*$/.test(text)) return undefined;
  const n = text === '-' ? 0n : BigInt(text);
  return n < minInt64 || n > maxInt64 ? undefined : n;
}

function parseInt32(text: string): number | undefined {
  const n = parseInt64(text);
  return n === undefined || n !== BigInt.asIntN(32, n) ? undefined : Number(n);
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB,
  MiB,
  GiB,
  TiB,
};

/**
 * A count of bytes as Go writes it: `1048576`, `1048576B`, `1024KiB`, `1MiB`, `4GiB`, `1TiB`.
 * Undefined when it is malformed, negative or beyond 2^63 − 1; `10MB` and `1 GiB` are malformed.
 */
export function parseByteCount(text: string): number | undefined {
  const match = /^(-?[0-9]*)((?:[KMGT]i)?B)?$/.exec(text);
  if (match === null) return undefined;
  const [, digits, unit = ''] = match;
  if (unit.length < 3 && digits.endsWith('-')) return undefined;
  const n = parseInt64(digits);
  if (n === undefined || n < 0n) return undefined;
  const total = n * BigInt(units[unit]);
  return total > maxInt64 ? undefined : Number(total);
}

/** GOGC's or a flag's `n` or `off`; undefined when it is neither. `off` is −1. */
export function parseGCPercent(text: string): number | undefined {
  return text === 'off' ? -1 : parseInt32(text);
}

/** GOMEMLIMIT's or a flag's bytes or `off`; undefined when malformed. */
export function parseMemoryLimit(text: string): number | undefined {
  return text === 'off' ? noMemoryLimit : parseByteCount(text);
}

function readDebug(text: string, warnings: string[]): Partial<Record<DebugSwitch, number>> {
  const debug: Partial<Record<DebugSwitch, number>> = {};
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    if (at < 0) continue;
    const name = field.slice(0, at);
    if (withoutEffect.has(name)) warnings.push(`GODEBUG: ${name} has no effect in this heap`);
    if (!Object.hasOwn(debugSwitches, name)) continue;
    const value = parseInt32(field.slice(at + 1));
    if (value !== undefined) debug[name as DebugSwitch] = value;
  }
  return debug;
}

/**
 * Reads GOGC, GOMEMLIMIT and GODEBUG.
 *
 * @throws PageHeapError ERR_INVALID_OPTION when GOMEMLIMIT is malformed.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): EnvironmentOptions {
  const warnings: string[] = [];

  const gogc = env.GOGC ?? '';
  let gcPercent: number | undefined;
  if (gogc !== '') {
    gcPercent = parseGCPercent(gogc);
    if (gcPercent === undefined) {
      gcPercent = 100;
      warnings.push(`GOGC=${gogc} is neither an integer nor off: using 100, as Go does`);
    }
  }

  const limit = env.GOMEMLIMIT ?? '';
  let memoryLimit: number | undefined;
  if (limit !== '') {
    memoryLimit = parseMemoryLimit(limit);
    if (memoryLimit === undefined) {
      throw new PageHeapError(
        'ERR_INVALID_OPTION',
        `malformed GOMEMLIMIT=${limit}; it takes bytes, or an integer with B, KiB, MiB, GiB or TiB, or off`,
        { value: limit },
      );
    }
  }

  const text = env.GODEBUG ?? '';
  const pageTrace = text
    .split(',')
    .filter((field) => field.startsWith('pagetrace='))
    .at(-1)
    ?.slice('pagetrace='.length);
  return { gcPercent, memoryLimit, pageTrace, debug: readDebug(text, warnings), warnings };
}
