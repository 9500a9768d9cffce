/**
 * Chance that is the same everywhere: from a seed, which is a text.
 *
 * Hidden seeds come from a secret, the exercise, the student and the term, and from nothing that changes: who grades again
 * gets the same. What differs from student to student comes in the same way from what everybody may know.
 */
import { createHash, createHmac } from 'node:crypto';

/** Numbers in a row that look like chance. */
export interface Chance {
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  /** One of these. */
  oneOf<T>(choices: readonly T[]): T;
}

const wordBits = 2 ** 32;

/** xoshiro128** from a seed of any length. */
export function chanceOf(seed: string): Chance {
  const digest = createHash('sha256').update(seed).digest();
  const s = Uint32Array.from({ length: 4 }, (_, i) => digest.readUInt32LE(4 * i));
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  };
  const between = (least: number, most: number): number =>
    least + Math.floor((next() / wordBits) * (most - least + 1));
  return { between, oneOf: (choices) => choices[between(0, choices.length - 1)] };
}

/** The same in another order. */
export function shuffled<T>(chance: Chance, list: readonly T[]): T[] {
  const made = [...list];
  for (let i = made.length - 1; i > 0; i--) {
    const j = chance.between(0, i);
    [made[i], made[j]] = [made[j] as T, made[i] as T];
  }
  return made;
}

/** Whom a grade is for. */
export interface Whom {
  readonly exercise: string;
  readonly student: string;
  readonly term: string;
}

const separator = '\0';

/** The seed of what everybody may know of a student's exercise. */
export function openSeed({ exercise, student, term }: Whom): string {
  return ['open', exercise, student, term].join(separator);
}

/** The seed of what is hidden until the deadline: sixteen hexadecimal digits, which may be shown afterwards. */
export function hiddenSeed(secret: string, { exercise, student, term }: Whom): string {
  return createHmac('sha256', secret)
    .update([exercise, student, term].join(separator))
    .digest('hex')
    .slice(0, 16);
}
