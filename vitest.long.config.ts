import { defineConfig } from 'vitest/config';
import { common } from './vitest.config.ts';

/** `npm run test:long`: what tries everything. Minutes, two files at a time. */
export default defineConfig({
  test: {
    ...common,
    include: ['test/long/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
  },
});
