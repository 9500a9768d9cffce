/** Triggers by name: makes the one that the design asks for. */
import type { Design } from '../design/design.ts';
import type { GcSettings } from '../gc/gc-settings.ts';
import { HeapGoals } from '../gc/heap-goals.ts';
import { LiveTrigger, liveTriggerTable } from '../gc/live-trigger.ts';
import { Pacer } from '../gc/pacer.ts';
import { pacerTable } from '../gc/pacer-table.ts';
import type { Trigger } from '../gc/trigger.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

export function makeTrigger(
  kind: Design['trigger'],
  meta: MetaMemory,
  settings: GcSettings,
  state: HeapState,
): Trigger {
  switch (kind) {
    case 'live':
      return new LiveTrigger(meta.views(liveTriggerTable), settings, () => state.counters.totalFree[0]);
    case 'paced': {
      const columns = meta.views(pacerTable);
      return new Pacer(columns, new HeapGoals(columns, settings));
    }
  }
}
