/**
 * The memory profile, as JavaScript sees it: where allocations that are sampled come from, and what the profile tells.
 *
 * A place is the stack of the calls from which the heap was asked, as the engine writes it down, without the heap's own
 * frames; or the label that was set, where one is.
 *
 * Not here: which allocations are sampled (alloc/profiling-malloc.ts), how they are counted (heap/profile.ts).
 */
import { describe } from '../base/describe.ts';
import { mostProfileBuckets, profileTextBytes } from '../heap/profile.ts';
import { specialKind, specialTable } from '../heap/specials.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { refuse } from './arguments.ts';
import { UserArena } from './user-arena.ts';

/** A call on the way to an allocation. */
export interface MemProfileFrame {
  /** The function's name; empty at the top level of a module, and for a function without one. */
  readonly function: string;
  /** As the engine names it: a path, or a URL. */
  readonly file: string;
  /** From 1; 0: not known. */
  readonly line: number;
  readonly column: number;
}

/** What was sampled of objects of one size from one place. Not scaled: see `memProfileRate`. */
export interface MemProfileRecord {
  /** The label that was set; undefined where allocations are told by their call sites. */
  readonly label: string | undefined;
  /** The call site, the innermost call first; empty where there is a label. */
  readonly stack: readonly MemProfileFrame[];
  /** Bytes of an object, those of its size class. */
  readonly size: number;
  readonly allocObjects: number;
  readonly allocBytes: number;
  readonly freeObjects: number;
  readonly freeBytes: number;
  /** Allocated, and not freed yet. */
  readonly inUseObjects: number;
  readonly inUseBytes: number;
}

/** Of a stack so many calls are told, as in Go. */
const mostFrames = 32;
/** What a label's text begins with, which no stack does. */
const labelMark = '\0';
/** How memory is asked for, of a heap and of a user arena. */
const entries = ['malloc', 'new', 'newArray'] as const;

export class MemProfile {
  readonly #runtime: Runtime;
  readonly #heap: object;
  #label: ((bytes: number) => string) | undefined;

  /** @param heap whose calls are not told */
  constructor(runtime: Runtime, heap: object) {
    this.#runtime = runtime;
    this.#heap = heap;
  }

  setLabel(label: string | null): void {
    if (label !== null && typeof label !== 'string')
      refuse('ERR_INVALID_ARGUMENT', `a label is a text, or null, not ${describe(label)}`, label);
    this.#label = label === null ? undefined : () => label;
  }

  /** Labels follow from an object's bytes. The function may not use the heap, nor throw. */
  labelBy(label: (bytes: number) => string): void {
    this.#label = label;
  }

  /** An object was sampled: it is in the profile from now on, if there is room for it. */
  sampled(address: number, bytes: number): void {
    const { special, alloc } = this.#runtime;
    const span = alloc.finder.owner(address)?.span;
    if (span === undefined) return;
    const bucket = special.profile.bucket(new TextEncoder().encode(this.#place(bytes)), bytes);
    if (bucket === 0) return;
    const id = special.specials.add(span, address, specialKind.profile, bucket);
    if (id > 0) special.profile.allocated(bucket);
    else if (id === 0) special.misses.add(special.specials.room.isFull ? 'specials' : 'memory');
  }

  /** What was sampled and is not in the profile, in words. At any moment. */
  missed(): string[] {
    const { special, memory } = this.#runtime;
    return special.misses.list({
      buckets: mostProfileBuckets - 1,
      texts: profileTextBytes,
      specials: memory.meta.rows(specialTable) - 1,
    });
  }

  records(inUseZero: boolean): MemProfileRecord[] {
    return this.#runtime.special.profile
      .all()
      .filter(({ allocs, frees }) => allocs > 0 && (inUseZero || allocs !== frees))
      .map(({ place, size, allocs, frees }) => ({
        label: place.startsWith(labelMark) ? place.slice(labelMark.length) : undefined,
        stack: place.startsWith(labelMark) ? [] : framesOf(place),
        size,
        allocObjects: allocs,
        allocBytes: allocs * size,
        freeObjects: frees,
        freeBytes: frees * size,
        inUseObjects: allocs - frees,
        inUseBytes: (allocs - frees) * size,
      }));
  }

  #place(bytes: number): string {
    return this.#label === undefined ? this.#stack() : labelMark + this.#label(bytes);
  }

  /** The calls that lead to the heap, a line each. */
  #stack(): string {
    const { stackTraceLimit, prepareStackTrace } = Error;
    try {
      Error.stackTraceLimit = mostFrames;
      // As the engine writes it, not as somebody has asked for.
      Reflect.set(Error, 'prepareStackTrace', undefined);
      for (const asked of [this.#heap, UserArena.prototype])
        for (const entry of entries) {
          const holder: { stack?: string } = {};
          // Everything above that call is left out; all, if it was not called.
          Error.captureStackTrace(holder, Reflect.get(asked, entry) as () => void);
          const lines = (holder.stack ?? '').split('\n').slice(1);
          if (lines.length > 0) return lines.map((line) => line.trim()).join('\n');
        }
      return '';
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
    }
  }
}

/** `at name (file:line:column)`, or without a name and brackets. */
const framePattern = /^at (?:(?:async )?(.*) \()?(?:(.+):(\d+):(\d+)|([^()]*))\)?$/;

function framesOf(stack: string): MemProfileFrame[] {
  return stack
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', file, at = '0', column = '0', other = ''] = framePattern.exec(line) ?? [];
      // `Object.run [as walk]`: what it was called as is no matter.
      const called = name.replace(/ \[as .*\]$/, '');
      return { function: called, file: file ?? other, line: Number(at), column: Number(column) };
    });
}
