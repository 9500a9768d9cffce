/**
 * The slow twin of the radix page allocator: the runtime's own shape, a page a byte, every summary
 * recomputed from below, windows and cursors as objects, scavenging run by run with the pages marked
 * allocated meanwhile. It shares no code with lib/pages/radix, so that the two can only agree by both
 * being right.
 */
const chunkPages = 512;
const levelShifts = [21, 18, 15, 12, 9] as const;
const leaf = 4;
const dense = 496;

interface Sum {
  start: number;
  max: number;
  end: number;
}

const full: Sum = { start: 0, max: 0, end: 0 };

interface Cursor {
  page: number;
  marked: boolean;
}

export interface TwinCache {
  base: number;
  free: boolean[];
  scavenged: boolean[];
}

interface ChunkData {
  inUse: number;
  lastInUse: number;
  hasFree: boolean;
  noHugePage: boolean;
  generation: number;
}

export class Twin {
  readonly allocated: Uint8Array;
  readonly scavenged: Uint8Array;
  readonly grown: Uint8Array;
  readonly sums: Sum[][];
  readonly chunks: ChunkData[];
  searchPage = Number.POSITIVE_INFINITY;
  endChunk = 0;
  background: Cursor = { page: -1, marked: false };
  forced: Cursor = { page: -1, marked: false };
  freeHwm = -1;
  generation = 0;
  lastScavenged = 0;
  private readonly minPages: number;
  private readonly hugePages: number;

  constructor(reachPages: number, minPages: number, hugePages: number) {
    this.allocated = new Uint8Array(reachPages).fill(1);
    this.scavenged = new Uint8Array(reachPages);
    this.grown = new Uint8Array(reachPages);
    const roots = Math.ceil(reachPages / 2 ** 21);
    this.sums = levelShifts.map((shift) => Array.from({ length: roots * 2 ** (21 - shift) }, () => full));
    this.chunks = Array.from({ length: roots * 4096 }, () => ({
      inUse: 0,
      lastInUse: 0,
      hasFree: false,
      noHugePage: false,
      generation: 0,
    }));
    this.minPages = minPages;
    this.hugePages = hugePages;
  }

  grow(page: number, n: number): void {
    for (let p = page; p < page + n; p++) {
      this.grown[p] = 1;
      this.allocated[p] = 0;
      this.scavenged[p] = 1;
    }
    this.endChunk = Math.max(this.endChunk, (page + n) / chunkPages);
    this.searchPage = Math.min(this.searchPage, page);
    this.update(page, n);
  }

  alloc(n: number): number {
    if (Math.floor(this.searchPage / chunkPages) >= this.endChunk) return -1;
    const chunk = Math.floor(this.searchPage / chunkPages);
    const inChunk = this.searchPage % chunkPages;
    let page = -1;
    let free = -1;
    if (chunkPages - inChunk >= n && this.sums[leaf]![chunk]!.max >= n) {
      page = this.runFrom(this.searchPage, n);
      free = this.firstFreeFrom(this.searchPage);
    } else {
      [page, free] = this.find(n);
      if (page < 0) {
        if (n === 1) this.searchPage = Number.POSITIVE_INFINITY;
        return -1;
      }
    }
    this.lastScavenged = this.allocRange(page, n);
    if (this.searchPage < free) this.searchPage = free;
    return page;
  }

  allocRange(page: number, n: number): number {
    let count = 0;
    const perChunk = new Map<number, number>();
    for (let p = page; p < page + n; p++) {
      count += this.scavenged[p]!;
      this.allocated[p] = 1;
      this.scavenged[p] = 0;
      const chunk = Math.floor(p / chunkPages);
      perChunk.set(chunk, (perChunk.get(chunk) ?? 0) + 1);
    }
    for (const [chunk, pages] of perChunk) this.indexAlloc(chunk, pages);
    this.update(page, n);
    return count;
  }

  free(page: number, n: number): void {
    this.searchPage = Math.min(this.searchPage, page);
    for (let p = page; p < page + n; p++) {
      this.allocated[p] = 0;
      this.indexFree(p);
    }
    this.update(page, n);
  }

  allocToCache(): TwinCache | undefined {
    if (Math.floor(this.searchPage / chunkPages) >= this.endChunk) return undefined;
    const chunk = Math.floor(this.searchPage / chunkPages);
    let page = this.searchPage;
    if (this.sums[leaf]![chunk]!.max > 0) page = this.firstFreeFrom(this.searchPage);
    else [page] = this.find(1);
    if (page < 0) {
      this.searchPage = Number.POSITIVE_INFINITY;
      return undefined;
    }
    const base = page - (page % 64);
    const cache: TwinCache = { base, free: [], scavenged: [] };
    let taken = 0;
    for (let i = 0; i < 64; i++) {
      cache.free.push(this.allocated[base + i] === 0);
      cache.scavenged.push(this.scavenged[base + i] === 1);
      taken += 1 - this.allocated[base + i]!;
      this.allocated[base + i] = 1;
      this.scavenged[base + i] = 0;
    }
    this.update(base, 64);
    this.indexAlloc(Math.floor(base / chunkPages), taken);
    this.searchPage = base + 63;
    return cache;
  }

