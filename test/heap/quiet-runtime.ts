/** A heap's parts in which nothing runs unless it is called; disposed of when the test has ended. */
import { onTestFinished } from 'vitest';
import { MiB } from '../../lib/base/units.ts';
import { type HeapOptions, resolveOptions } from '../../lib/design/options.ts';
import { systemClock } from '../../lib/os/clock.ts';
import { Sys } from '../../lib/os/sys.ts';
import { createRuntime } from '../../lib/runtime/create.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';

export function quietRuntime(options: HeapOptions = {}, sys?: Sys): Runtime {
  const resolved = resolveOptions({
    environment: false,
    collect: false,
    scavenge: false,
    reach: 256 * MiB,
    ps: 2,
    ...options,
  });
  const runtime = createRuntime(sys ?? new Sys({ advise: resolved.design.advise, debug: true }), resolved, {
    clock: options.clock ?? systemClock,
    gctrace: false,
    scavtrace: false,
    onEvent: undefined,
  });
  onTestFinished(() => runtime.dispose());
  return runtime;
}
