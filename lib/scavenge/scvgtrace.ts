/**
 * The scvg lines of the runtimes of 2014 and 2019, letter by letter:
 *
 *     scvg3: 12 MB released
 *     scvg3: inuse: 5, idle: 58, sys: 63, released: 58, consumed: 5 (MB)
 *
 * The round's number, −1 for one that the program forced; the first line only where something was
 * released. Sizes in MiB, rounded down; consumed = sys − released. They come with GODEBUG=gctrace=1.
 *
 * Source: the runtimes of Go 1.4 and 1.12, mheap.go (in 1.4 the sizes include stacks).
 */
import { MiB } from '../base/units.ts';

/** What the lines tell; bytes. */
export interface ScvgTrace {
  readonly round: number;
  /** By this round. */
  readonly releasedNow: number;
  readonly inUse: number;
  readonly idle: number;
  readonly sys: number;
  readonly released: number;
}

/** One line or two, without the last newline. */
export function formatScvgTrace(t: ScvgTrace): string {
  const mb = (bytes: number): number => Math.floor(bytes / MiB);
  const head = `scvg${t.round}: `;
  const first = t.releasedNow > 0 ? `${head}${mb(t.releasedNow)} MB released\n` : '';
  return (
    `${first}${head}inuse: ${mb(t.inUse)}, idle: ${mb(t.idle)}, sys: ${mb(t.sys)}, ` +
    `released: ${mb(t.released)}, consumed: ${mb(t.sys - t.released)} (MB)`
  );
}
