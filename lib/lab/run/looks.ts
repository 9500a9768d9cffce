/**
 * Looks at the kernel that may be refused: a container hides /proc, a sandbox forbids mincore.
 *
 * What cannot be seen is left out, never taken for zero, and never ends a run. A look that is refused for good is not
 * tried again, and is told of by name; one that failed for another reason is tried again the next time.
 *
 * Not here: the looks (os/looks.ts names them), when they are made (sampler.ts).
 */
import { PageHeapError } from '../../base/errors.ts';
import { EFAULT, EINVAL, ENOMEM, errnoName } from '../../os/errno.ts';
import { type LookName, unknownWithout } from '../../os/looks.ts';
import { seesReserved } from '../../os/probes.ts';

/** Errors of the caller: the range is not mapped, or no range. They are not the kernel's refusal. */
const mistakes: ReadonlySet<number> = new Set([EFAULT, EINVAL, ENOMEM]);

/** Why the kernel refused a look; undefined where it did not, and something else is wrong. */
function refusalIn(error: unknown): string | undefined {
  if (!(error instanceof PageHeapError)) return undefined;
  const { code, errno, message } = error;
  const isRefusal =
    code === 'ERR_SYSTEM' || (code === 'ERR_FAULT' && errno !== undefined && !mistakes.has(errno));
  if (!isRefusal) return undefined;
  return errno === undefined ? message : errnoName(errno);
}

/** A range that mincore calls unmapped, on a system where it says so of every reservation. */
function isBlind(name: LookName, error: unknown): boolean {
  return name === 'mincore' && error instanceof PageHeapError && error.errno === ENOMEM && !seesReserved();
}

/** Out of descriptors or memory just now. */
const passing: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'ENOMEM']);

export class Looks {
  readonly #refused = new Map<LookName, string>();

  /** What a look finds; null where it is refused. Other errors pass through. */
  at<T>(name: LookName, look: () => T): T | null {
    if (this.#refused.has(name)) return null;
    try {
      return look();
    } catch (error) {
      const why = isBlind(name, error) ? 'it does not see reserved memory here' : refusalIn(error);
      if (why === undefined) throw error;
      if (!passing.has(why)) this.refuse(name, why);
      return null;
    }
  }

  /** A look that finds nothing has its reason. */
  refuse(name: LookName, why: string): void {
    this.#refused.set(name, why);
  }

  /** What was left out, a sentence each. */
  leftOut(): string[] {
    return [...this.#refused].map(([name, why]) => `${name}: ${why}; ${unknownWithout[name]} is left out`);
  }
}
