/**
 * The workloads' random numbers: mulberry32, 32 bits of state, so that a seed names a run.
 *
 * `below(k)` is next · k / 2^32, rounded down: exact, in two halves, since the product needs up to 55 bits.
 * Source: Tommy Ettinger's mulberry32 (2017), as the recorded runs of the real Go runtime used it.
 */
export class Mulberry32 {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A whole number from 0 to 2^32 − 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number from 0 to below k; k up to 2^32. */
  below(k: number): number {
    const n = this.next();
    const high = n >>> 16;
    const low = n & 0xffff;
    return Math.floor((high * k + Math.floor((low * k) / 65536)) / 65536);
  }
}
