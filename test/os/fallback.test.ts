import { describe, expect, test } from 'vitest';
import { FatalError } from '../../lib/base/errors.ts';
import { MiB } from '../../lib/base/units.ts';
import { type Addon, Advice, loadAddon } from '../../lib/os/addon.ts';
import { EAGAIN, EINVAL, ENOMEM, EPERM } from '../../lib/os/errno.ts';
import { Residency } from '../../lib/os/residency.ts';
import { Sys } from '../../lib/os/sys.ts';
import { eachRange } from '../support/advise-box.ts';

/** The real addon, except that some advices are refused; it counts what it was asked for. */
function refusing(refusals: Partial<Record<number, number>>, nameErrno?: number) {
  const real = loadAddon();
  const asked: number[] = [];
  let named = 0;
  const addon: Addon = {
    ...real,
    advise(addr, length, kind) {
      asked.push(kind);
      return refusals[kind] ?? real.advise(addr, length, kind);
    },
    adviseBoxed: eachRange(real, (_, addr, length, kind) => addon.advise(addr, length, kind)),
    name(addr, length, text) {
      named++;
      return nameErrno ?? real.name(addr, length, text);
    },
  };
  return { addon, asked, names: () => named };
}

const kernel = new Residency();
function touched(sys: Sys): number {
  const at = sys.alloc(MiB, 'heap');
  sys.fill(at, MiB, 1);
  return at;
}
const resident = (at: number) => kernel.residentBytes([{ base: at, bytes: MiB }]);

describe('an advice that is refused', () => {
  test('FREE: DONTNEED from then on, asked once', () => {
    const { addon, asked } = refusing({ [Advice.FREE]: EINVAL });
    const sys = new Sys({ addon, advise: 'free' });
    for (let i = 0; i < 3; i++) {
      const at = touched(sys);
      expect(sys.unused(at, MiB)).toBe(true);
      expect(resident(at)).toBe(0);
      sys.free(at, MiB, 'heap', 'prepared');
    }
    expect(asked).toEqual([Advice.FREE, Advice.DONTNEED, Advice.DONTNEED, Advice.DONTNEED]);
    expect(sys.advice).toBe('dontneed');
    expect(sys.fallbacks()).toEqual(['MADV_FREE refused (EINVAL): MADV_DONTNEED instead']);
    expect(sys.statsOf('unused')).toMatchObject({ calls: 3, failures: 0 });
  });

  test('DONTNEED too: a fresh mapping, zeroed and writable', () => {
    const { addon, asked } = refusing({ [Advice.FREE]: EINVAL, [Advice.DONTNEED]: EPERM });
    const sys = new Sys({ addon, advise: 'free' });
    for (let i = 0; i < 2; i++) {
      const at = touched(sys);
      expect(sys.unused(at, MiB)).toBe(true);
      expect(resident(at)).toBe(0);
      sys.used(at, MiB);
      expect(sys.poke(at, Uint8Array.of(1))).toBe(true);
      sys.free(at, MiB, 'heap', 'ready');
    }
    expect(asked).toEqual([Advice.FREE, Advice.DONTNEED]);
    expect(sys.advice).toBe('map');
    expect(sys.fallbacks()).toEqual([
      'MADV_FREE refused (EINVAL): MADV_DONTNEED instead',
      'MADV_DONTNEED refused (EPERM): a fresh mapping instead',
    ]);
  });

  test('EAGAIN: helped out this once, not remembered', () => {
    const { addon } = refusing({ [Advice.FREE]: EAGAIN });
    const sys = new Sys({ addon, advise: 'free' });
    const at = touched(sys);
    expect(sys.unused(at, MiB)).toBe(true);
    expect(resident(at)).toBe(0);
    expect([sys.advice, sys.fallbacks()]).toEqual(['free', []]);
    sys.free(at, MiB, 'heap', 'prepared');
  });

  test('ENOMEM: the range is not ours, which is fatal and maps nothing over it', () => {
    const sys = new Sys();
    const at = touched(sys);
    sys.free(at, MiB, 'heap', 'ready');
    expect(() => sys.unused(at, MiB)).toThrow(FatalError);
    expect(() => resident(at)).toThrow('ENOMEM');
    expect(sys.advice).toBe('dontneed');
  });

  test('nothing gives the memory back: false, and still ready in the books', () => {
    const { addon } = refusing({ [Advice.DONTNEED]: EINVAL });
    const sys = new Sys({ addon: { ...addon, map: () => ENOMEM } });
    const at = touched(sys);
    expect(sys.unused(at, MiB)).toBe(false);
    expect(sys.lastErrno).toBe(ENOMEM);
    expect(sys.statsOf('unused')).toMatchObject({ calls: 1, failures: 1 });
    expect(resident(at)).toBe(MiB);
    sys.free(at, MiB, 'heap', 'ready');
  });
});

describe('a hint that is refused', () => {
  test('huge pages: left out from then on', () => {
    const { addon, asked } = refusing({ [Advice.HUGEPAGE]: EINVAL, [Advice.NOHUGEPAGE]: EINVAL });
    const sys = new Sys({ addon: { ...addon, hugePageSize: () => MiB / 2 } });
    const at = sys.reserveAligned(MiB, MiB);
    sys.map(at, MiB, 'heap');
    expect([
      sys.hugePage(at, MiB),
      sys.hugePage(at, MiB),
      sys.noHugePage(at, MiB),
      sys.noHugePage(at, MiB),
    ]).toEqual([false, false, false, false]);
    expect(asked).toEqual([Advice.HUGEPAGE, Advice.NOHUGEPAGE]);
    expect(sys.fallbacks()).toHaveLength(2);
    sys.free(at, MiB, 'heap', 'prepared');
  });

  test('no huge pages at all: never asked', () => {
    const { addon, asked } = refusing({});
    const sys = new Sys({ addon: { ...addon, hugePageSize: () => 0 } });
    const at = sys.alloc(MiB, 'heap');
    expect([sys.hugePage(at, MiB), sys.hugePageCollapse(at, MiB)]).toEqual([false, false]);
    expect(asked).toEqual([]);
    sys.free(at, MiB, 'heap', 'ready');
  });

  test('names: left out from then on', () => {
    const { addon, names } = refusing({}, EINVAL);
    const sys = new Sys({ addon });
    const at = sys.alloc(MiB, 'heap');
    expect([sys.name(at, MiB, 'pageheap'), sys.name(at, MiB, 'pageheap')]).toEqual([false, false]);
    expect(names()).toBe(1);
    expect(sys.fallbacks()).toEqual(['PR_SET_VMA_ANON_NAME refused (EINVAL): mappings stay without names']);
    sys.free(at, MiB, 'heap', 'ready');
  });
});
