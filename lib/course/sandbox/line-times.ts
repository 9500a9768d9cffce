/**
 * How long each line of a hand-in takes: processor time of this process between two tellings of the counter (prelude.ts). It differs from
 * machine to machine, so it is for telling where the time went, after it was too much.
 */
import type { LineUnits } from './protocol.ts';

/** Milliseconds of a processor that this process has used. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export class LineTimes {
  readonly #lines = new Map<number, number>();
  readonly #end: number;
  #last = usedMs();

  constructor(seconds: number) {
    this.#end = this.#last + 1000 * seconds;
  }

  /** What passed until now was at this line. @returns whether time is up */
  passed(line: number): boolean {
    const now = usedMs();
    this.#lines.set(line, (this.#lines.get(line) ?? 0) + now - this.#last);
    this.#last = now;
    return now > this.#end;
  }

  told(): LineUnits[] {
    return [...this.#lines];
  }
}