  flush(cache: TwinCache): void {
    if (!cache.free.includes(true)) return;
    for (let i = 0; i < 64; i++) {
      if (cache.free[i]) {
        this.allocated[cache.base + i] = 0;
        this.indexFree(cache.base + i);
      }
      if (cache.scavenged[i]) this.scavenged[cache.base + i] = 1;
    }
    this.searchPage = Math.min(this.searchPage, cache.base);
    this.update(cache.base, 64);
  }

  /** The lowest run of n in a cache, taken; [-1, 0] if there is none. */
  static takeFromCache(cache: TwinCache, n: number): [page: number, scavenged: number] {
    for (let i = 0; i + n <= 64; i++) {
      if (!cache.free.slice(i, i + n).every(Boolean)) continue;
      const scavenged = cache.scavenged.slice(i, i + n).filter(Boolean).length;
      cache.free.fill(false, i, i + n);
      cache.scavenged.fill(false, i, i + n);
      return [cache.base + i, scavenged];
    }
    return [-1, 0];
  }

  /** Returns the released pages, and each run by `released`. */
  scavenge(bytes: number, force: boolean, released: (page: number, n: number) => void): number {
    let total = 0;
    while (total * 8192 < bytes) {
      const found = this.findChunk(force);
      if (found === undefined) break;
      total += this.scavengeOne(found.chunk, found.page, Math.ceil(bytes / 8192 - total), released);
    }
    return total;
  }

  nextGeneration(): void {
    this.generation++;
    if (this.background.page < this.freeHwm) this.background = { page: this.freeHwm, marked: true };
    this.freeHwm = -1;
  }

  private findChunk(force: boolean): { chunk: number; page: number } | undefined {
    const cursor = force ? this.forced : this.background;
    if (cursor.page < 0) return undefined;
    const start = Math.floor(cursor.page / chunkPages);
    for (let chunk = start; chunk >= 0; chunk--) {
      const data = this.chunks[chunk]!;
      const wanted =
        data.hasFree &&
        (force || (data.inUse < dense && (data.generation !== this.generation || data.lastInUse < dense)));
      if (!wanted) continue;
      if (chunk === start) return { chunk, page: cursor.page % chunkPages };
      cursor.page = chunk * chunkPages + chunkPages - 1;
      cursor.marked = false;
      return { chunk, page: chunkPages - 1 };
    }
    if (!cursor.marked) cursor.page = -1;
    return undefined;
  }

  private scavengeOne(
    chunk: number,
    from: number,
    most: number,
    released: (page: number, n: number) => void,
  ): number {
    const data = this.chunks[chunk]!;
    const found =
      this.sums[leaf]![chunk]!.max >= this.minPages
        ? this.candidate(chunk, from, Math.max(most, 1))
        : undefined;
    if (found === undefined) {
      data.hasFree = false;
      return 0;
    }
    const [start, size] = found;
    const page = chunk * chunkPages + start;
    this.allocated.fill(1, page, page + size);
    this.update(page, size);
    data.noHugePage = true;
    released(page, size);
    this.searchPage = Math.min(this.searchPage, page);
    this.allocated.fill(0, page, page + size);
    this.update(page, size);
    this.scavenged.fill(1, page, page + size);
    return size;
  }

  private candidate(chunk: number, from: number, most: number): [number, number] | undefined {
    const base = chunk * chunkPages;
    const min = this.minPages;
    // A group of `min` pages counts if all of it can be released.
    const open = (page: number): boolean => {
      const group = page - (page % min);
      for (let p = group; p < group + min; p++) {
        if (this.allocated[base + p] === 1 || this.scavenged[base + p] === 1) return false;
      }
      return true;
    };
    let end = (Math.floor(from / 64) + 1) * 64;
    while (end > 0 && !open(end - 1)) end--;
    if (end === 0) return undefined;
    let low = end;
    while (low > 0 && open(low - 1)) low--;
    let size = Math.min(end - low, Math.ceil(most / min) * min);
    let start = end - size;
    const huge = this.hugePages;
    if (huge > 0 && Math.ceil(start / huge) * huge <= end) {
      const below = Math.floor(start / huge) * huge;
      if (below >= low) {
        size += start - below;
        start = below;
      }
    }
    return [start, size];
  }

