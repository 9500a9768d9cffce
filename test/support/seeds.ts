/**
 * Loaded before each file of tests where PAGEHEAP_TEST_SEED is set, as .ci/run does: all that is random in it goes by that
 * seed, so that the same tree gives the same verdict. A test that fails prints its own seed all the same.
 *
 * Each file begins anew, whatever its process has run before. Processes that tests start choose for themselves.
 */
import fc from 'fast-check';
import { Random } from './random.ts';

const seed = Number(process.env.PAGEHEAP_TEST_SEED);
if (!Number.isInteger(seed) || seed < 1 || seed >= 2 ** 31)
  throw new Error(
    `PAGEHEAP_TEST_SEED: a whole number from 1 to 2147483647, not ${process.env.PAGEHEAP_TEST_SEED}`,
  );

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });

const random = new Random(seed);
Math.random = () => random.below(2 ** 32) / 2 ** 32;
