/**
 * The scavenge candidate: which pages of a chunk to release next.
 *
 * The highest run of pages that are free and not scavenged, below a limit. A run counts only as far as
 * whole physical pages lie in it. Of a run longer than wanted its upper part is taken; but if that
 * part would begin inside a huge page that lies wholly in the run, it is lengthened downwards to that
 * huge page's start, so that the kernel is not made to split it.
 *
 * Not here: which chunk, and marking what was released.
 */
const runShift = 10;
const runMask = (1 << runShift) - 1;

/** A run within a chunk as one integer. */
export function packRun(start: number, size: number): number {
  return (start << runShift) | size;
}

export function runStart(run: number): number {
  return run >> runShift;
}

export function runSize(run: number): number {
  return run & runMask;
}

/**
 * The candidate below page `limit` of the chunk whose words start at `base`, packed, or −1. Takes
 * `wanted` ≥ 1 pages; `min`: pages of a physical page, a power of two, at least 1; `huge`: pages of a
 * huge page, a power of two, 0 for none. `limit` is a multiple of `min`.
 */
export function scavengeCandidate(
  allocated: Int32Array,
  scavenged: Int32Array,
  base: number,
  limit: number,
  wanted: number,
  min: number,
  huge: number,
): number {
  for (let end = limit; end > 0; ) {
    let w = (end - 1) >> 5;
    // Ones are pages to be released; those at or above `end` are shifted out.
    let x = ~(allocated[base + w]! | scavenged[base + w]!) << (31 - ((end - 1) & 31));
    let zeros = Math.clz32(x);
    if (zeros === 32) {
      end = w << 5;
      continue;
    }
    end -= zeros;
    let size = Math.clz32(~(x << zeros));
    let start = end - size;
    while ((start & 31) === 0 && w > 0) {
      x = ~(allocated[base + --w]! | scavenged[base + w]!);
      zeros = Math.clz32(~x);
      start -= zeros;
      if (zeros === 0) break;
    }
    const bottom = (start + min - 1) & -min;
    const top = end & -min;
    if (top <= bottom) {
      end = start;
      continue;
    }
    size = top - bottom;
    const most = (wanted + min - 1) & -min;
    if (size > most) size = most;
    start = top - size;
    if (huge > 0 && ((start + huge - 1) & -huge) <= top) {
      const hugeStart = start & -huge;
      if (hugeStart >= bottom) {
        size += start - hugeStart;
        start = hugeStart;
      }
    }
    return packRun(start, size);
  }
  return -1;
}
