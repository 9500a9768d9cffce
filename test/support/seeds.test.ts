/** What is random goes by PAGEHEAP_TEST_SEED where that is set: the same again, file by file. */
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { seedOf } from './random.ts';

const { random } = Math;
const settings = fc.readConfigureGlobal();
afterAll(() => {
  Math.random = random;
  fc.configureGlobal(settings);
  vi.unstubAllEnvs();
});

let files = 0;

/** What a file of tests gets that begins with that seed. */
async function drawnWith(seed: string): Promise<unknown[]> {
  vi.stubEnv('PAGEHEAP_TEST_SEED', seed);
  // As a module of its own each time.
  await import(/* @vite-ignore */ `./seeds.ts?${++files}`);
  const drawn: unknown[] = [];
  fc.assert(
    fc.property(fc.integer(), (n) => {
      drawn.push(n);
    }),
    { numRuns: 3 },
  );
  return [seedOf('PAGEHEAP_NO_SUCH_SEED'), Math.random(), ...drawn];
}

it('the same seed brings the same, another one something else', async () => {
  const first = await drawnWith('7');
  expect(await drawnWith('7')).toEqual(first);
  expect((await drawnWith('8')).map((n, i) => n === first[i])).toEqual([false, false, false, false, false]);
});

it.each(['0', 'x', '1.5', '2147483648'])('%s is no seed', async (seed) => {
  await expect(drawnWith(seed)).rejects.toThrow(/PAGEHEAP_TEST_SEED: a whole number from 1/);
});
