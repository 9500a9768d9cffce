import { describe, expect, it } from 'vitest';
import { threadCpuClock } from '../../lib/os/clock.ts';
import { parseSchedStat, SchedStat } from '../../lib/os/sched-stat.ts';

function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe("the scheduler's account", () => {
  it.each([
    ['1021781 68919 2\n', { ran: 1021781, waited: 68919 }],
    ['0 0 0\n', { ran: 0, waited: 0 }],
    ['', undefined],
    ['schedstat is off', undefined],
    ['12\n', undefined],
  ])('%j', (text, wanted) => expect(parseSchedStat(text)).toEqual(wanted));

  it('grows with the work, where the kernel keeps one', () => {
    const account = new SchedStat();
    const before = account.read();
    let after = account.read();
    if (before !== undefined && after !== undefined) {
      // A virtual machine may have no CPU for a while, and its kernel does not count that.
      for (let i = 0; i < 300 && after!.ran + after!.waited - before.ran - before.waited < 20e6; i++) {
        work(10);
        after = account.read();
      }
      expect(after!.ran + after!.waited - before.ran - before.waited).toBeGreaterThan(20e6);
    } else {
      expect([before, after]).toEqual([undefined, undefined]);
    }
    account.close();
    account.close();
    expect(account.read()).toBeUndefined();
  });

  it('is not known where there is none', () => {
    const account = new SchedStat('/proc/none');
    expect(account.read()).toBeUndefined();
    account.close();
  });
});

describe('the CPU time of a thread', () => {
  it('grows while it works and stands still while it sleeps', () => {
    const begin = threadCpuClock.now();
    work(20);
    const worked = threadCpuClock.now();
    expect(worked - begin).toBeGreaterThan(1e6);
    // Asleep as a thread: a timer would let others of its process work on it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    expect(threadCpuClock.now() - worked).toBeLessThan(40e6);
  });
});
