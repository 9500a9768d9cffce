import { defineConfig } from 'vitest/config';

// Messages name commands as their process was started (lib/base/called-as.ts): tests are the same by npm, by npx and by neither.
delete process.env.npm_command;

export const common = {
  pool: 'forks' as const,
  // Helper threads of V8's, and a small nursery, make its collections dearer where a process makes many heaps.
  execArgv: ['--no-concurrent-marking', '--no-parallel-scavenge', '--min-semi-space-size=16'],
  // These end what hangs; no test tells by them how fast a machine is. A busy one needs twenty times as long as a quiet one.
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 120_000 } },
  // No test reads certificates of conformance that are the user's; what writes some has a folder of its own.
  env: { XDG_CACHE_HOME: '/proc/none' },
  // What is random goes by one seed where that is set.
  setupFiles: process.env.PAGEHEAP_TEST_SEED === undefined ? [] : ['test/support/seeds.ts'],
  // What is compiled, and modules that a test writes, are loaded by Node, as a user's are: what it says of a faulty one
  // is under test.
  server: { deps: { external: [/\/dist\/lib\//, /\/pageheap-[^/]+\/[^/]+\.m?js$/] } },
};

/**
 * `npm test`: three files at a time, in three processes that all files share: on two processors one of three is as a rule waiting for a
 * child or a clock, and to load the same modules three hundred times takes a third of the CPU time. So a test leaves its process as it was; what it cannot undo, such as a limit or a crash,
 * it does in a child.
 *
 * What takes minutes, because it tries everything, is in test/long (`npm run test:long`, vitest.long.config.ts).
 */
export default defineConfig({
  test: {
    ...common,
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    isolate: false,
    maxWorkers: 3,
  },
});
