/**
 * A run in a process of its own, on a heap of here or on an allocator of others.
 */
import { libraryPath, moduleExtension } from '../../base/package-files.ts';
import { type ForkHooks, forkRun, processFor } from '../run/fork-run.ts';
import type { RunOptions, RunResult } from '../run/run-options.ts';

const entry = libraryPath(`lab/contenders/contender-child${moduleExtension}`);

/** @throws PageHeapError as `forkRun` */
export function forkAny(options: RunOptions, hooks: ForkHooks = {}): Promise<RunResult> {
  if (options.contender === undefined) return forkRun(options, hooks);
  return forkRun(options, hooks, processFor(options.trace, entry));
}
