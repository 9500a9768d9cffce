/**
 * Telling of scavenging: events, and the lines of the heap's generation, which are formatted only when somebody
 * listens.
 *
 * Not here: the formats (scavtrace.ts, scvgtrace.ts).
 */
import type { Watch } from '../gc/events.ts';
import type { HeapState } from '../heap/heap-state.ts';
import { formatScavTrace } from './scavtrace.ts';
import { formatScvgTrace } from './scvgtrace.ts';

export class ScavengeTrace {
  readonly #state: HeapState;
  readonly #watch: Watch;
  readonly #stacksInUse: boolean;

  /** @param stacksInUse scvg lines count stacks as in use: in 2014 they are spans like any other */
  constructor(state: HeapState, watch: Watch, stacksInUse: boolean) {
    this.#state = state;
    this.#watch = watch;
    this.#stacksInUse = stacksInUse;
  }

  /** Memory was released, and no line is due. */
  released(by: 'bg' | 'eager', bytes: number): void {
    this.#tell(by, bytes, '');
  }

  /** A sweep ended: the scavtrace line of what was released since the one before. */
  sweepDrained(background: number, eager: number, controllerReset: boolean): void {
    if (this.#listens(this.#watch.scavtrace))
      this.#tellLine(
        'bg',
        0,
        this.#scavLine(background, eager, false, controllerReset),
        this.#watch.scavtrace,
      );
  }

  /** Everything was released: the scavtrace line that says so. */
  forced(bytes: number): void {
    if (this.#listens(this.#watch.scavtrace))
      this.#tellLine('forced', bytes, this.#scavLine(0, bytes, true, false), this.#watch.scavtrace);
  }

  /** A round by age, or everything by force: its scvg lines. @param round its number, −1 for a forced one */
  round(by: 'bg' | 'forced', round: number, releasedNow: number): void {
    if (this.#listens(this.#watch.gctrace))
      this.#tellLine(by, releasedNow, this.#scvgLines(round, releasedNow), this.#watch.gctrace);
  }

  #listens(prints: boolean): boolean {
    return prints || this.#watch.onEvent !== undefined;
  }

  #tellLine(by: 'bg' | 'forced', bytes: number, line: string, print: boolean): void {
    if (print) process.stderr.write(`${line}\n`);
    this.#tell(by, bytes, line);
  }

  #tell(by: 'bg' | 'eager' | 'forced', bytes: number, line: string): void {
    const { onEvent, clock } = this.#watch;
    onEvent?.({ kind: 'scav', by, at: clock.now(), bytes, line });
  }

  #scavLine(background: number, eager: number, forced: boolean, controllerReset: boolean): string {
    const { counters } = this.#state;
    return formatScavTrace({
      releasedBackground: background,
      releasedEager: eager,
      heapReleased: counters.heapReleased[0],
      heapInUse: counters.heapInUse[0],
      heapFree: counters.heapFree[0],
      forced,
      controllerReset,
    });
  }

  #scvgLines(round: number, releasedNow: number): string {
    const { counters } = this.#state;
    const [free, released] = [counters.heapFree[0], counters.heapReleased[0]];
    const inUse = counters.heapInUse[0] + (this.#stacksInUse ? counters.inStacks[0] : 0);
    return formatScvgTrace({
      round,
      releasedNow,
      inUse,
      idle: free + released,
      sys: inUse + free + released,
      released,
    });
  }
}
