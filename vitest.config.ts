import { defineConfig } from 'vitest/config';

// Messages name commands as their process was started (lib/base/called-as.ts): tests are the same by npm, by npx and by neither.
delete process.env.npm_command;

/**
 * `npm test` runs three projects: the first two together, two files at a time; then the third.
 *
 * - `together`: layers whose tests leave their process as it was. Files share two processes, which saves loading the
 *   same modules two hundred times, a third of the CPU time.
 * - `parallel`: each file in a process of its own.
 * - `alone`: what watches the clock of the machine (pace, samples, several processes at a time), one file at a time.
 *
 * What takes minutes, because it tries everything, is in test/long (`npm run test:long`, vitest.long.config.ts).
 */
const alone = [
  'test/bench/{pair,rounds}.test.ts',
  'test/lab/run/fork-run.test.ts',
  'test/lab/run/run.test.ts',
  'test/lab/run/sampler.test.ts',
  'test/lab/run/workload-run.test.ts',
];

const together = [
  'alloc',
  'api',
  'base',
  'cli',
  'course',
  'design',
  'gc',
  'heap',
  'inspect',
  'meta',
  'pages',
  'runtime',
  'scavenge',
  'spans',
  'lab/{compare,conformance,contenders,export,library,live,metrics,questions,record,report,trace,verify,workloads}',
].map((layer) => `test/${layer}/**/*.test.ts`);

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
  // What is compiled, and modules that a test writes, are loaded by Node, as a user's are: what it says of a faulty one
  // is under test.
  server: { deps: { external: [/\/dist\/lib\//, /\/pageheap-[^/]+\/[^/]+\.m?js$/] } },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: together,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'parallel',
          include: ['test/**/*.test.ts'],
          exclude: ['test/long/**', ...alone, ...together],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: { ...common, name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
