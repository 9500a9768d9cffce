/**
 * The journal: what the process of the suite leaves about what it does, for the one that started it.
 *
 * Lines of JSON in a pipe, each written before its call goes on: so everything that happened is there, whatever then
 * becomes of the process. The other end keeps reading, or the writer waits. Where nobody reads any more the writer
 * has nothing to live for.
 *
 * Beside it lies a count of the calls, which another thread looks at (suite-watch-worker.ts).
 */
import { writeSync } from 'node:fs';
import type { ErrorCode } from '../../base/errors.ts';
import { innerFunction } from '../../base/function-place.ts';
import type { Outcome } from './outcomes.ts';
import type { RandomRunOptions } from './random-run.ts';

/** The pipe's number in the process of the suite. */
export const journalFd = 3;

/** What a process of the suite is asked for. */
export interface SuiteRequest {
  readonly subject: string;
  /** The option that the module is for, where that is not the page heap. */
  readonly part?: string;
  readonly random: RandomRunOptions;
  /** The first check that is made. */
  readonly from: number;
  /** Seconds that a call may take. */
  readonly timeout: number;
}

export type JournalLine =
  /** The module is loaded: the name of its class, and the checks. */
  | { readonly k: 'loaded'; readonly name: string; readonly checks: readonly string[] }
  /** There is nothing to check: an error of the module or of the options. */
  | { readonly k: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** The module ended the process while it was loaded. */
  | { readonly k: 'exits'; readonly code: number }
  /** One can be made. */
  | { readonly k: 'made'; readonly roundsUp: boolean }
  /** A check begins; its number. That of making one at all is −1. */
  | { readonly k: 'check'; readonly i: number }
  /** A check has ended. */
  | { readonly k: 'outcome'; readonly outcome: Outcome }
  /** A page heap is made. */
  | { readonly k: 'new' }
  /** A call of it begins. */
  | { readonly k: 'call'; readonly call: string }
  /** What goes on has gone on for too long, at these places. */
  | { readonly k: 'stuck'; readonly at: readonly string[] }
  /** All checks were made. */
  | { readonly k: 'end' };

export function writeJournal(line: JournalLine): void {
  try {
    const text = Buffer.from(`${JSON.stringify(line)}\n`);
    for (let at = 0; at < text.length; ) at += writeSync(journalFd, text, at);
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Calls that only look: told by the call they come after. */
const looks: ReadonlySet<string> = new Set(['check', 'stats', 'forEachFree', 'releasableAt', 'roundUp']);

const argumentsOf = (args: readonly unknown[]): string =>
  args
    .filter((arg) => typeof arg === 'number' || typeof arg === 'boolean')
    .map(String)
    .join(' ');

/** A class whose calls are journalled. @param count goes up with every call */
export function journalled<T extends object, C extends new (host: never) => T>(
  kind: C,
  count: Int32Array,
): C {
  const tell = (line: JournalLine): void => {
    count[0] = ((count[0] ?? 0) + 1) | 0;
    writeJournal(line);
  };
  const watch = (heap: T): T => {
    const methods = new Map<unknown, unknown>();
    return new Proxy({} as T, {
      get(_target, name) {
        const member: unknown = Reflect.get(heap, name, heap);
        if (typeof member !== 'function') return member;
        const known = methods.get(member);
        if (known !== undefined) return known;
        const word = String(name);
        const method = (...args: unknown[]): unknown => {
          tell({ k: 'call', call: looks.has(word) ? `${word}()` : `${word} ${argumentsOf(args)}`.trim() });
          return Reflect.apply(member, heap, args);
        };
        // Who wants to know where it stands means the class's own.
        Object.defineProperty(method, innerFunction, { value: member });
        methods.set(member, method);
        return method;
      },
    });
  };
  return new Proxy(kind, {
    construct(target, args) {
      tell({ k: 'new' });
      const made: unknown = Reflect.construct(target, args);
      return watch(made as T);
    },
  });
}
