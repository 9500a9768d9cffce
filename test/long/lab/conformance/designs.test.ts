/** Other designs that keep the contract, under every check and many random runs. */
import { describe, it } from 'vitest';
import { conformanceChecks } from '../../../../lib/lab/conformance/index.ts';
import { designs } from '../../../lab/conformance/designs.ts';
import { classOf } from '../../../lab/conformance/example-edits.ts';

describe.each(designs)('%s keeps the contract:', (_what, edits) => {
  const Class = classOf(...edits);
  for (const { name, run } of conformanceChecks((host) => new Class(host), { runs: 200 })) it(name, run);
});
