/** Triggers by name: makes the one that the design asks for. */
import type { Part } from '../base/part.ts';
import { marksConcurrently } from '../design/consequences.ts';
import type { Design } from '../design/design.ts';
import { ConcurrentPacer } from '../gc/concurrent-pacer.ts';
import type { GcSettings } from '../gc/gc-settings.ts';
import { type GoalTuning, HeapGoals } from '../gc/heap-goals.ts';
import type { LiveView } from '../gc/heap-view.ts';
import { LiveTrigger, liveTriggerTable } from '../gc/live-trigger.ts';
import { Pacer } from '../gc/pacer.ts';
import { pacerTable } from '../gc/pacer-table.ts';
import { RootCounters } from '../gc/roots.ts';
import { runningCycleTable } from '../gc/running-cycle.ts';
import { Scannables } from '../gc/scannables.ts';
import type { ConcurrentTrigger, Trigger } from '../gc/trigger.ts';
import { PolicyTrigger, type TriggerPolicy } from '../gc/trigger-policy.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

export interface TriggerOptions extends GoalTuning {
  readonly design: Pick<Design, 'trigger' | 'liveness' | 'marking'>;
}

export interface Triggers {
  readonly trigger: Trigger;
  readonly concurrent: ConcurrentTrigger | undefined;
}

/** The trigger; also as one that paces marking beside the program, where it does. */
export function makeTrigger(
  { design, ...tuning }: TriggerOptions,
  meta: MetaMemory,
  settings: GcSettings,
  state: HeapState,
  { part, view }: { readonly part: Part<TriggerPolicy> | undefined; readonly view: () => LiveView },
): Triggers {
  const own = ownTrigger(design, tuning, meta, settings, state);
  // A policy sets a goal; marking beside the program needs more, and is refused beside one.
  return part === undefined
    ? own
    : { trigger: new PolicyTrigger(part, own.trigger, view), concurrent: undefined };
}

function ownTrigger(
  design: TriggerOptions['design'],
  tuning: GoalTuning,
  meta: MetaMemory,
  settings: GcSettings,
  state: HeapState,
): Triggers {
  if (design.trigger === 'live') {
    const freed = (): number => state.counters.totalFree[0];
    return { trigger: new LiveTrigger(meta.views(liveTriggerTable), settings, freed), concurrent: undefined };
  }
  const columns = meta.views(pacerTable);
  const goals = new HeapGoals(columns, settings, tuning);
  if (!marksConcurrently(design)) return { trigger: new Pacer(columns, goals), concurrent: undefined };
  const scannable = new Scannables(state.counters, meta.views(runningCycleTable), new RootCounters(meta));
  const concurrent = new ConcurrentPacer(columns, goals, settings, scannable);
  return { trigger: concurrent, concurrent };
}
