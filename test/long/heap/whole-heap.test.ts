/** The programs of test/heap/models, longer and more of them. Another choice of seeds: PAGEHEAP_SEED=n. */
import { describe, expect, test } from 'vitest';
import { type Program, runProgram } from '../../heap/models/program.ts';

const first = Number(process.env.PAGEHEAP_SEED ?? 1000);
const seeds = Array.from({ length: 15 }, (_, i) => first + i);

const designs: readonly [string, Program['options']][] = [
  ['2014', { generation: 'lists' }],
  ['2019', { generation: 'treap' }],
  ['2019, scavenging on reuse', { generation: 'treap', scavengeOnReuse: true }],
  ['2023', { generation: 'radix' }],
];

describe.each(designs)('whole heaps of %s', (_name, options) => {
  test.each(seeds)('place every object as the model does, seed %i', (seed) => {
    const { cycles, objects } = runProgram({ seed, steps: 20_000, every: 4000, options });
    expect(cycles).toBeGreaterThan(40);
    expect(objects).toBeGreaterThan(8000);
  });
});
