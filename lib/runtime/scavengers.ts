/** Scavengers by name: makes the one that the design asks for, and puts a policy of the user's before it. */
import type { LiveView } from '../gc/heap-view.ts';
import { threadCpuClock } from '../os/clock.ts';
import { AgeScavenger } from '../scavenge/age.ts';
import { AgeRounds, ageTable } from '../scavenge/age-rounds.ts';
import { BackgroundScavenger, type BackgroundScavengerDeps } from '../scavenge/background.ts';
import { GrowthScavenger } from '../scavenge/growth.ts';
import { GrowthCredit, growthCreditTable } from '../scavenge/growth-credit.ts';
import { NoScavenger } from '../scavenge/no-scavenger.ts';
import { PolicyScavenger } from '../scavenge/policy-scavenger.ts';
import type { Scavenger } from '../scavenge/scavenger.ts';
import type { HeapMemory } from './heap-memory.ts';
import type { CustomParts } from './parts.ts';

/** @param view the heap as a policy sees it */
export function makeScavenger(
  memory: HeapMemory,
  parts: CustomParts,
  deps: BackgroundScavengerDeps,
  view: LiveView,
): Scavenger {
  const own = ownScavenger(memory, parts, deps);
  const policy = parts.scavengePolicy(memory.physPageSize, deps.pages);
  if (policy === undefined) return own;
  return new PolicyScavenger(deps, policy, view, own, memory.options.scavenge);
}

function ownScavenger(
  { meta, options, design, physPageSize }: HeapMemory,
  parts: CustomParts,
  deps: BackgroundScavengerDeps,
): Scavenger {
  const { pages, state, log, trace } = deps;
  const { scavenge: enabled, retainExtra, limitMargin } = options;
  const rounds = new AgeRounds(meta.views(ageTable), options.scavengeAfter);
  const byAge = { pages, state, clock: log, rounds, trace, enabled };
  switch (design.scavenger) {
    case 'none':
      return new NoScavenger(pages, state, trace);
    case 'age':
      return new AgeScavenger(byAge);
    case 'growth':
      return new GrowthScavenger(
        byAge,
        new GrowthCredit(meta.views(growthCreditTable)),
        design.scavengeOnReuse,
      );
    case 'background':
      return new BackgroundScavenger(meta, deps, {
        ...{ enabled, physPageSize, retainExtra, limitMargin },
        historical: options.historicalScavengeGoal,
        workClock: options.scavengeClock === 'cpu' ? threadCpuClock : undefined,
        bursts: {
          percent: options.scavengePercent,
          quantum: options.scavengeQuantum,
          pi: {
            ...{ kp: options.controllerKp, ti: options.controllerTi, tt: options.controllerTt },
            ...{ min: options.controllerMin, max: options.controllerMax },
          },
        },
        controller: parts.controller(options.controllerMin),
      });
  }
}
