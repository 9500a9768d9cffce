import { beforeEach, describe, expect, test } from 'vitest';
import { FatalError } from '../../lib/base/errors.ts';
import { address } from '../../lib/base/units.ts';
import { AtomicWords } from '../../lib/meta/atomic-words.ts';
import { type LockSystem, RankedLock } from '../../lib/meta/lock.ts';
import { codeOf } from '../support/codes.ts';

const self = 7;
const other = 41;
const at = address(0x1000);

/** A system in which others act while this thread sleeps: each sleep is told and plays one scene. */
class Scenes implements LockSystem {
  readonly sleeps: { word: number; expected: number; timeoutNs: number }[] = [];
  readonly wakes: [address: number, count: number][] = [];
  readonly dead = new Set<number>();
  scenes: (() => void)[] = [];
  private readonly word: Int32Array;

  constructor(word: Int32Array) {
    this.word = word;
  }

  threadId(): number {
    return self;
  }

  tidAlive(threadId: number): boolean {
    return !this.dead.has(threadId);
  }

  futexWait(where: number, expected: number, timeoutNs: number): number {
    expect(where).toBe(at);
    this.sleeps.push({ word: this.word[0], expected, timeoutNs });
    const scene = this.scenes.shift();
    if (scene === undefined) throw new Error('it would sleep for ever');
    scene();
    return 0;
  }

  futexWake(where: number, count: number): number {
    this.wakes.push([where, count]);
    return 0;
  }
}

let word: Int32Array;
let system: Scenes;
let lock: RankedLock;
beforeEach(() => {
  word = new Int32Array(1);
  system = new Scenes(word);
  lock = new RankedLock('heap', new AtomicWords(word), at, system);
});

describe('a lock', () => {
  test('that is free is taken and given back without the kernel', () => {
    expect(lock.held).toBe(false);
    lock.lock();
    expect([word[0], lock.held]).toEqual([self, true]);
    lock.unlock();
    expect([word[0], lock.held, system.sleeps, system.wakes]).toEqual([0, false, [], []]);
  });

  test('that is held is marked and slept on, until it is free', () => {
    word[0] = other;
    system.scenes = [
      () => undefined, // the time is over
      () => undefined, // woken for nothing
      () => void (word[0] = 0),
    ];
    lock.lock();
    expect(system.sleeps.map(({ word, expected }) => [word, expected])).toEqual(
      Array(3).fill([-other, -other]),
    );
    for (const { timeoutNs } of system.sleeps) {
      expect(timeoutNs).toBeGreaterThan(0);
      expect(timeoutNs).toBeLessThanOrEqual(50e6);
    }
    // Others may still sleep: it is taken as one that is waited for, and giving it back wakes one.
    expect([word[0], lock.held]).toEqual([-self, true]);
    lock.unlock();
    expect([word[0], system.wakes]).toEqual([0, [[at, 1]]]);
  });

  test('that others took while this thread slept is slept on again, by its new owner', () => {
    word[0] = -other;
    system.scenes = [() => void (word[0] = 52), () => void (word[0] = 0)];
    system.dead.add(other);
    lock.lock();
    expect(system.sleeps.map(({ expected }) => expected)).toEqual([-other, -52]);
    expect(lock.held).toBe(true);
  });

  test('that someone came to wait for wakes one when it is given back', () => {
    lock.lock();
    word[0] = -self;
    expect(lock.held).toBe(true);
    lock.unlock();
    expect([word[0], system.wakes]).toEqual([0, [[at, 1]]]);
  });

  test.each([other, -other])('whose owner died stays with the dead: word %i', (held) => {
    word[0] = held;
    system.dead.add(other);
    for (let i = 0; i < 2; i++) {
      system.scenes = [() => undefined];
      expect(codeOf(() => lock.lock())).toBe('ERR_OWNER_DEAD');
      expect([word[0], lock.held]).toEqual([-other, false]);
    }
  });

  test('taken twice by one thread is fatal, and not a sleep for ever', () => {
    lock.lock();
    expect(() => lock.lock()).toThrow('a thread takes a lock it holds');
    expect(system.sleeps).toEqual([]);
  });

  test.each([0, other])('given back by who does not hold it is fatal: word %i', (held) => {
    word[0] = held;
    expect(() => lock.unlock()).toThrow('unlocking a lock that is not held');
  });
});

describe('ranks, in debug mode', () => {
  const make = (debug: boolean): { lock: RankedLock; word: Int32Array; system: Scenes } => {
    const word = new Int32Array(1);
    const system = new Scenes(word);
    return { lock: new RankedLock('heap', new AtomicWords(word), at, system, debug), word, system };
  };

  test('two locks of one rank at a time are fatal, one after the other are not', () => {
    const [a, b] = [make(true), make(true)];
    a.lock.lock();
    expect(() => b.lock.lock()).toThrow(FatalError);
    expect(() => b.lock.lock()).toThrow('locks are taken out of rank');
    expect(b.word[0]).toBe(0);
    a.lock.unlock();
    b.lock.lock();
    b.lock.unlock();
    a.lock.lock();
    a.lock.unlock();
  });

  test('a lock that was not got counts as not held', () => {
    const [a, b] = [make(true), make(true)];
    a.word[0] = other;
    a.system.dead.add(other);
    a.system.scenes = [() => undefined];
    expect(codeOf(() => a.lock.lock())).toBe('ERR_OWNER_DEAD');
    b.lock.lock();
    b.lock.unlock();
  });

  test('are not looked at otherwise', () => {
    const [a, b] = [make(false), make(false)];
    a.lock.lock();
    b.lock.lock();
    expect([a.lock.held, b.lock.held]).toEqual([true, true]);
  });
});
