import { expect, it } from 'vitest';
import { KiB, MiB } from '../../lib/base/units.ts';
import { formatScavTrace, type ScavTrace } from '../../lib/scavenge/scavtrace.ts';

const quiet: ScavTrace = {
  releasedBackground: 0,
  releasedEager: 0,
  heapReleased: 1824 * KiB,
  heapInUse: 99 * MiB,
  heapFree: MiB,
  forced: false,
  controllerReset: false,
};

it.each([
  // Lines that a Go 1.21.13 program printed.
  ['scav 0 KiB work (bg), 0 KiB work (eager), 1824 KiB now, 99% util', {}],
  [
    'scav 4800 KiB work (bg), 0 KiB work (eager), 6136 KiB now, 91% util',
    { releasedBackground: 4800 * KiB, heapReleased: 6136 * KiB, heapInUse: 91.9 * MiB, heapFree: 8.1 * MiB },
  ],
  [
    'scav 0 KiB work (bg), 528 KiB work (eager), 6664 KiB now, 99% util (forced)',
    { releasedEager: 529 * KiB - 1, heapReleased: 6664 * KiB, forced: true, controllerReset: true },
  ],
  [
    'scav 0 KiB work (bg), 0 KiB work (eager), 1824 KiB now, 99% util [controller reset]',
    { controllerReset: true },
  ],
  ['scav 0 KiB work (bg), 0 KiB work (eager), 1824 KiB now, 0% util', { heapInUse: 0, heapFree: 0 }],
  ['scav 0 KiB work (bg), 0 KiB work (eager), 1824 KiB now, 100% util', { heapFree: 0 }],
])('%s', (line, change) => {
  expect(formatScavTrace({ ...quiet, ...change })).toBe(line);
});
