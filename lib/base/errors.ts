/**
 * Errors: the three ways in which things fail, and what each leaves behind.
 *
 * 1. The caller's mistake, or memory that is out: a `PageHeapError` with a stable `code`. The heap
 *    is as it was before the call and stays usable.
 * 2. Exhaustion inside a layer: not an exception but a result (−1, 0 or false), turned into
 *    `ERR_OUT_OF_MEMORY` where the call entered the library.
 * 3. A broken invariant: `fatal`, with a constant message and the numbers that show the state. The
 *    heap is not to be trusted afterwards, so a `FatalError` is no `PageHeapError`.
 *
 * Not here: crashes by SIGSEGV, which the addon's crash report describes.
 */

/** Every code a `PageHeapError` can have. Programs compare these; messages may change. */
export type ErrorCode =
  | 'ERR_INVALID_SIZE' // a size that is not an integer from 0 to the address space
  | 'ERR_INVALID_ARGUMENT' // any other argument of the wrong type or range
  | 'ERR_INVALID_OPTION' // an option, flag or environment variable that is malformed
  | 'ERR_INCOMPATIBLE_OPTIONS' // options each sound alone that make no sense together
  | 'ERR_INVALID_ADDRESS' // not a number, or not an address of this heap
  | 'ERR_INTERIOR_ADDRESS' // inside an object, where its first byte was asked for
  | 'ERR_NOT_ALLOCATED' // in the heap, but no object is there (any more), or it cannot be told (within a block of tiny objects)
  | 'ERR_ALREADY_DROPPED' // dropped before and not yet swept
  | 'ERR_FINALIZER_SET' // the object has a finalizer already
  | 'ERR_NOT_PINNED' // unpinned more often than pinned
  | 'ERR_WRONG_LIVENESS' // a call that the heap's kind of liveness does not have
  | 'ERR_WRONG_GENERATION' // a mechanism that the heap's design does not have
  | 'ERR_ARENA_FREED' // the user arena was freed: its objects are gone
  | 'ERR_OUT_OF_RANGE' // a view or access beyond the object
  | 'ERR_OUT_OF_MEMORY' // the system gave no memory
  | 'ERR_FAULT' // the memory is not there to be read or written (EFAULT)
  | 'ERR_DISPOSED' // the heap was disposed
  | 'ERR_REENTRANT' // called from the heap's own clock, page heap or policy, in the middle of an operation
  | 'ERR_CLOCK' // the clock that was given threw, or answered no time
  | 'ERR_IN_USE' // others are attached to this heap
  | 'ERR_NOT_SHARED' // attach without share
  | 'ERR_INCOMPATIBLE_HEAP' // no heap at that handle, or one of another version
  | 'ERR_OWNER_DEAD' // a thread ended while it held the heap's lock
  | 'ERR_NO_P' // all Ps are held
  | 'ERR_PAGE_HEAP' // a custom page heap threw, or answered against the contract
  | 'ERR_POLICY' // another part that was brought (a policy) threw, or answered against its contract
  | 'ERR_SYSTEM' // a system call failed in a way that has no code of its own
  | 'ERR_ADDON' // the native addon is missing or does not fit
  | 'ERR_TRACE' // a malformed trace file; has file and line
  | 'ERR_RUN_FILE' // a malformed run file; has file and line
  | 'ERR_GOLDEN' // a malformed golden trace; has file and line
  | 'ERR_FILE'; // a file could not be opened, read or written

export interface ErrorDetail {
  /** The offending value, as given. */
  readonly value?: unknown;
  /** The option that is at fault, by its name in the library; the message then begins with `option NAME: `. */
  readonly option?: string;
  /** The file that holds the mistake. */
  readonly file?: string;
  /** The line of that file, counted from 1. */
  readonly line?: number;
  /** The errno of the system call that failed. */
  readonly errno?: number;
  /** The system call that failed. */
  readonly syscall?: string;
  readonly cause?: unknown;
}

/** What JSON has a form for as it is, all else in a word or two: this file imports nothing, since everything loads it. */
function inJson(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return `${value}n`;
    case 'symbol':
      return value.toString();
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? null : 'an object';
    default:
      return value;
  }
}

/** A mistake of the caller, or memory that is out. `code` is stable. */
export class PageHeapError extends Error {
  override readonly name = 'PageHeapError';
  readonly code: ErrorCode;
  readonly value: unknown;
  /** The option that is at fault, by its name in the library. */
  readonly option: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    const place =
      detail.file === undefined
        ? ''
        : `${detail.file}:${detail.line ?? ''}${detail.line === undefined ? '' : ':'} `;
    super(`${place}${message}`, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.value = detail.value;
    this.option = detail.option;
    this.file = detail.file;
    this.line = detail.line;
    this.errno = detail.errno;
    this.syscall = detail.syscall;
  }

  /** For who logs in JSON: all that it tells but the stack. A value that JSON has no form for, as a bigint, is described. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, value, option, file, line, errno, syscall } = this;
    return { name, message, code, value: inJson(value), option, file, line, errno, syscall };
  }
}

/** A broken invariant of the heap itself. What it holds can no longer be trusted. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
  /** The numbers that show the broken state, by name. */
  readonly state: Readonly<Record<string, number | string>>;

  constructor(message: string, state: Readonly<Record<string, number | string>>, lines: readonly string[]) {
    super([`fatal: ${message} ${JSON.stringify(state)}`, ...lines].join('\n'));
    this.state = state;
  }
}

/**
 * Stops: an invariant is broken. The message is a constant, so that it can be searched for.
 * @param lines what there is to show besides, a few hundred lines at most
 */
export function fatal(
  message: string,
  state: Readonly<Record<string, number | string>> = {},
  lines: readonly string[] = [],
): never {
  throw new FatalError(message, state, lines);
}
