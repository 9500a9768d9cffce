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
  /**
   * Bytes asked for and not freed: the most at once, and at the end; objects at the end. Null, as frees and reallocations,
   * where only the heap finds out what dies.
   */
  readonly peakLiveBytes: number | null;
  readonly liveBytes: number | null;
  readonly liveObjects: number | null;
  readonly allocations: number;
  readonly frees: number | null;
  readonly reallocations: number | null;
  /** HeapSys at its most, bytes; null where no sample tells. */
  readonly heapBytes: number | null;
  /** `peakLiveBytes` over `heapBytes`; null where one of them is not known. */
  readonly utilisation: number | null;
}

const numberOf = (value: RunValue | undefined): number | null => (typeof value === 'number' ? value : null);

/** Undefined for a run that did not come to its end, which is where it is written. */
export function payloadOf({ samples, end }: RunData): Payload | undefined {
  const { summary = {}, trace = {} } = end ?? {};
  const peakLiveBytes = numberOf(summary.peakLiveBytes);
  const allocations = numberOf(trace.allocs);
  if (peakLiveBytes === null && allocations === null) return undefined;
  const known = (n: RunValue | undefined): number | null =>
    peakLiveBytes === null ? null : (numberOf(n) ?? 0);
  const most = samples.reduce((m, { sys = 0 }) => Math.max(m, sys), 0);
  const heapBytes = most > 0 ? most : null;
  return {
    peakLiveBytes,
    liveBytes: numberOf(summary.liveBytes),
    liveObjects: numberOf(summary.liveObjects),
    allocations: allocations ?? 0,
    frees: known(trace.frees),
    reallocations: known(trace.reallocs),
    heapBytes,
    utilisation: heapBytes === null || peakLiveBytes === null ? null : peakLiveBytes / heapBytes,
  };
}