  private indexAlloc(chunk: number, n: number): void {
    const data = this.chunks[chunk]!;
    this.enter(data);
    data.inUse += n;
    if (data.inUse > dense) data.noHugePage = false;
    if (data.inUse === chunkPages) data.hasFree = false;
  }

  private indexFree(page: number): void {
    const data = this.chunks[Math.floor(page / chunkPages)]!;
    this.enter(data);
    data.inUse--;
    data.hasFree = true;
    this.freeHwm = Math.max(this.freeHwm, page);
    if (this.forced.page < page) this.forced = { page, marked: true };
  }

  private enter(data: ChunkData): void {
    if (data.generation === this.generation) return;
    data.lastInUse = data.inUse;
    data.generation = this.generation;
  }

  private firstFreeFrom(page: number): number {
    let p = page;
    while (this.allocated[p] === 1) p++;
    return p;
  }

  /** The first run of n free pages from a page on, within its chunk. */
  private runFrom(page: number, n: number): number {
    const limit = (Math.floor(page / chunkPages) + 1) * chunkPages;
    for (let p = page, run = 0; p < limit; p++) {
      run = this.allocated[p] === 0 ? run + 1 : 0;
      if (run === n) return p + 1 - n;
    }
    return -1;
  }

  /** The page, and the new search page: the walk with the narrowing window of the first free page. */
  private find(n: number): [page: number, search: number] {
    let window = { low: 0, high: Number.POSITIVE_INFINITY };
    const foundFree = (low: number, size: number): void => {
      if (window.low <= low && low + size - 1 <= window.high) window = { low, high: low + size - 1 };
    };
    let first = 0;
    for (let level = 0; level < levelShifts.length; level++) {
      const size = 2 ** levelShifts[level]!;
      const sums = this.sums[level]!;
      const count = level === 0 ? sums.length : 8;
      if (level > 0) first *= 8;
      let from = 0;
      const searchIndex = Math.floor(this.searchPage / size);
      if (searchIndex >= first && searchIndex < first + count) from = searchIndex - first;
      let [base, run, down] = [0, 0, -1];
      for (let j = from; j < count; j++) {
        const sum = sums[first + j]!;
        if (sum.max === 0) {
          run = 0;
          continue;
        }
        foundFree((first + j) * size, size);
        if (run + sum.start >= n) {
          if (run === 0) base = j * size;
          run += sum.start;
          break;
        }
        if (sum.max >= n) {
          down = first + j;
          break;
        }
        if (run === 0 || sum.start < size) {
          run = sum.end;
          base = (j + 1) * size - run;
          continue;
        }
        run += size;
      }
      if (down >= 0) {
        first = down;
        continue;
      }
      if (run >= n) return [first * size + base, this.mappedFrom(window.low)];
      if (level === 0) return [-1, -1];
      throw new Error('the twin has bad summaries');
    }
    const page = this.runFrom(first * chunkPages, n);
    const free = this.firstFreeFrom(first * chunkPages);
    foundFree(free, (first + 1) * chunkPages - free);
    return [page, this.mappedFrom(window.low)];
  }

  private mappedFrom(page: number): number {
    let p = page;
    while (p < this.grown.length && this.grown[p] === 0) p++;
    return p;
  }

  private update(page: number, n: number): void {
    const last = page + n - 1;
    for (let chunk = Math.floor(page / chunkPages); chunk <= Math.floor(last / chunkPages); chunk++) {
      this.sums[leaf]![chunk] = this.summarize(chunk);
    }
    for (let level = leaf - 1; level >= 0; level--) {
      const size = 2 ** levelShifts[level]!;
      for (let i = Math.floor(page / size); i <= Math.floor(last / size); i++) {
        this.sums[level]![i] = merge(this.sums[level + 1]!.slice(8 * i, 8 * i + 8), size / 8);
      }
    }
  }

  private summarize(chunk: number): Sum {
    let [start, max, run] = [-1, 0, 0];
    for (let p = chunk * chunkPages; p < (chunk + 1) * chunkPages; p++) {
      if (this.allocated[p] === 0) {
        run++;
        max = Math.max(max, run);
      } else {
        if (start < 0) start = run;
        run = 0;
      }
    }
    return { start: start < 0 ? run : start, max, end: run };
  }
}

function merge(sums: readonly Sum[], size: number): Sum {
  let { start, max, end } = sums[0]!;
  for (let i = 1; i < sums.length; i++) {
    const sum = sums[i]!;
    if (start === i * size) start += sum.start;
    max = Math.max(max, end + sum.start, sum.max);
    end = sum.end === size ? end + size : sum.end;
  }
  return { start, max, end };
}
