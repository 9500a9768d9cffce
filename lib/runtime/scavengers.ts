/** Scavengers by name: makes the one that the design asks for. */
import type { Design } from '../design/design.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Clock } from '../os/clock.ts';
import { AgeScavenger } from '../scavenge/age.ts';
import { AgeRounds, ageTable } from '../scavenge/age-rounds.ts';
import { BackgroundScavenger, type BackgroundScavengerDeps } from '../scavenge/background.ts';
import { GrowthScavenger } from '../scavenge/growth.ts';
import { GrowthCredit, growthCreditTable } from '../scavenge/growth-credit.ts';
import { NoScavenger } from '../scavenge/no-scavenger.ts';
import type { Scavenger } from '../scavenge/scavenger.ts';

export interface ScavengerOptions {
  /** Off: only what is forced is released. */
  readonly enabled: boolean;
  /** Nanoseconds after which the scavengers by age release. */
  readonly scavengeAfter: number;
  /** Bytes. */
  readonly physPageSize: number;
  readonly historical: boolean;
  /** By what the background scavenger measures its work; undefined: by the heap's clock. */
  readonly workClock: Clock | undefined;
}

export function makeScavenger(
  { scavenger, scavengeOnReuse }: Pick<Design, 'scavenger' | 'scavengeOnReuse'>,
  meta: MetaMemory,
  deps: BackgroundScavengerDeps,
  { enabled, scavengeAfter, physPageSize, historical, workClock }: ScavengerOptions,
): Scavenger {
  const { pages, state, log, trace } = deps;
  const rounds = new AgeRounds(meta.views(ageTable), scavengeAfter);
  const byAge = { pages, state, clock: log, rounds, trace, enabled };
  switch (scavenger) {
    case 'none':
      return new NoScavenger(pages, state, trace);
    case 'age':
      return new AgeScavenger(byAge);
    case 'growth':
      return new GrowthScavenger(byAge, new GrowthCredit(meta.views(growthCreditTable)), scavengeOnReuse);
    case 'background':
      return new BackgroundScavenger(meta, deps, { enabled, physPageSize, historical, workClock });
  }
}
