/**
 * The real addon, except that every advice is written down, and that huge pages are of a size the test
 * chooses: their hints go into the record and not to the kernel, so that they are the same on any machine.
 */
import { type Addon, Advice, loadAddon } from '../../lib/os/addon.ts';
import { eachRange } from './advise-box.ts';

export type AdviceName = keyof typeof Advice;

/** One madvise: its name, the first byte and the length. */
export type Advised = readonly [name: AdviceName, addr: number, length: number];

const names = new Map<number, AdviceName>(
  (Object.keys(Advice) as AdviceName[]).map((name) => [Advice[name], name]),
);
const hints: ReadonlySet<number> = new Set([Advice.HUGEPAGE, Advice.NOHUGEPAGE]);

export interface Recording {
  readonly addon: Addon;
  /** What was advised since it was last emptied, in order. */
  readonly advised: Advised[];
}

export function recordingAddon(hugePageSize: number): Recording {
  const real = loadAddon();
  const advised: Advised[] = [];
  const addon: Addon = {
    ...real,
    hugePageSize: () => hugePageSize,
    advise(addr, length, kind) {
      advised.push([names.get(kind)!, addr, length]);
      return hints.has(kind) ? 0 : real.advise(addr, length, kind);
    },
    adviseBoxed: eachRange(real, (_, addr, length, kind) => addon.advise(addr, length, kind)),
  };
  return { addon, advised };
}
