/** The files that a heap writes of itself while it works: by its options, and by GODEBUG where the design had them. */
import type { Design } from './design.ts';
import type { EnvironmentOptions } from './environment.ts';

export interface TraceFiles {
  /** Where allocations and frees are told: a file, '' for standard error; undefined: nowhere. */
  readonly allocFreeTrace: string | undefined;
  /** The file of the page trace. */
  readonly pageTrace: string | undefined;
}

/** Where they are to go. The Go runtime had allocfreetrace until 1.22, and got pagetrace with 1.20. */
export function traceFilesOf(
  asked: { readonly allocFreeTrace?: string | undefined; readonly pageTrace?: string | undefined },
  environment: EnvironmentOptions | undefined,
  { generation }: Design,
  warn: (text: string) => void,
): TraceFiles {
  const isOfDesign = generation === 'radix';
  const wantsAllocs = (environment?.debug.allocfreetrace ?? 0) > 0;
  const pages = environment?.pageTrace;
  if (pages !== undefined && !isOfDesign)
    warn('GODEBUG: pagetrace is of the design of 2023; the option pageTrace serves all');
  return {
    allocFreeTrace: asked.allocFreeTrace ?? (wantsAllocs ? '' : undefined),
    pageTrace: asked.pageTrace ?? (isOfDesign ? pages : undefined),
  };
}
