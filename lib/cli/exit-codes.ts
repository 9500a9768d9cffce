/**
 * What the command's exit code says, and which error leads to which. Documented in every --help.
 */
import { type ErrorCode, PageHeapError } from '../base/errors.ts';

export const exitCodes = {
  ok: 0,
  /** The work failed, or did not come out as expected. */
  failed: 1,
  /** The command line, the environment or an input file is wrong. */
  usage: 2,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;

export const exitCodesHelp = `Exit codes:
  0    done
  1    failed: a mismatch, no memory, a machine that cannot do it
  2    usage: a wrong option, environment variable or input file
  130  interrupted by Ctrl-C`;

/** The codes of mistakes in what the user gave, as against work that failed. */
const usageErrors: ReadonlySet<ErrorCode> = new Set([
  'ERR_INVALID_ARGUMENT',
  'ERR_INVALID_OPTION',
  'ERR_INCOMPATIBLE_OPTIONS',
  'ERR_WRONG_GENERATION',
  'ERR_TRACE',
  'ERR_RUN_FILE',
  'ERR_GOLDEN',
  'ERR_FILE',
]);

export function exitCodeOf(error: unknown): number {
  return error instanceof PageHeapError && usageErrors.has(error.code) ? exitCodes.usage : exitCodes.failed;
}
