/**
 * The payload beside the heap: what the program asked for, whatever the heap made of it.
 *
 * It is the same for every heap that one program runs on. Utilisation is what courses call so: the most payload that
 * was alive at once over the heap's high-water mark. That mark is HeapSys, which never falls, so that the
 * last sample has it exactly, however short the peak was.
 */
import type { RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';

export interface Payload {
  /** Bytes asked for and not freed: the most at once, and at the end; objects at the end. */
  readonly peakLiveBytes: number;
  readonly liveBytes: number | null;
  readonly liveObjects: number | null;
  readonly allocations: number;
  readonly frees: number;
  readonly reallocations: number;
  /** HeapSys at its most, bytes; null where no sample tells. */
  readonly heapBytes: number | null;
  /** `peakLiveBytes` over `heapBytes`; null where there is no heap. */
  readonly utilisation: number | null;
}

const numberOf = (value: RunValue | undefined): number | null => (typeof value === 'number' ? value : null);

/** Undefined for a run that did not come to its end, which is where it is written. */
export function payloadOf({ samples, end }: RunData): Payload | undefined {
  const { summary = {}, trace = {} } = end ?? {};
  const peakLiveBytes = numberOf(summary.peakLiveBytes);
  if (peakLiveBytes === null) return undefined;
  const most = samples.reduce((m, { sys = 0 }) => Math.max(m, sys), 0);
  const heapBytes = most > 0 ? most : null;
  return {
    peakLiveBytes,
    liveBytes: numberOf(summary.liveBytes),
    liveObjects: numberOf(summary.liveObjects),
    allocations: numberOf(trace.allocs) ?? 0,
    frees: numberOf(trace.frees) ?? 0,
    reallocations: numberOf(trace.reallocs) ?? 0,
    heapBytes,
    utilisation: heapBytes === null ? null : peakLiveBytes / heapBytes,
  };
}
