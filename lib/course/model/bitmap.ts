/**
 * Pages as a map of bytes, the slowest page heap there is and the plainest: what faster ones are held against.
 */

/** Start, longest and end run of free pages. */
export type Summary = readonly [start: number, most: number, end: number];

export class PageMap {
  /** 1 is free. */
  readonly free: Uint8Array;

  constructor(pages: number) {
    this.free = new Uint8Array(pages);
  }

  /** The lowest n free pages in a row; −1 for none. */
  find(n: number): number {
    return Buffer.from(this.free.buffer).indexOf(Buffer.alloc(n, 1));
  }

  set(page: number, n: number, isFree: boolean): void {
    this.free.fill(isFree ? 1 : 0, page, page + n);
  }

  summary(page: number, n: number): Summary {
    let [start, most, run] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      run = this.free[page + i] === 1 ? run + 1 : 0;
      if (run === i + 1) start = run;
      most = Math.max(most, run);
    }
    return [start, most, run];
  }

  /** Free runs within a part of it. */
  runsIn(page: number, n: number): { page: number; n: number }[] {
    const runs: { page: number; n: number }[] = [];
    for (let at = page; at < page + n; at++) {
      if (this.free[at] !== 1) continue;
      const last = runs.at(-1);
      if (last !== undefined && last.page + last.n === at) last.n++;
      else runs.push({ page: at, n: 1 });
    }
    return runs;
  }
}
