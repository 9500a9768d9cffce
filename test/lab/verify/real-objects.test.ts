import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MiB, pageSize } from '../../../lib/base/units.ts';
import { resolveOptions } from '../../../lib/design/options.ts';
import { RealObjects } from '../../../lib/lab/verify/real-objects.ts';
import { systemClock } from '../../../lib/os/clock.ts';
import { Sys } from '../../../lib/os/sys.ts';
import { createRuntime } from '../../../lib/runtime/create.ts';
import type { Runtime } from '../../../lib/runtime/runtime.ts';

let runtime: Runtime;
beforeEach(() => {
  runtime = createRuntime(
    new Sys({ advise: 'dontneed' }),
    resolveOptions({
      environment: false,
      collect: false,
      scavenge: false,
      disableHugePages: true,
      reach: 64 * MiB,
    }),
    { clock: systemClock, gctrace: false, scavtrace: false, onEvent: undefined },
  );
});
afterEach(() => runtime.dispose());

describe('real objects', () => {
  it('are zero once, and what was written is resident', () => {
    const malloc = runtime.mallocOf(0);
    const real = new RealObjects(runtime);
    for (const size of [5, 64, 3000, 100_000]) {
      const offset = malloc.malloc(size, true, true) - runtime.memory.origin;
      expect(real.use(offset, size)).toBe(-1);
      expect(real.use(offset, size)).toBe(0);
    }
    expect(real.check()).toBeUndefined();
  });

  it('are looked at to their last byte', () => {
    const offset = runtime.mallocOf(0).malloc(20_001, true, true) - runtime.memory.origin;
    const real = new RealObjects(runtime);
    runtime.spans.memory.bytes(0)[offset + 20_000] = 1;
    expect(real.use(offset, 20_001)).toBe(20_000);
    runtime.spans.memory.bytes(0).fill(0, offset, offset + 20_001);
    runtime.spans.memory.bytes(0)[offset + 9000] = 1;
    expect(real.use(offset, 20_001)).toBe(9000);
  });

  it('betray a page that is resident and should not be', () => {
    const malloc = runtime.mallocOf(0);
    const offset = malloc.malloc(100_000, true, true) - runtime.memory.origin;
    const real = new RealObjects(runtime);
    expect(real.check()).toBeUndefined();
    runtime.spans.memory.bytes(0)[offset + 5000] = 1;
    expect(real.check()).toEqual({
      page: offset / pageSize,
      expected: 'not resident, as it was never written',
      found: 'byte 4096 of it resident, by mincore',
    });
  });

  it('betray a page that is gone and should not be', () => {
    const offset = runtime.mallocOf(0).malloc(100_000, true, true) - runtime.memory.origin;
    const real = new RealObjects(runtime);
    real.use(offset, 100_000);
    runtime.memory.sys.unused(runtime.memory.origin + offset + 3 * pageSize, pageSize);
    expect(real.check()).toMatchObject({
      page: offset / pageSize + 3,
      expected: 'resident, as it was written',
    });
  });

  it('find junk where the heap had forgotten to zero', () => {
    const malloc = runtime.mallocOf(0);
    const offset = malloc.malloc(100_000, true, true) - runtime.memory.origin;
    // A span whose memory is old: all of it is filled, and zeroing is the heap's business.
    const s = runtime.state.pageColumns.spanOf[offset / pageSize]!;
    runtime.state.spans.columns.needZero[s] = 1;
    const real = new RealObjects(runtime);
    expect(real.use(offset, 100_000)).toBe(0);
    expect(real.check()).toBeUndefined();
  });
});
