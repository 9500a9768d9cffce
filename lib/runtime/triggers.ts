/** Triggers by name: makes the one that the design asks for. */
import { marksConcurrently } from '../design/consequences.ts';
import type { Design } from '../design/design.ts';
import { ConcurrentPacer } from '../gc/concurrent-pacer.ts';
import type { GcSettings } from '../gc/gc-settings.ts';
import { HeapGoals } from '../gc/heap-goals.ts';
import { LiveTrigger, liveTriggerTable } from '../gc/live-trigger.ts';
import { Pacer } from '../gc/pacer.ts';
import { pacerTable } from '../gc/pacer-table.ts';
import { RootCounters } from '../gc/roots.ts';
import { runningCycleTable } from '../gc/running-cycle.ts';
import { Scannables } from '../gc/scannables.ts';
import type { ConcurrentTrigger, Trigger } from '../gc/trigger.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

/** The trigger; also as one that paces marking beside the program, where it does. */
export function makeTrigger(
  design: Pick<Design, 'trigger' | 'liveness' | 'marking'>,
  meta: MetaMemory,
  settings: GcSettings,
  state: HeapState,
): { trigger: Trigger; concurrent: ConcurrentTrigger | undefined } {
  if (design.trigger === 'live') {
    const freed = (): number => state.counters.totalFree[0];
    return { trigger: new LiveTrigger(meta.views(liveTriggerTable), settings, freed), concurrent: undefined };
  }
  const columns = meta.views(pacerTable);
  const goals = new HeapGoals(columns, settings);
  if (!marksConcurrently(design)) return { trigger: new Pacer(columns, goals), concurrent: undefined };
  const scannable = new Scannables(state.counters, meta.views(runningCycleTable), new RootCounters(meta));
  const concurrent = new ConcurrentPacer(columns, goals, settings, scannable);
  return { trigger: concurrent, concurrent };
}
