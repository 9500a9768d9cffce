import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as bits from '../../lib/base/bits.ts';

/** A word as text, bit 31 first: what the naive twins count in. */
const textOf = (word: number): string => (word >>> 0).toString(2).padStart(32, '0');

/** Every `step`th bit, from bit 0. */
const everyBit = (word: number, step: number): number =>
  Number.parseInt([...textOf(word)].filter((_, i) => (31 - i) % step === 0).join(''), 2);

const naive: { readonly [N in keyof typeof bits]: (word: number) => number } = {
  ctz32: (word) => {
    const last = textOf(word).lastIndexOf('1');
    return last < 0 ? 32 : 31 - last;
  },
  popcount32: (word) => textOf(word).replaceAll('0', '').length,
  longestRun32: (word) =>
    Math.max(
      ...textOf(word)
        .split('0')
        .map((run) => run.length),
    ),
  evenBits: (word) => everyBit(word, 2),
  fourthBits: (word) => everyBit(word, 4),
  eighthBits: (word) => everyBit(word, 8),
};

/** Words at which shifts, signs and carries go wrong. */
function* corners(): Generator<number> {
  yield 0;
  for (let from = 0; from < 32; from++) {
    for (let n = 1; n <= 32 - from; n++) {
      const run = Number.parseInt('1'.repeat(n) + '0'.repeat(from), 2);
      yield run; // one run of ones: unsigned
      yield run | 0; // and signed
      yield ~run; // one gap
    }
  }
}

const functions = Object.entries(bits) as [keyof typeof bits, (word: number) => number][];

test('every function has a twin here', () => {
  expect(Object.keys(naive).sort()).toEqual(functions.map(([name]) => name).sort());
});

describe.each(functions)('%s', (name, f) => {
  const twin = naive[name];

  test('every run and every gap of a word, signed and unsigned', () => {
    for (const word of corners())
      if (f(word) !== twin(word)) expect([word, f(word)]).toEqual([word, twin(word)]);
  });

  test('every pattern of the low and of the high half', () => {
    for (let half = 0; half < 2 ** 16; half += 1) {
      for (const word of [half, half << 16]) {
        if (f(word) !== twin(word)) expect([word, f(word)]).toEqual([word, twin(word)]);
      }
    }
  });

  test('any word', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), (word) => {
        expect(f(word)).toBe(twin(word));
      }),
      { numRuns: 2000 },
    );
  });
});
