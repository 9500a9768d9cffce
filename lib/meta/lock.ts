/**
 * Ranked locks: futexes in the heap's own memory, one word each.
 *
 * The word is 0 when free and the owner's thread id when held, negated while others wait. Taking a
 * free lock is one compare-and-swap; giving back one nobody waits for another. Who must wait marks
 * the word and sleeps in the kernel, at most 50 ms at a time: a worker that is terminated in its
 * sleep must wake to die, and a sleeper whose lock's owner died must find that out.
 *
 * A dead owner is not recovered from: what it was changing is half changed. The lock stays with the
 * dead, and everyone who comes gets ERR_OWNER_DEAD.
 *
 * Ranks forbid deadlock: a thread takes locks in rising rank only. That is checked in debug mode,
 * per thread.
 *
 * Not here: which state a lock guards (the columns' declarations say).
 */
import { fatal, PageHeapError } from '../base/errors.ts';
import type { Address } from '../base/units.ts';
import type { AtomicWords } from './atomic-words.ts';

/** What a lock asks of the system: futexes, and who is alive. The addon is one. */
export interface LockSystem {
  threadId(): number;
  tidAlive(threadId: number): boolean;
  /** Waits while the word holds `expected`, at most so many nanoseconds. */
  futexWait(address: number, expected: number, timeoutNs: number): number;
  futexWake(address: number, count: number): number;
}

/** Locks by rank, lowest first. */
export const lockRank = { heap: 1 } as const;
export type LockName = keyof typeof lockRank;

const sliceNs = 50e6;

/** The ranks this thread holds, for the debug check. */
const heldRanks: number[] = [];

export class RankedLock {
  readonly #word: AtomicWords;
  readonly #at: Address;
  readonly #system: LockSystem;
  readonly #self: number;
  readonly #name: LockName;
  readonly #debug: boolean;

  /** `word`: one element, at address `at`. */
  constructor(name: LockName, word: AtomicWords, at: Address, system: LockSystem, debug = false) {
    this.#name = name;
    this.#word = word;
    this.#at = at;
    this.#system = system;
    this.#self = system.threadId();
    this.#debug = debug;
  }

  /** Whether the calling thread holds the lock. */
  get held(): boolean {
    return Math.abs(this.#word.load(0)) === this.#self;
  }

  /** Takes the lock, waiting for it. Throws ERR_OWNER_DEAD when its owner ended while holding it. */
  lock(): void {
    if (this.#debug) this.#checkRank();
    if (this.#word.compareExchange(0, 0, this.#self) !== 0) this.#wait();
    if (this.#debug) heldRanks.push(lockRank[this.#name]);
  }

  /** Gives the lock back. The caller holds it. */
  unlock(): void {
    if (this.#debug) heldRanks.pop();
    const before = this.#word.exchange(0, 0);
    if (Math.abs(before) !== this.#self) {
      fatal('unlocking a lock that is not held', { lock: this.#name, owner: before, thread: this.#self });
    }
    if (before < 0) this.#system.futexWake(this.#at, 1);
  }

  #wait(): void {
    for (;;) {
      const owner = this.#word.load(0);
      if (owner === 0) {
        // Others may sleep still: take it as a lock that is waited for, so that giving it back wakes one.
        if (this.#word.compareExchange(0, 0, -this.#self) === 0) return;
        continue;
      }
      if (Math.abs(owner) === this.#self)
        fatal('a thread takes a lock it holds', { lock: this.#name, thread: this.#self });
      const waited = -Math.abs(owner);
      if (owner !== waited && this.#word.compareExchange(0, owner, waited) !== owner) continue;
      this.#system.futexWait(this.#at, waited, sliceNs);
      if (this.#word.load(0) === waited && !this.#system.tidAlive(-waited)) {
        throw new PageHeapError(
          'ERR_OWNER_DEAD',
          `thread ${-waited} ended while it held the ${this.#name} lock: the heap is lost`,
          {
            value: -waited,
          },
        );
      }
    }
  }

  #checkRank(): void {
    const top = heldRanks.at(-1) ?? 0;
    if (lockRank[this.#name] <= top)
      fatal('locks are taken out of rank', { lock: this.#name, rank: lockRank[this.#name], held: top });
  }
}
