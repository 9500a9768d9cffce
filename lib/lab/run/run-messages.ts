/**
 * What a run's process and the one that started it tell each other, and how an error crosses.
 *
 * Messages go by the structured clone, so that Infinity stays Infinity.
 */
import { type ErrorCode, PageHeapError } from '../../base/errors.ts';
import { rootErrorOf, stackOf } from '../../base/thrown.ts';
import type { PageSnapshot } from './map-moments.ts';
import type { RunOptions, RunProgress, RunResult } from './run-options.ts';
import type { Command, SteerState } from './steering.ts';

export type ToChild =
  | { readonly kind: 'start'; readonly options: RunOptions }
  | { readonly kind: 'stop' }
  | { readonly kind: 'look'; readonly id: number }
  | { readonly kind: 'steer'; readonly id: number; readonly command: Command | undefined };

/** What comes of a look, or of steering. */
export type Answer<T> = { readonly id: number } & ({ readonly value: T } | { readonly error: PackedError });

export type FromChild =
  | ({ readonly kind: 'looked' } & Answer<LookedPages | undefined>)
  | ({ readonly kind: 'steered' } & Answer<SteerState>)
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | { readonly kind: 'done'; readonly result: RunResult }
  | { readonly kind: 'error'; readonly error: PackedError };

/** The pages of a run as they were just now, and the nanoseconds of CPU time that it took to look. */
export interface LookedPages extends Omit<PageSnapshot, 'classes'> {
  readonly costNs: number;
  /** Bytes of a physical page. */
  readonly physicalPage: number;
}

/** An error as plain data. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** The stack of what caused it: where a custom page heap threw. */
  readonly causeStack: string | undefined;
  readonly code: ErrorCode | undefined;
  /** Where it is a word or a number: a class cannot be sent. */
  readonly value: string | number | undefined;
  readonly option: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
}

const isSimple = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

export function packError(error: unknown): PackedError {
  const known = error instanceof PageHeapError ? error : undefined;
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    name,
    message,
    stack,
    causeStack: stackOf(rootErrorOf(known?.cause)),
    code: known?.code,
    value: isSimple(known?.value) ? known.value : undefined,
    option: known?.option,
    file: known?.file,
    line: known?.line,
    errno: known?.errno,
    syscall: known?.syscall,
  };
}

export function unpackError(packed: PackedError): Error {
  const { code, value, option, file, line, errno, syscall, message, name, stack, causeStack } = packed;
  if (code === undefined) {
    const error = new Error(message);
    error.name = name;
    if (stack !== undefined) error.stack = stack;
    return error;
  }
  const cause = new Error();
  if (causeStack !== undefined) cause.stack = causeStack;
  // The constructor puts the place before the message again.
  const place = file === undefined ? '' : line === undefined ? `${file}: ` : `${file}:${line}: `;
  return new PageHeapError(code, message.startsWith(place) ? message.slice(place.length) : message, {
    value,
    ...(option === undefined ? {} : { option }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(errno === undefined ? {} : { errno }),
    ...(syscall === undefined ? {} : { syscall }),
    ...(causeStack === undefined ? {} : { cause }),
  });
}
