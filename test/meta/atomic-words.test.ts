import { expect, test } from 'vitest';
import { AtomicWords } from '../../lib/meta/atomic-words.ts';
import { i32, plainViews, table } from '../../lib/meta/column.ts';

test('atomic words are read and written whole, and exchanged', () => {
  const memory = new Int32Array(3);
  const words = new AtomicWords(memory);
  words.store(1, -5);
  expect([words.length, words.load(0), words.load(1)]).toEqual([3, 0, -5]);
  expect([words.exchange(1, 8), memory[1]]).toEqual([-5, 8]);
  expect([words.compareExchange(1, 7, 9), memory[1]]).toEqual([8, 8]);
  expect([words.compareExchange(1, 8, 9), memory[1]]).toEqual([8, 9]);
});

test('a column that is atomic by its declaration has no view that can be indexed', () => {
  const { plain, atomic } = plainViews(
    table('t', 'other', { plain: i32('heap'), atomic: i32('atomic', 2) }),
    3,
  );
  expect(plain).toBeInstanceOf(Int32Array);
  expect(plain).toHaveLength(3);
  expect(atomic).toBeInstanceOf(AtomicWords);
  expect(atomic).toHaveLength(6);
  // @ts-expect-error a plain access does not compile
  expect(atomic[0]).toBeUndefined();
});
