/** What says when a collection is due and keeps account of those there were; and the heap as policies see it. */
import { CpuLimiter, cpuLimiterTable } from '../gc/cpu-limiter.ts';
import { CycleLog } from '../gc/cycle-log.ts';
import { GcSettings, gcSettingsTable } from '../gc/gc-settings.ts';
import { CurrentSizes, type HeapSizes } from '../gc/heap-sizes.ts';
import { LiveView } from '../gc/heap-view.ts';
import type { ConcurrentTrigger, Trigger } from '../gc/trigger.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { PageHeap } from '../pages/contract.ts';
import type { HeapMemory } from './heap-memory.ts';
import type { CustomParts } from './parts.ts';
import { makeTrigger } from './triggers.ts';

export interface Pacing {
  readonly settings: GcSettings;
  readonly trigger: Trigger;
  /** The trigger, where it paces marking beside the program. */
  readonly concurrent: ConcurrentTrigger | undefined;
  readonly sizes: HeapSizes;
  readonly limiter: CpuLimiter;
  readonly log: CycleLog;
  /** The heap, for policies. */
  readonly view: LiveView;
}

export function wirePacing(
  { meta, options, physPageSize, watch }: HeapMemory,
  state: HeapState,
  pages: PageHeap,
  parts: CustomParts,
): Pacing {
  const settings = new GcSettings(meta.views(gcSettingsTable));
  const sizes = new CurrentSizes(state, meta.accounts);
  const log = new CycleLog(meta, watch.clock);
  const view: LiveView = new LiveView({
    ...{ state, sizes, settings, log, pages, physPageSize },
    trigger: () => triggers.trigger,
  });
  const policy = { part: parts.triggerPolicy(), view: () => view };
  const triggers = makeTrigger(options, meta, settings, state, policy);
  const limiter = new CpuLimiter(meta.views(cpuLimiterTable), options.gcCpuLimit);
  return { settings, ...triggers, sizes, limiter, log, view };
}
