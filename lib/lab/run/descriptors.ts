/**
 * Paths of open descriptors, for another process: `/dev/fd/7` is another file there, or none, or a pipe of its own. So such
 * a path is told with the process that means it.
 *
 * Standard input, output and error are the same in a run's process, and stay as they are.
 */
import type { RunOptions } from './run-options.ts';

const descriptor = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

/** The same file for a process that this one starts. */
export function forChild(path: string): string {
  const n = Number(descriptor.exec(path)?.[1] ?? 0);
  return n <= 2 ? path : `/proc/${process.pid}/fd/${n}`;
}

/** Options of a run, for the process that makes it. */
export function optionsForChild(options: RunOptions): RunOptions {
  const { trace, heapDump, heap } = options;
  const { allocFreeTrace, pageTrace } = heap ?? {};
  return {
    ...options,
    ...(trace === undefined ? {} : { trace: forChild(trace) }),
    ...(heapDump === undefined ? {} : { heapDump: forChild(heapDump) }),
    ...(heap === undefined
      ? {}
      : {
          heap: {
            ...heap,
            ...(allocFreeTrace === undefined ? {} : { allocFreeTrace: forChild(allocFreeTrace) }),
            ...(pageTrace === undefined ? {} : { pageTrace: forChild(pageTrace) }),
          },
        }),
  };
}
