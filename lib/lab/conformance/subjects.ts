/**
 * What the suite is run on: a built-in page heap by its name, or the class of a module.
 */
import { describeThrown, nameOfClass } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';
import { lookable } from '../../base/thrown.ts';
import { pageCount, pageSize } from '../../base/units.ts';
import { type Generation, generations } from '../../design/design.ts';
import type { PageHeap, PageHeapClass, PageHeapHost } from '../../pages/contract.ts';
import { requirePageHeap } from '../../pages/guard.ts';
import {
  type StandAlone,
  standAloneLists,
  standAloneRadix,
  standAloneTreap,
} from '../../pages/stand-alone.ts';
import { loadClass } from '../subject/load-class.ts';
import type { ConformanceCheck } from './check.ts';
import { conformanceChecks } from './checks.ts';
import { kernelChecks } from './kernel.ts';
import type { RandomRunOptions } from './random-run.ts';
import { type MakePageHeap, reachPages } from './session.ts';
import { ThrownError } from './steps.ts';

/** Who makes the page heap, alone and in a heap. */
export interface ConformanceSubject {
  readonly make: MakePageHeap;
  readonly kind: Generation | PageHeapClass;
}

/** The design of 2014 knows no physical page larger than its own. */
function standAloneSmallPages(host: PageHeapHost): StandAlone<PageHeap> {
  if (host.physPages > 1) throw new RangeError('made for physical pages of at most 8 KiB');
  return standAloneLists(host);
}

const standAlone: Readonly<Record<Generation, (host: PageHeapHost) => StandAlone<PageHeap>>> = {
  lists: standAloneSmallPages,
  treap: standAloneTreap,
  radix: (host) =>
    standAloneRadix(host, {
      physPageSize: host.physPages === 1 ? 4096 : host.physPages * pageSize,
      physHugePageSize: 2 ** 21,
    }),
};

export const isBuiltIn = (name: string): name is Generation =>
  (generations as readonly string[]).includes(name);

function builtIn(kind: Generation): ConformanceSubject {
  // One at a time is looked at, so what the one before it lay in can go.
  let last: StandAlone<PageHeap> | undefined;
  const make = (host: PageHeapHost): PageHeap => {
    last?.dispose();
    last = undefined;
    last = standAlone[kind](host);
    return last.pages;
  };
  return { make, kind };
}

/** As requirePageHeap, which speaks of an option that nobody gave here. */
function complete(made: PageHeap, name: string): PageHeap {
  try {
    return requirePageHeap(made, name);
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    const message = error.message.replace(/^option pageHeap: /, '');
    throw new PageHeapError(error.code, message, { value: error.value, cause: error });
  }
}

/**
 * @param wrap puts something around a module's class
 * @param onExit told when the module ends the process while it is loaded
 * @throws PageHeapError ERR_FILE, ERR_INVALID_OPTION of a module that has no class to give
 */
export async function conformanceSubject(
  name: string,
  wrap: (kind: PageHeapClass) => PageHeapClass = (kind) => kind,
  onExit?: (code: number) => void,
): Promise<ConformanceSubject> {
  if (isBuiltIn(name)) return builtIn(name);
  const kind = wrap(await loadClass<PageHeapClass>(name, 'PageHeap', onExit));
  return { make: (host) => complete(new kind(host), nameOfClass(kind)), kind };
}

/** Every check, on page numbers and in a heap. @throws ERR_INVALID_OPTION when the path is none */
export function checksOf({ make, kind }: ConformanceSubject, options: RandomRunOptions): ConformanceCheck[] {
  return [...conformanceChecks(make, options), ...kernelChecks(kind)];
}

/**
 * Makes one for a machine as most are: where that fails, no check has anything to look at.
 * @returns whether it rounds up
 * @throws ThrownError what its constructor throws; PageHeapError ERR_INVALID_OPTION what it lacks
 */
export function requireMakeable({ make }: ConformanceSubject): boolean {
  try {
    const made = make(
      Object.freeze({
        reachPages: pageCount(reachPages),
        physPages: 1,
        now: () => 1,
        release: () => undefined,
      }),
    );
    return made.roundUp !== undefined;
  } catch (thrown) {
    const error = lookable(thrown);
    if (error instanceof PageHeapError && error.code === 'ERR_INVALID_OPTION') throw error;
    throw new ThrownError(`its constructor threw ${describeThrown(thrown)}`, [], { cause: error });
  }
}
