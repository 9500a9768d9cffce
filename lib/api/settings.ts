/**
 * Settings that can be changed while a heap works: GC percent and memory limit. What they pace is paced anew. And a
 * collection on demand.
 */
import { whyNoLimit } from '../design/refusals.ts';
import { noMemoryLimit } from '../gc/gc-settings.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { refuse, refuseMemory } from './arguments.ts';

/** @returns the previous one @throws ERR_INVALID_ARGUMENT */
export function setGCPercent({ gc }: Runtime, percent: number): number {
  const previous = gc.settings.setGCPercent(percent);
  gc.collector.repace();
  return previous;
}

/** @returns the previous one @throws ERR_INVALID_ARGUMENT, also where the design knows no limit */
export function setMemoryLimit({ gc, memory }: Runtime, limit: number): number {
  const isSet = typeof limit === 'number' && limit >= 0;
  const unlimited = whyNoLimit(memory.design);
  if (isSet && limit < noMemoryLimit && unlimited !== undefined)
    refuse('ERR_INVALID_ARGUMENT', unlimited, limit);
  const previous = gc.settings.setMemoryLimit(limit);
  if (isSet) gc.collector.repace();
  return previous;
}

/** A whole collection and its sweep. @throws ERR_OUT_OF_MEMORY */
export function collectFully(runtime: Runtime): void {
  if (!runtime.gc.collector.collectFully()) refuseMemory(runtime, 'no memory to collect', 0);
}
