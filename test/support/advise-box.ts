/**
 * The addon's `adviseBoxed`, range by range, with something of the test's in place of each advice.
 */
import type { Addon } from '../../lib/os/addon.ts';

/**
 * @param advise answers the errno; `call` is the real advice
 */
export function eachRange(
  real: Addon,
  advise: (call: () => number, addr: number, length: number, kind: number) => number,
): () => void {
  const box = real.adviseBox;
  return () => {
    const [count = 0, from = 0, kind = 0] = box;
    box[3] = 0;
    let i = from;
    for (; i < count && box[3] === 0; i++) {
      const addr = box[4 + 2 * i] ?? 0;
      const length = box[5 + 2 * i] ?? 0;
      box[3] = advise(() => real.advise(addr, length, kind), addr, length, kind);
    }
    box[1] = box[3] === 0 ? i : i - 1;
  };
}
