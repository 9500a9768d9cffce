/** Time that passes only where it is told to: by sleeping, and a little in each turn. */
import type { Turns } from '../../../lib/lab/run/pacing.ts';

export class FakeTurns implements Turns {
  ms = 1000;
  turns = 0;
  readonly sleeps: number[] = [];

  now(): number {
    return this.ms;
  }

  async turn(): Promise<void> {
    this.turns++;
    this.ms += 0.01;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    // As real timers, never early.
    this.ms += ms + 0.05;
  }
}
