/**
 * A heap's parts, for the measurements that go below its public face: nothing runs unless called.
 */

import { resolveOptions } from '../../lib/design/options.ts';
import { systemClock } from '../../lib/os/clock.ts';
import { Sys } from '../../lib/os/sys.ts';
import { createRuntime } from '../../lib/runtime/create.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';

export function quietRuntime(): Runtime {
  const options = resolveOptions({ collect: false, scavenge: false, environment: false });
  const sys = new Sys({ advise: options.design.advise, timed: options.timed });
  return createRuntime(sys, options, {
    clock: systemClock,
    gctrace: false,
    scavtrace: false,
    onEvent: undefined,
  });
}
