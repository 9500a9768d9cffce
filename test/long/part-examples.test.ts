/** The examples of parts pass the whole suite, with more random sequences. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { partOptions } from '../../lib/design/parts.ts';
import { partChecks } from '../../lib/lab/conformance/part-checks.ts';
import { loadClass } from '../../lib/lab/subject/load-class.ts';
import { exportOf } from '../../lib/lab/subject/modules.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

describe.each(Object.keys(partOptions))('the example of %s', (option) => {
  it('passes every check', async () => {
    const file = join(examples, option === 'scavengePolicy' ? 'steady.mjs' : 'policies.mjs');
    const kind = await loadClass(file, exportOf(option) ?? '');
    const skipped = partChecks(option, kind, { seed: 11, runs: 200 }).flatMap(
      ({ attempt }) => attempt() ?? [],
    );
    expect(skipped.length).toBeLessThanOrEqual(3);
  });
});
