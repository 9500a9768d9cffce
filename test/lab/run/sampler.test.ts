import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import type { RunSample } from '../../../lib/lab/record/lines.ts';
import { type KernelCounts, Sampler } from '../../../lib/lab/run/sampler.ts';
import { FakeHeap } from '../support/fake-heap.ts';

class FakeKernel implements KernelCounts {
  close = 0;
  minor = 100;

  residentBytes(): number {
    return 4096;
  }

  mappedUse(): ReturnType<KernelCounts['mappedUse']> {
    this.close++;
    return { rss: 1, pss: 1, lazyFree: 8192, anonHugePages: 0, swap: 0, mappings: 1, partial: 0 };
  }

  mappingCount(): number {
    return 7;
  }

  processMemory(): ReturnType<KernelCounts['processMemory']> {
    return { size: 3, resident: 2, shared: 1 };
  }

  faults(): ReturnType<KernelCounts['faults']> {
    return { minor: this.minor++, major: 0 };
  }

  ran = 1000;
  waited = 50;

  cpu(): ReturnType<KernelCounts['cpu']> {
    this.ran += 10;
    this.waited += 1;
    return { ran: this.ran, waited: this.waited };
  }
}

class RangedHeap extends FakeHeap {
  override ranges(): readonly { base: number; bytes: number }[] {
    return [{ base: 4096, bytes: 8192 }];
  }
}

function setUp(withSmaps: boolean): {
  sampler: Sampler;
  samples: RunSample[];
  kernel: FakeKernel;
  errors: unknown[];
} {
  const samples: RunSample[] = [];
  const errors: unknown[] = [];
  const kernel = new FakeKernel();
  const begin = Date.now();
  const sampler = new Sampler({
    heap: new RangedHeap(),
    kernel,
    beatMs: 100,
    withSmaps: () => withSmaps,
    elapsed: () => Date.now() - begin,
    state: () => ({ phase: 'replay', ops: 5 }),
    onSample: (sample) => samples.push(sample),
    onError: (error) => errors.push(error),
  });
  return { sampler, samples, kernel, errors };
}

