/** As test/lab/record/damaged.test.ts: every oddity in every member, and thousands of files with other bytes. */
import { describe, expect, it } from 'vitest';
import { changed, oddities, outcomeOf, placesIn, whole } from '../../../lab/record/damaged.ts';
import { randomNumbers } from '../../../lab/support/synthetic-run.ts';

const fine = ['read', 'refused'];

describe.each(whole.map((bytes, i) => ({ i, bytes })))('the kept run $i, damaged', ({ bytes }) => {
  it('may hold anything, or nothing, in any member', () => {
    const { lines, places } = placesIn(bytes);
    for (const { at, path } of places) {
      for (const value of [...oddities, undefined]) {
        const outcome = outcomeOf(changed(lines, at, path, value));
        expect(fine, `${path.join('.')} = ${JSON.stringify(value)}: ${outcome}`).toContain(outcome);
      }
    }
  }, 600_000);

  it('may end anywhere', () => {
    for (let at = bytes.indexOf(10) + 1; at < bytes.length; at += 97)
      expect(outcomeOf(bytes.subarray(0, at)), `${at}`).toBe('read');
  }, 600_000);

  it('may have bytes that are others', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomNumbers(seed);
    for (let n = 0; n < 2000; n++) {
      const copy = Buffer.from(bytes);
      const count = 1 + Math.floor(random() * 8);
      for (let i = 0; i < count; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
      const outcome = outcomeOf(copy);
      expect(fine, `seed ${seed}, ${n}: ${outcome}`).toContain(outcome);
    }
  }, 600_000);
});
