import { describe, expect, test } from 'vitest';
import { FatalError } from '../../lib/base/errors.ts';
import { MiB } from '../../lib/base/units.ts';
import { type MemoryState, RangeStates } from '../../lib/os/states.ts';
import { Sys } from '../../lib/os/sys.ts';

describe('the state of every range', () => {
  test('splits and merges', () => {
    const states = new RangeStates();
    states.move('reserve', 100, 200, ['none'], 'reserved');
    states.move('reserve', 200, 300, ['none'], 'reserved');
    expect(states.list()).toEqual([{ low: 100, high: 300, state: 'reserved' }]);
    states.move('map', 150, 250, ['reserved'], 'prepared');
    states.move('used', 150, 160, ['prepared'], 'ready');
    expect(states.list()).toEqual([
      { low: 100, high: 150, state: 'reserved' },
      { low: 150, high: 160, state: 'ready' },
      { low: 160, high: 250, state: 'prepared' },
      { low: 250, high: 300, state: 'reserved' },
    ]);
    expect(states.stateOf(100, 150)).toBe('reserved');
    expect(states.stateOf(100, 151)).toBeUndefined();
    expect(states.stateOf(0, 100)).toBe('none');
    expect(states.stateOf(290, 310)).toBeUndefined();
  });

  test('agrees with a state per unit, whatever the order', () => {
    let seed = 20231;
    const random = (n: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % n;
    };
    const all: readonly MemoryState[] = ['none', 'reserved', 'prepared', 'ready'];
    const naive: MemoryState[] = new Array(64).fill('none');
    const states = new RangeStates();
    for (let i = 0; i < 300; i++) {
      const low = random(63);
      const high = low + 1 + random(64 - low);
      const to = all[random(4)]!;
      states.move('test', low, high, all, to);
      naive.fill(to, low, high);
      expect(naive.map((_, unit) => states.stateOf(unit, unit + 1))).toEqual(naive);
      const ranges = states.list();
      for (let r = 1; r < ranges.length; r++) {
        const [a, b] = [ranges[r - 1]!, ranges[r]!];
        expect(a.high < b.low || (a.high === b.low && a.state !== b.state)).toBe(true);
      }
    }
  });
});

describe('debug mode stops at an illegal transition, before the kernel is called', () => {
  const cases: [string, (sys: Sys, at: number) => unknown, (sys: Sys) => number][] = [
    ['map twice', (sys, at) => sys.map(at, MiB, 'heap'), (sys) => prepared(sys)],
    ['used when reserved', (sys, at) => sys.used(at, MiB), (sys) => sys.reserve(0, MiB)],
    ['unused when prepared', (sys, at) => sys.unused(at, MiB), (sys) => prepared(sys)],
    ['unused when reserved', (sys, at) => sys.unused(at, MiB), (sys) => sys.reserve(0, MiB)],
    ['fault when reserved', (sys, at) => sys.fault(at, MiB, 'heap'), (sys) => sys.reserve(0, MiB)],
    ['commit when ready', (sys, at) => sys.commit(at, MiB, 'heap'), (sys) => sys.alloc(MiB, 'heap')],
    [
      'free of more than ours',
      (sys, at) => sys.free(at, 2 * MiB, 'heap', 'ready'),
      (sys) => sys.alloc(MiB, 'heap'),
    ],
  ];
  function prepared(sys: Sys): number {
    const at = sys.reserve(0, MiB);
    sys.map(at, MiB, 'heap');
    return at;
  }

  test.each(cases)('%s', (_name, illegal, prepare) => {
    const sys = new Sys({ debug: true });
    const at = prepare(sys);
    const before = { stats: sys.stats(), ranges: sys.states!.list() };
    expect(() => illegal(sys, at)).toThrow(FatalError);
    expect({ stats: sys.stats(), ranges: sys.states!.list() }).toEqual(before);
    sys.free(at, MiB, 'heap', 'reserved');
  });
});
