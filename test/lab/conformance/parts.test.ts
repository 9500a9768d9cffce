/** The suite for parts of a heap: the examples pass it, and what misbehaves is told. (A call that does not end: test/cli/conform-parts.test.ts; all checks of all examples: test/long.). */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { partOptions } from '../../../lib/design/parts.ts';
import { partChecks } from '../../../lib/lab/conformance/part-checks.ts';
import { loadClass } from '../../../lib/lab/subject/load-class.ts';
import { exportOf } from '../../../lib/lab/subject/modules.ts';
import { times } from '../../support/extent.ts';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));

const subjects: readonly (readonly [option: string, file: string])[] = Object.keys(partOptions).map(
  (option) => [option, join(examples, option === 'scavengePolicy' ? 'steady.mjs' : 'policies.mjs')],
);

describe.each(subjects)('the example of %s', (option, file) => {
  it('passes checks', async () => {
    const kind = await loadClass(file, exportOf(option) ?? '');
    // Each part another third of them.
    const third = subjects.findIndex(([name]) => name === option) % 3;
    const checks = partChecks(option, kind, { seed: 7, runs: times(4, 10) });
    expect(checks.length).toBeGreaterThan(14);
    const skipped = checks.flatMap(({ attempt }, i) => (i % 3 === third ? (attempt() ?? []) : []));
    expect(skipped.length).toBeLessThanOrEqual(2);
  });
});

it('a policy that keeps a heap busy, and one that answers nonsense, break checks', () => {
  class Busy {
    #left = 50;
    onTime(heap: { heapFree: number }) {
      // Now and then a byte goes, so that it is not in vain.
      return { release: heap.heapFree > 0 ? 8192 : 0, again: this.#left-- > 0 ? 0 : 1e6 };
    }
  }
  class Wrong {
    onCycle() {
      return { release: '5' };
    }
  }
  const broken = (kind: unknown): string[] =>
    partChecks('scavengePolicy', kind, { seed: 1, runs: 10 })
      .slice(0, 2)
      .flatMap(({ attempt }) => {
        try {
          attempt();
          return [];
        } catch (error) {
          return [(error as Error).message];
        }
      });
  expect(broken(Busy)).toEqual([]);
  const wrong = broken(Wrong);
  expect(wrong).toHaveLength(1);
  expect(wrong[0]).toMatch(/onCycle answered \{ release: '5' \}, and must answer bytes/);
});
