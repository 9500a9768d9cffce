/** A collection that finds no memory must not keep whoever steps busy: the next try is a second later. */
import { expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { ManualClock } from '../../lib/os/clock.ts';
import { FailingSys } from '../support/failing-sys.ts';

test.each(generations)(
  '%s: other work is done, and the collection when there is memory again',
  (generation) => {
    const sys = new FailingSys(['commit', 'map', 'alloc']);
    const clock = new ManualClock(1e9);
    const heap = new Heap({ environment: false, reach: 256 * MiB, generation, clock, sys });
    // So many objects that their mark bits need memory of their own.
    for (let i = 0; i < 60_000; i++) heap.malloc(16);
    heap.gc();
    const cycles = heap.sample().numGC;
    sys.refuse(0, Infinity);
    clock.advance(200e9);
    let steps = 0;
    while (heap.step() === 0) if (++steps > 10_000) expect.fail('a busy loop');
    if (sys.refused > 0) {
      const refused = sys.refused;
      const wait = heap.step();
      expect([wait > 0, wait <= 1e9, sys.refused]).toEqual([true, true, refused]);
      clock.advance(1e9);
      expect(heap.step()).toBeGreaterThan(0);
      expect(sys.refused).toBeGreaterThan(refused);
      expect(heap.sample().numGC).toBe(cycles);
      sys.relent();
      clock.advance(1e9);
      expect(heap.step()).toBe(0);
    }
    expect(heap.sample().numGC).toBe(cycles + 1);
    heap.check(3);
    sys.relent();
    heap.dispose();
  },
);