describe('the sampler', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
  afterEach(() => vi.useRealTimers());

  it('samples on a fixed beat, at once the first time', () => {
    const { sampler, samples } = setUp(false);
    sampler.start();
    vi.advanceTimersByTime(550);
    sampler.stop();
    vi.advanceTimersByTime(500);
    expect(samples.map((s) => s.t)).toEqual([0, 100, 200, 300, 400, 500]);
    expect([sampler.samples, sampler.missed, sampler.last]).toEqual([6, 0, samples[5]]);
    expect(samples[0]).toMatchObject({
      k: 's',
      phase: 'replay',
      ops: 5,
      rss: 4096,
      prss: 2,
      goal: null,
      limit: null,
      minflt: 1,
      missed: 0,
    });
    expect(samples.every((s) => (s.cost ?? 0) > 0)).toBe(true);
  });

  it('has no beats while the run’s time stands still, misses none, and follows it when it goes faster', () => {
    const samples: RunSample[] = [];
    let [stands, speed, since, at] = [false, 1, Date.now(), 0];
    const elapsed = (): number => at + (stands ? 0 : (Date.now() - since) * speed);
    const go = (to: { stands: boolean; speed: number }): void => {
      at = elapsed();
      since = Date.now();
      ({ stands, speed } = to);
      sampler.follow();
    };
    const sampler = new Sampler({
      ...{ heap: new RangedHeap(), kernel: new FakeKernel(), beatMs: 100, withSmaps: () => false, elapsed },
      state: () => ({ phase: 'replay', ops: 5, speed }),
      onSample: (sample) => samples.push(sample),
      onError: (error) => {
        throw error;
      },
    });
    sampler.start();
    vi.advanceTimersByTime(250);
    go({ stands: true, speed: 1 });
    vi.advanceTimersByTime(60_000);
    expect(samples.map(({ t }) => t)).toEqual([0, 100, 200]);
    go({ stands: false, speed: 1 });
    vi.advanceTimersByTime(100);
    expect(samples.length).toBe(4);
    go({ stands: false, speed: 8 });
    vi.advanceTimersByTime(1000);
    sampler.stop();
    expect(samples.length).toBeGreaterThan(75);
    expect(sampler.missed).toBe(0);
  });

  it('counts the beats it missed and keeps to the beat', () => {
    const { sampler, samples } = setUp(false);
    sampler.start();
    vi.advanceTimersByTime(150);
    // Something holds the event loop until 470 ms.
    vi.setSystemTime(Date.now() + 320);
    vi.advanceTimersByTime(30);
    vi.advanceTimersByTime(250);
    expect(sampler.missed).toBeGreaterThanOrEqual(2);
    const last = samples[samples.length - 1];
    expect(last.t % 100).toBe(0);
    expect(last.missed).toBe(sampler.missed);
  });

  it('takes details at most once a second, and smaps only where that tells something', () => {
    const close = setUp(true);
    close.sampler.start();
    vi.advanceTimersByTime(2950);
    expect(close.kernel.close).toBe(3);
    expect(close.samples.filter((s) => s.lazy === 8192).map((s) => s.t)).toEqual([0, 1000, 2000]);
    const cheap = setUp(false);
    cheap.sampler.start();
    vi.advanceTimersByTime(2950);
    expect(cheap.kernel.close).toBe(0);
    expect(cheap.samples.filter((s) => s.vmas === 7).length).toBe(3);
    expect(cheap.samples.some((s) => s.lazy !== undefined)).toBe(false);
  });

  it('counts from the start how long it ran and waited', () => {
    const { sampler, samples } = setUp(false);
    sampler.start();
    vi.advanceTimersByTime(250);
    expect(samples.map(({ cpuNs, waitNs }) => [cpuNs, waitNs])).toEqual([
      [10, 1],
      [20, 2],
      [30, 3],
    ]);
    expect(sampler.leftOut).toEqual([]);
  });

  const refusal = (errno: number, syscall: string): (() => never) => {
    return () => {
      throw new PageHeapError(syscall === 'mincore' ? 'ERR_FAULT' : 'ERR_SYSTEM', 'no', { errno, syscall });
    };
  };

  it('leaves out what it may not see, names it, and asks no more', () => {
    const { sampler, samples, kernel, errors } = setUp(true);
    let asked = 0;
    Object.assign(kernel, {
      cpu: () => undefined,
      residentBytes: () => {
        asked++;
        return refusal(1, 'mincore')();
      },
      processMemory: refusal(2, 'statm'),
      mappingCount: refusal(13, 'maps'),
      mappedUse: refusal(2, 'smaps'),
      faults: refusal(38, 'getrusage'),
    });
    const blind = new Sampler({
      heap: new RangedHeap(),
      kernel,
      beatMs: 100,
      withSmaps: () => true,
      elapsed: () => Date.now(),
      state: () => ({ phase: 'replay', ops: 1 }),
      onSample: (sample) => samples.push(sample),
      onError: (error) => errors.push(error),
    });
    blind.start();
    vi.advanceTimersByTime(1250);
    blind.stop();
    sampler.stop();
    expect(errors).toEqual([]);
    expect(samples.length).toBeGreaterThan(10);
    for (const sample of samples) {
      expect(sample).toMatchObject({ rss: null, prss: null, cpuNs: null, waitNs: null });
      for (const name of ['minflt', 'majflt', 'vmas', 'lazy', 'huge'])
        expect(sample).not.toHaveProperty(name);
    }
    expect(asked).toBe(1);
    expect(blind.leftOut.map((text) => text.replace(/;.*/, '')).sort()).toEqual([
      'getrusage: ENOSYS',
      'maps: EACCES',
      'mincore: EPERM',
      'schedstat: not kept or not shown',
      'smaps: ENOENT',
      'statm: ENOENT',
    ]);
  });

  it('asks again where it only lacked a descriptor', () => {
    const { sampler, samples, kernel } = setUp(false);
    const statm = kernel.processMemory.bind(kernel);
    kernel.processMemory = refusal(24, 'statm');
    sampler.start();
    kernel.processMemory = statm;
    vi.advanceTimersByTime(150);
    expect(samples.map(({ prss }) => prss)).toEqual([null, 2]);
    expect(sampler.leftOut).toEqual([]);
  });

  it('goes on without a look that is refused', () => {
    const { sampler, samples, kernel, errors } = setUp(true);
    kernel.mappedUse = () => {
      throw new PageHeapError('ERR_SYSTEM', 'smaps: EACCES');
    };
    sampler.start();
    vi.advanceTimersByTime(250);
    expect([samples.length, errors.length, samples[0].lazy]).toEqual([3, 0, undefined]);
  });

  it('tells of an error once, and takes no more beats', () => {
    const { sampler, kernel, errors } = setUp(false);
    sampler.start();
    kernel.residentBytes = () => {
      throw new PageHeapError('ERR_FAULT', 'not mapped');
    };
    vi.advanceTimersByTime(1000);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FAULT' })]);
  });
});
