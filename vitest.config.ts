import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // No test reads certificates of conformance that are the user's; what writes some has a folder of its own.
    env: { XDG_CACHE_HOME: '/proc/none' },
  },
});
