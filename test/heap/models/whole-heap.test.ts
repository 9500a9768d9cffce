import { expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../../lib/api/index.ts';
import { those } from '../../support/extent.ts';
import { type Program, runProgram } from './program.ts';

const designs: readonly Program['options'][] = [
  { generation: 'lists' },
  { generation: 'treap' },
  { generation: 'treap', scavengeOnReuse: true },
  { generation: 'radix' },
];

test('the sweep of 2014 goes by the age of records: the span freed last is taken first', () => {
  const heap = new Heap({ generation: 'lists', collect: false, environment: false, scavenge: false });
  onTestFinished(() => heap.dispose());
  const five = (): number => heap.malloc(40_000);
  const a = five();
  five();
  const b = five();
  five();
  heap.drop(a);
  heap.gc();
  // It takes over the record that was first made, that of `a`, and so is swept before `b`.
  const c = five();
  expect(c).toBe(a);
  heap.drop(b);
  heap.drop(c);
  heap.gc();
  expect(five()).toBe(b);
});

test.each(
  designs.flatMap((options) =>
    those([1, 2, 3], (seed) => seed === 1).map((seed) => ({
      name: Object.values(options).join(' '),
      options,
      seed,
    })),
  ),
)('a random program gets the addresses of the model: $name, seed $seed', ({ options, seed }) => {
  const { cycles, objects } = runProgram({ seed, steps: 3000, options });
  expect(cycles).toBeGreaterThan(5);
  expect(objects).toBeGreaterThan(1000);
});
