/**
 * Random numbers with a seed, the same on every machine (xorshift32), and where the seed comes from.
 */

/** The seed that an environment variable names; otherwise a new one. Who uses it prints it. */
export function seedOf(variable: string): number {
  const given = Number(process.env[variable]);
  return Number.isInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 0x7ffffffe);
}

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
    // Small seeds differ in few bits.
    for (let i = 0; i < 8; i++) this.below(2);
  }

  /** A whole number from 0 to below n. */
  below(n: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % n;
  }

  /** One of these. */
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}
