/**
 * What a run file tells of a heap's options: their values, and which of them are other than Go's.
 *
 * Not here: the declarations (design.ts, tuning.ts, parts.ts, options.ts).
 */
import { saidNameOfClass } from '../base/describe.ts';
import { designOptions, generations } from './design.ts';
import { recordedIn } from './option.ts';
import { heapOptions, type ResolvedOptions } from './options.ts';
import { partNames, partOptions } from './parts.ts';
import { tunedNames } from './tuning.ts';

/** What of its options a run file tells: a custom page heap by the name of its class. */
export function recordedOptions(resolved: ResolvedOptions): Record<string, unknown> {
  const { design, parts, gctrace, collectTwice, scavtrace } = resolved;
  const pageHeap =
    design.pageHeapClass === undefined ? design.pageHeap : saidNameOfClass(design.pageHeapClass);
  return {
    ...recordedIn('options', designOptions, { ...design, pageHeap }),
    // What is Go's is not told: files of earlier versions had no other.
    ...Object.fromEntries(tunedNames(resolved).map((name) => [name, resolved[name]])),
    ...partNames(parts),
    ...recordedIn('options', heapOptions, { ...resolved }),
    gctrace,
    ...(collectTwice ? { collectTwice } : {}),
    scavtrace,
  };
}

/** The names of the options, as a record has them. A page heap of the user's is one that no design has. */
export function otherThanGo(recorded: Readonly<Record<string, unknown>>): string[] {
  const { pageHeap } = recorded;
  return [
    ...(pageHeap === undefined || (generations as readonly unknown[]).includes(pageHeap) ? [] : ['pageHeap']),
    ...tunedNames(recorded),
    ...Object.keys(partOptions).filter((name) => recorded[name] !== undefined),
  ];
}
