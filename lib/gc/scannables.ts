/** What a cycle might have to scan, as the pacer asks for it: the heap's part stands still while a cycle runs. */
import type { counterTable } from '../heap/counters.ts';
import type { Views } from '../meta/column.ts';
import type { Scannable } from './concurrent-pacer.ts';
import type { RootCounters } from './roots.ts';
import type { RunningCycle } from './running-cycle.ts';

export class Scannables implements Scannable {
  readonly #counters: Views<typeof counterTable>;
  readonly #running: RunningCycle;
  readonly #roots: RootCounters;

  constructor(counters: Views<typeof counterTable>, running: RunningCycle, roots: RootCounters) {
    this.#counters = counters;
    this.#running = running;
    this.#roots = roots;
  }

  get heap(): number {
    return this.#running.isRunning[0] !== 0 ? this.#running.heapScan[0] : this.#counters.heapScan[0];
  }

  get stacks(): number {
    return this.#roots.stackBytes;
  }

  get globals(): number {
    return this.#roots.handleBytes;
  }
}
