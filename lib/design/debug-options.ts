/** What GODEBUG sets where no option does, as far as the design can have it. */
import type { Design } from './design.ts';
import type { DebugSwitch } from './environment.ts';

/** GODEBUG scavenge=1, as the runtimes of 2014 and 2019 take it: nanoseconds until memory goes, and between collections. */
const debugScavenge = { after: 20e6, gcPeriod: 10e6 } as const;

export type DebugSwitches = Readonly<Partial<Record<DebugSwitch, number>>>;

/** Options that a switch stands for; those of switches that are not set are left out. */
interface DebugOptions {
  readonly hardDecommit?: boolean;
  readonly disableHugePages?: boolean;
  readonly clobberFree?: boolean;
  readonly efence?: boolean;
  readonly sbrk?: boolean;
  readonly checkMark?: boolean;
  readonly sweepsInPause?: boolean;
  readonly memProfileRate?: number;
  readonly nameMappings?: boolean;
  readonly forcedGCPeriod?: number;
  readonly scavengeAfter?: number;
}

export const isOn = (value: number | undefined): boolean | undefined =>
  value === undefined ? undefined : value !== 0;

export function debugOptions(
  debug: DebugSwitches,
  { scavenger, pageHeap, hugePageHints, liveness }: Design,
): DebugOptions {
  const [harddecommit, disablethp, clobberfree, efence, checkmark, decorate] = [
    isOn(debug.harddecommit),
    isOn(debug.disablethp),
    isOn(debug.clobberfree),
    isOn(debug.efence),
    isOn(debug.gccheckmark),
    isOn(debug.decoratemappings),
  ];
  const scavengeALot = (debug.scavenge ?? 0) > 0 && (scavenger === 'age' || scavenger === 'growth');
  return {
    ...(harddecommit === undefined ? {} : { hardDecommit: harddecommit && pageHeap === 'radix' }),
    ...(disablethp === undefined ? {} : { disableHugePages: disablethp && !hugePageHints }),
    ...(clobberfree === undefined ? {} : { clobberFree: clobberfree }),
    ...(efence === undefined ? {} : { efence }),
    ...(debug.sbrk === undefined ? {} : { sbrk: isOn(debug.sbrk) === true }),
    ...(checkmark === undefined ? {} : { checkMark: checkmark && liveness === 'tracing' }),
    ...(debug.gcstoptheworld === undefined ? {} : { sweepsInPause: debug.gcstoptheworld === 2 }),
    ...(debug.memprofilerate === undefined ? {} : { memProfileRate: Math.max(0, debug.memprofilerate) }),
    ...(decorate === undefined ? {} : { nameMappings: decorate }),
    ...(scavengeALot ? { forcedGCPeriod: debugScavenge.gcPeriod, scavengeAfter: debugScavenge.after } : {}),
  };
}

/** What is asked for by options that sbrk does not go with. */
export interface AskedBesideSbrk {
  readonly sbrk?: boolean | undefined;
  readonly liveness?: string | undefined;
  readonly efence?: boolean | undefined;
  readonly memProfileRate?: number | undefined;
  readonly allocFreeTrace?: string | undefined;
}

/** What looks at single objects in spans, which has no effect beside sbrk: there are none. As in Go. */
const ofSpans = ['efence', 'memprofilerate', 'allocfreetrace'] as const;

/**
 * Of sbrk and what does not go with it, the environment has what the options leave it: an option counts before a switch;
 * of two switches, sbrk, which comes first in the runtime's allocator.
 * @returns the switches that are left
 */
export function settleSbrk(
  debug: DebugSwitches,
  asked: AskedBesideSbrk,
  warn: (text: string) => void,
): DebugSwitches {
  const { sbrk, ...others } = debug;
  if (!(asked.sbrk ?? isOn(sbrk) ?? false)) return debug;
  const taken =
    asked.liveness === 'tracing'
      ? "with the liveness 'tracing'"
      : asked.efence === true
        ? 'beside efence'
        : (asked.memProfileRate ?? 0) > 0
          ? 'beside memProfileRate'
          : asked.allocFreeTrace === undefined
            ? undefined
            : 'beside allocFreeTrace';
  if (asked.sbrk === undefined && taken !== undefined) {
    warn(`GODEBUG: sbrk has no effect ${taken}, which the options ask for`);
    return others;
  }
  const left: Record<string, number> = { ...debug };
  for (const name of ofSpans) {
    if (isOn(debug[name]) === true)
      warn(`GODEBUG: ${name} has no effect with sbrk, which has no spans of objects`);
    delete left[name];
  }
  return left;
}

/** What of it has no effect in a design, a sentence each. */
export function debugWarnings(debug: DebugSwitches, { liveness, scavenger }: Design): string[] {
  const warnings: string[] = [];
  const pointless = ['gccheckmark'];
  // The sweep of gcstoptheworld=2 is every heap's.
  if (debug.gcstoptheworld !== 2) pointless.push('gcstoptheworld');
  for (const name of pointless as DebugSwitch[])
    if (isOn(debug[name]) === true && liveness === 'explicit')
      warnings.push(`GODEBUG: ${name} has no effect with the liveness 'explicit', which marks no pointers`);
  if (debug.scavenge !== undefined && scavenger !== 'age' && scavenger !== 'growth')
    warnings.push(`GODEBUG: scavenge has no effect with the scavenger '${scavenger}'`);
  return warnings;
}
