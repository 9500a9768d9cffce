/**
 * Which design has which number and takes which part, and why another does not: what is asked for in vain is refused by
 * name.
 *
 * Not here: what a number may be (tuning.ts); what else does not go together (refusals.ts).
 */
import { marksConcurrently } from './consequences.ts';
import type { Design } from './design.ts';
import { refuseOption } from './option.ts';
import type { Parts } from './parts.ts';
import { whyNoLimit } from './refusals.ts';
import type { tuningOptions } from './tuning.ts';

type Asked = Readonly<Record<string, unknown>>;
type Reason = (design: Design, parts: Parts, asked: Asked) => string | undefined;

const background: Reason = ({ scavenger }, { scavengePolicy }) =>
  scavenger !== 'background'
    ? `is of the scavenger 'background', and this heap has '${scavenger}'`
    : scavengePolicy !== undefined
      ? "is of the scavenger 'background', and this heap has a scavenge policy"
      : undefined;

const controller: Reason = (design, parts, asked) =>
  background(design, parts, asked) ??
  (parts.scavengeController === undefined
    ? undefined
    : 'is of the built-in controller, and this heap has one of its own');

const paced: Reason = ({ trigger }, { triggerPolicy }) =>
  trigger !== 'paced'
    ? `is of the trigger 'paced', and this heap has '${trigger}'`
    : triggerPolicy !== undefined
      ? "is of the trigger 'paced', and this heap has a trigger policy"
      : undefined;

const radix: Reason = ({ pageHeap }) =>
  pageHeap === 'radix' ? undefined : `is of the page heap 'radix', and this heap has '${pageHeap}'`;

const dense: Reason = (design, parts, asked) =>
  radix(design, parts, asked) ??
  (parts.denseRule === undefined ? undefined : 'is of the built-in rule, and this heap has one of its own');

const limit: Reason = (design) => {
  const why = whyNoLimit(design);
  return why === undefined ? undefined : `is for the sake of a memory limit: ${why}`;
};

const numbers: Readonly<Record<keyof typeof tuningOptions, Reason>> = {
  retainExtra: background,
  scavengePercent: background,
  scavengeQuantum: background,
  controllerKp: controller,
  controllerTi: controller,
  controllerTt: controller,
  controllerMin: controller,
  controllerMax: controller,
  limitMargin: background,
  limitHeadroom: paced,
  gcCpuLimit: limit,
  heapMinimum: paced,
  densePages: dense,
  denseGenerations: dense,
  pageCachePages: (design, parts, asked) =>
    radix(design, parts, asked) ??
    (parts.pageCachePolicy === undefined
      ? undefined
      : 'is of the built-in page cache, and this heap has a policy of its own'),
};

const ofParts: Partial<Readonly<Record<keyof Parts, Reason>>> = {
  advicePolicy: (_design, _parts, { hardDecommit, hugePageAdvice = 'none' }) =>
    hardDecommit === true
      ? 'says what becomes of released memory, and so does hardDecommit'
      : hugePageAdvice !== 'none'
        ? 'says where huge pages may be, and so does hugePageAdvice'
        : undefined,
  triggerPolicy: (design) =>
    marksConcurrently(design)
      ? "paces collections that mark within a pause, and the marking 'incremental' needs more than a goal; choose the marking 'stop-the-world'"
      : undefined,
  scavengeController: background,
  denseRule: radix,
  pageCachePolicy: radix,
};

/** @param asked what was asked for, by name @throws PageHeapError ERR_INVALID_OPTION, naming what the design has not */
export function refuseTuning(design: Design, asked: Asked, parts: Parts): void {
  for (const [name, reason] of [...Object.entries(numbers), ...Object.entries(ofParts)]) {
    if (asked[name] === undefined) continue;
    const why = reason(design, parts, asked);
    if (why !== undefined) refuseOption(name, why, asked[name]);
  }
}
