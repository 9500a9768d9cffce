import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { common } from './vitest.config.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The tests of `npm test` that can go farther: they ask test/support/extent.ts how far. */
const farther = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path}`)
  .filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/long/'))
  .filter((path) => readFileSync(root + path, 'utf8').includes('/support/extent.ts'));

/** What takes minutes by itself goes first: begun last, it would be waited for with one worker idle. */
const longest = ['/long/course/', '/long/lab/questions/', '/long/api/', '/long/lab/live/', '/long/alloc/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((part) => moduleId.includes(part));
      return found === -1 ? longest.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** `npm run test:long`: what tries everything. Minutes, two files at a time. */
export default defineConfig({
  test: {
    ...common,
    include: ['test/long/**/*.test.ts', ...farther],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    env: { ...common.env, PAGEHEAP_TEST_EXTENT: '10' },
  },
});
