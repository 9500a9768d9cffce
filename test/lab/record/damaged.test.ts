/** Damaged run files: whatever is wrong, there is a report or an error that says where. All of it: test/long. */
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../support/synthetic-run.ts';
import { changed, oddities, outcomeOf, placesIn, whole } from './damaged.ts';

const fine = ['read', 'refused'];

describe('a damaged run file', () => {
  it('is one that is read when nothing is wrong', () => {
    for (const bytes of whole) expect(outcomeOf(bytes)).toBe('read');
  });

  it('may end behind any line, or within it', () => {
    const [bytes] = whole;
    let nth = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
      // The first lines are the odd ones, and the last; of the many samples between, some.
      if (nth++ > 8 && nth % 5 !== 0 && bytes.indexOf(10, at + 1) >= 0) continue;
      expect(outcomeOf(bytes.subarray(0, at)), `${at}`).toBe('read');
      if (at % 7 === 0) expect(outcomeOf(bytes.subarray(0, at + 20)), `${at + 20}`).toBe('read');
    }
  });

  it('may hold anything in any member', () => {
    const { lines, places } = placesIn(whole[0]);
    places.forEach(({ at, path }, i) => {
      // A third of the places, each time others of a line.
      if (i % 3 !== 0) return;
      const value = oddities[i % oddities.length];
      const outcome = outcomeOf(changed(lines, at, path, value));
      expect(fine, `${path.join('.')} = ${JSON.stringify(value)}: ${outcome}`).toContain(outcome);
    });
  });

  it.each([
    ['a name that is a number', 0, ['name'], 0],
    ['a command with more than words', 0, ['command'], ['pageheap', {}]],
    ['a pace that is a word', 0, ['pace'], 'x'],
    ['a workload without name', 0, ['workload'], { seed: 1 }],
    ['a count that is a word', 1, ['ops'], 'many'],
    ['a time before the start', 1, ['t'], -5],
    ['a size beyond all memory', 1, ['rss'], 1e300],
  ] as const)('is refused for %s', (_what, at, path, value) => {
    const { lines } = placesIn(whole[0]);
    expect(outcomeOf(changed(lines, at, path, value))).toBe('refused');
  });

  it('may have bytes that are others', () => {
    const random = randomNumbers(7);
    const [bytes] = whole;
    for (let n = 0; n < 24; n++) {
      const copy = Buffer.from(bytes);
      for (let i = 0; i < 1 + n / 8; i++)
        copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
      const outcome = outcomeOf(copy);
      expect(fine, `${n}: ${outcome}`).toContain(outcome);
    }
  });
});
