/**
 * The calls that change address space, counted: how often, over how many bytes, how long, how many refused.
 */

/** The counted calls, in the order of their slots. */
export const sysCalls = [
  'reserve',
  'map',
  'alloc',
  'commit',
  'used',
  'unused',
  'fault',
  'free',
  'hugePage',
  'noHugePage',
  'collapse',
] as const;
export type SysCall = (typeof sysCalls)[number];

/** What one kind of call came to. `failures` are in `calls` too; `ns` is 0 unless times are taken. */
export interface CallStats {
  readonly calls: number;
  readonly bytes: number;
  readonly ns: number;
  readonly failures: number;
}

const width = 4;
const slots = new Map<SysCall, number>(sysCalls.map((call, i) => [call, i * width]));

export class CallCounts {
  /** calls, bytes, ns, failures of each call in turn. */
  readonly #counts = new Float64Array(sysCalls.length * width);

  add(call: SysCall, bytes: number, ns: number, failed: boolean): void {
    this.addAt(CallCounts.slotOf(call), bytes, ns, failed);
  }

  /** As `add`, for a call whose slot is known. */
  addAt(slot: number, bytes: number, ns: number, failed: boolean): void {
    const counts = this.#counts;
    counts[slot]! += 1;
    counts[slot + 1]! += bytes;
    counts[slot + 2]! += ns;
    if (failed) counts[slot + 3]! += 1;
  }

  /** One that was added as granted was refused. */
  failedAt(slot: number): void {
    this.#counts[slot + 3]! += 1;
  }

  statsOf(call: SysCall): CallStats {
    const slot = CallCounts.slotOf(call);
    const [calls, bytes, ns, failures] = this.#counts.subarray(slot, slot + width);
    return { calls: calls!, bytes: bytes!, ns: ns!, failures: failures! };
  }

  stats(): Record<SysCall, CallStats> {
    const stats = sysCalls.map((call) => [call, this.statsOf(call)]);
    return Object.fromEntries(stats) as Record<SysCall, CallStats>;
  }

  static slotOf(call: SysCall): number {
    return slots.get(call)!;
  }
}
