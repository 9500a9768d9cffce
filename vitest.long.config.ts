import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { common } from './vitest.config.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The tests of `npm test` that can go farther: they ask test/support/extent.ts how far. */
const farther = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path}`)
  .filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/long/'))
  .filter((path) => readFileSync(root + path, 'utf8').includes('/support/extent.ts'));

/** `npm run test:long`: what tries everything. Minutes, two files at a time. */
export default defineConfig({
  test: {
    ...common,
    include: ['test/long/**/*.test.ts', ...farther],
    maxWorkers: 2,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    env: { ...common.env, PAGEHEAP_TEST_EXTENT: '10' },
  },
});
