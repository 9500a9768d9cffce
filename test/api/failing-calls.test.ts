/**
 * System calls that fail, at a spread of their positions; at every one of them: test/long/api/failing-{mixed,fragments-older,fragments-radix}.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import { Sys } from '../../lib/os/sys.ts';
import { codeOf } from '../support/codes.ts';
import { failingDesigns, liveThrough, workloads } from '../support/failing-calls.ts';
import { mappedBytes } from '../support/maps.ts';
import { errnos, RefusingAddon, type SystemCall, systemCalls } from '../support/refusing-addon.ts';

const spread = 2;

describe.each(Object.entries(failingDesigns))('%s', (_name, options) => {
  test.each(Object.entries(workloads))('%s: one call of any kind refused, and fifty', (_workload, steps) => {
    const { calls } = liveThrough(steps, options, { pass: Infinity, count: 0, errno: 0 });
    expect(calls).toBeGreaterThan(40);
    let felt = 0;
    for (let i = 0; i < spread; i++) {
      const pass = Math.floor((i * calls) / spread);
      const errno = errnos[i % errnos.length] as number;
      felt += liveThrough(steps, options, { pass, count: 1 + (i % 2) * 49, errno }).refused;
    }
    expect(felt, 'no refusal was felt').toBeGreaterThan(0);
  });
});

test.each(Object.keys(systemCalls) as SystemCall[])(
  '%s, with errnos of all kinds, once and for good',
  (kind) => {
    const steps = workloads.mixed as (typeof workloads)[string];
    const kinds = Object.keys(systemCalls).indexOf(kind);
    // A fifth of the errnos for each kind; all of them for all kinds together.
    for (const [i, errno] of errnos.entries()) {
      if ((i + kinds) % 5 !== 0) continue;
      const options = Object.values(failingDesigns)[i % 5] as (typeof failingDesigns)[string];
      liveThrough(steps, options, {
        pass: (i * 7) % 20,
        count: i % 3 === 0 ? Infinity : 1,
        errno,
        kinds: [kind],
      });
    }
  },
);

test('the number of a refusal is in the error', () => {
  for (const errno of [1, 12, 13, 38]) {
    const refusing = new RefusingAddon(['mmap']);
    const heap = new Heap({ environment: false, reach: 256 * MiB, sys: new Sys({ addon: refusing.addon }) });
    refusing.refuse(0, Infinity, errno);
    expect(() => heap.malloc(100 * MiB)).toThrow(
      expect.objectContaining({
        code: 'ERR_OUT_OF_MEMORY',
        errno,
        message: expect.stringMatching(/^no memory for an object of 104857600 bytes: E[A-Z]+$/),
      }),
    );
    refusing.relent();
    // What fails without the system has no number.
    expect(() => heap.malloc(300 * MiB)).toThrow(expect.objectContaining({ errno: undefined }));
    heap.dispose();
  }
});

test('a munmap refused at disposal is told; the memory went back; calling again tries the rest', () => {
  const refusing = new RefusingAddon(['munmap']);
  const heap = new Heap({ environment: false, reach: 256 * MiB, sys: new Sys({ addon: refusing.addon }) });
  heap.fill(heap.malloc(20 * MiB), 20 * MiB, 1);
  const { base } = heap.ranges()[0]!;
  refusing.refuse(0, Infinity, 1);
  expect(() => heap.dispose()).toThrow(
    expect.objectContaining({
      code: 'ERR_SYSTEM',
      errno: 1,
      syscall: 'munmap',
      message: expect.stringContaining('EPERM'),
    }),
  );
  expect(codeOf(() => heap.malloc(1))).toBe('ERR_DISPOSED');
  expect(mappedBytes(base, base + 64 * MiB)).toBe(64 * MiB);
  expect(codeOf(() => heap.dispose())).toBe('ERR_SYSTEM');
  refusing.relent();
  heap.dispose();
  expect(mappedBytes(base, base + 64 * MiB)).toBe(0);
  heap.dispose();
});
