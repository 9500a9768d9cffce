import { describe, expect, test } from 'vitest';
import { KiB } from '../../lib/base/units.ts';
import { type Addon, Advice, loadAddon } from '../../lib/os/addon.ts';
import { EAGAIN, EINVAL, ENOMEM, EPERM } from '../../lib/os/errno.ts';
import { mostGathered } from '../../lib/os/giving-back.ts';
import { Residency } from '../../lib/os/residency.ts';
import { Sys, type SysOptions } from '../../lib/os/sys.ts';
import { eachRange } from '../support/advise-box.ts';

const block = 16 * KiB;
const kernel = new Residency();

/** The real addon, which refuses chosen ones of the advices and mappings it is asked for; and what it was asked. */
function refusing(refused: (nth: number, what: string) => number): {
  readonly addon: Addon;
  readonly asked: string[];
} {
  const real = loadAddon();
  const asked: string[] = [];
  let base = -1;
  const ask = (what: string, addr: number, length: number, call: () => number): number => {
    if (base < 0) base = addr;
    asked.push(`${what} ${(addr - base) / block} ${length / block}`);
    return refused(asked.length - 1, what) || call();
  };
  const advise = (addr: number, length: number, kind: number, call: () => number): number =>
    ask(kind === Advice.FREE ? 'FREE' : 'DONTNEED', addr, length, call);
  const addon: Addon = {
    ...real,
    advise: (addr, length, kind) => advise(addr, length, kind, () => real.advise(addr, length, kind)),
    adviseBoxed: eachRange(real, (call, addr, length, kind) => advise(addr, length, kind, call)),
    map: (addr, length) => ask('map', addr, length, () => real.map(addr, length)),
  };
  return { addon, asked };
}

/** Every second block of so many is given back, together or one by one. */
function giveBack(
  blocks: number,
  together: boolean,
  refused: (nth: number, what: string) => number,
  options: SysOptions = {},
) {
  const { addon, asked } = refusing(refused);
  const sys = new Sys({ ...options, addon });
  const at = sys.alloc(blocks * block, 'heap');
  sys.fill(at, blocks * block, 1);
  for (let i = 0; i < blocks; i += 2) {
    if (together) sys.unusedSoon(at + i * block, block);
    // What counts as given back though it is not is all that differs.
    else if (!sys.unused(at + i * block, block)) sys.accounts.mappedReady(-block);
  }
  if (together) sys.settleUnused();
  const resident = Array.from({ length: blocks }, (_, i) =>
    kernel.residentBytes([{ base: at + i * block, bytes: block }]),
  );
  let ready = 0;
  sys.useAccounts({ add: () => undefined, mappedReady: (delta) => (ready += delta) });
  const outcome = {
    asked,
    resident,
    ready,
    advice: sys.advice,
    fallbacks: sys.fallbacks(),
    errno: sys.lastErrno,
    stats: sys.statsOf('unused'),
  };
  sys.free(at, blocks * block, 'heap', 'prepared');
  return outcome;
}

describe('memory given back together', () => {
  test.each([1, 2, 63, 64, 65, 2 * mostGathered + 1, 5 * mostGathered])('%i blocks', (blocks) => {
    const { resident, asked, ready, stats } = giveBack(blocks, true, () => 0);
    resident.forEach((bytes, i) => {
      expect(bytes, `block ${i}`).toBe(i % 2 === 0 ? 0 : block);
    });
    const gone = Math.ceil(blocks / 2);
    expect(asked).toEqual(Array.from({ length: gone }, (_, i) => `DONTNEED ${2 * i} 1`));
    expect(ready).toBe((blocks - gone) * block);
    expect(stats).toMatchObject({ calls: gone, bytes: gone * block, failures: 0 });
  });

  const kinds: [string, (nth: number, what: string) => number][] = [
    ['the first', (nth) => (nth === 0 ? EPERM : 0)],
    ['one in the middle', (nth) => (nth === 17 ? EINVAL : 0)],
    ['the last of those that cross together', (nth) => (nth === mostGathered - 1 ? EAGAIN : 0)],
    ['the first of the next', (nth) => (nth === mostGathered ? EAGAIN : 0)],
    ['every third, for now', (nth) => (nth % 3 === 0 ? EAGAIN : 0)],
    ['every advice', (_, what) => (what === 'map' ? 0 : EINVAL)],
    ['everything', () => EPERM],
    ['everything, and mappings now and then', (nth, what) => (what !== 'map' || nth % 2 === 0 ? EPERM : 0)],
    ['everything for want of memory', () => ENOMEM],
  ];
  test.each(kinds)('%s refused: as one by one', (_, refused) => {
    for (const options of [{}, { advise: 'free' }, { debug: true }, { timed: true }] as SysOptions[]) {
      const one = giveBack(100, false, refused, options);
      const together = giveBack(100, true, refused, options);
      const untimed = { ns: expect.any(Number) as number };
      expect(together).toEqual({ ...one, stats: { ...one.stats, ...untimed } });
    }
  });

  test('one by one between: neither disturbs the other', () => {
    const { addon, asked } = refusing(() => 0);
    const sys = new Sys({ addon });
    const at = sys.alloc(8 * block, 'heap');
    sys.fill(at, 8 * block, 1);
    sys.unusedSoon(at, block);
    sys.unusedSoon(at + 2 * block, block);
    sys.unused(at + 4 * block, block);
    sys.settleUnused();
    sys.settleUnused();
    expect(asked).toHaveLength(3);
    expect(kernel.residentBytes([{ base: at, bytes: 8 * block }])).toBe(5 * block);
    sys.free(at, 8 * block, 'heap', 'prepared');
  });
});
