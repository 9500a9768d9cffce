/**
 * Real objects under a replay of malloc: the heap's own mapped pages, written as a program would, and the
 * kernel's word (mincore) on what is there at the end.
 *
 * At the start all memory that the heap holds for used before is filled with junk, so that an object whose
 * memory should have been zeroed and was not gives itself away. Each object is then looked at (it must be
 * zero) and written to: each physical page it reaches into, its first and its last byte.
 *
 * What is expected of the kernel: what was written is resident, and nothing else is, save what the heap
 * itself may have written by zeroing ahead in spans that held old contents. The heap must be one without
 * transparent huge pages, or one write would bring in the pages around it.
 *
 * Not here: where objects lie (the heap says so).
 */
import { pageIndex, pageSize } from '../../base/units.ts';
import { Residency } from '../../os/residency.ts';
import { cachePages } from '../../pages/radix/page-cache.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { windowPageMask } from '../../spans/object-memory.ts';
import { spanState } from '../../spans/span-table.ts';
import { radixPagesOf, spanAt } from './malloc-heap.ts';
import { replayP } from './recorded-spans.ts';

/** The most memory that is filled at the start, so that a large heap fits a small machine. */
const junkAtStartBytes = 1024 * 1024 * 1024;
const junk = 0xa5;

export interface ResidencyMismatch {
  /** The page (of 8 KiB) where belief and fact differ. */
  readonly page: number;
  readonly expected: string;
  readonly found: string;
}

export class RealObjects {
  readonly #runtime: Runtime;
  readonly #physPageSize: number;
  /** 1 for each physical page of the heap that was written. */
  readonly #written: Uint8Array;

  /** The heap as it was rebuilt; fills its old memory. */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#physPageSize = runtime.memory.sys.physPageSize;
    this.#written = new Uint8Array(runtime.memory.reach / this.#physPageSize);
    const old = this.#oldPages();
    if (old.length * pageSize <= junkAtStartBytes) for (const page of old) this.#fill(page);
  }

  /**
   * Looks at an object just handed out and writes to it. The offset of its first byte that is not
   * zero; −1 if there is none.
   * @param offset of the object from the origin; it has `size` bytes
   */
  use(offset: number, size: number): number {
    const dirty = this.#firstDirty(offset, size);
    const end = offset + size;
    const step = this.#physPageSize;
    for (let at = offset; at < end; at = at - (at % step) + step) this.#write(at);
    if (size > 0) this.#write(end - 1);
    return dirty;
  }

  /** The first page of which the kernel says other than was expected. */
  check(): ResidencyMismatch | undefined {
    const runtime = this.#runtime;
    const physPageSize = this.#physPageSize;
    const { ranges } = radixPagesOf(runtime);
    const perPage = pageSize / physPageSize;
    const residency = new Residency();
    for (let i = 0; i < ranges.count; i++) {
      const base = ranges.baseOf(i);
      const resident = residency.residentPages(
        runtime.state.arenas.addressOf(base),
        (ranges.limitOf(i) - base) * pageSize,
      );
      for (let k = 0; k < resident.length; k++) {
        const isResident = (resident[k]! & 1) === 1;
        const wasWritten = this.#written[base * perPage + k] === 1;
        if (isResident === wasWritten) continue;
        const page = base + Math.floor(k / perPage);
        if (isResident && this.#mayBeZeroed(page)) continue;
        return {
          page,
          expected: wasWritten ? 'resident, as it was written' : 'not resident, as it was never written',
          found: `byte ${(k % perPage) * physPageSize} of it ${isResident ? 'resident' : 'not resident'}, by mincore`,
        };
      }
    }
    return undefined;
  }

  /** Pages with old contents: in spans that need zeroing, manual, or free and not scavenged. */
  #oldPages(): number[] {
    const runtime = this.#runtime;
    const pages = radixPagesOf(runtime);
    const c = runtime.state.spans.columns;
    const cache = pages.caches[replayP]!;
    const cachedScavenged = (page: number): boolean => {
      const bit = page - cache.base;
      if (bit < 0 || bit >= cachePages) return false;
      return (((bit < 32 ? cache.scavengedLow : cache.scavengedHigh) >>> (bit & 31)) & 1) === 1;
    };
    const old: number[] = [];
    for (let i = 0; i < pages.ranges.count; i++) {
      for (let page = pages.ranges.baseOf(i); page < pages.ranges.limitOf(i); page++) {
        const s = spanAt(this.#runtime, page);
        const isOld =
          s !== 0
            ? c.state[s] === spanState.manual || c.needZero[s] === 1
            : !cachedScavenged(page) && !pages.isScavenged(pageIndex(page));
        if (isOld) old.push(page);
      }
    }
    return old;
  }

  #mayBeZeroed(page: number): boolean {
    const s = spanAt(this.#runtime, page);
    return s !== 0 && this.#runtime.state.spans.columns.needZero[s] === 1;
  }

  #fill(page: number): void {
    const start = (page & windowPageMask) * pageSize;
    this.#runtime.spans.memory.bytes(page).fill(junk, start, start + pageSize);
    const perPage = pageSize / this.#physPageSize;
    this.#written.fill(1, page * perPage, (page + 1) * perPage);
  }

  #write(offset: number): void {
    const page = Math.floor(offset / pageSize);
    this.#runtime.spans.memory.bytes(page)[(page & windowPageMask) * pageSize + (offset % pageSize)] = junk;
    this.#written[Math.floor(offset / this.#physPageSize)] = 1;
  }

  /** Eight bytes at a time where that can be: objects are aligned so, save tiny ones. */
  #firstDirty(offset: number, size: number): number {
    const { memory } = this.#runtime.spans;
    const end = offset + size;
    for (let at = offset; at < end; ) {
      const page = Math.floor(at / pageSize);
      const stop = Math.min(end, (page + 1) * pageSize);
      const inWindow = (page & windowPageMask) * pageSize - page * pageSize;
      const words = memory.window(page);
      for (; at % 8 === 0 && at + 8 <= stop; at += 8)
        if (words[(at + inWindow) / 8] !== 0) return at - offset;
      const bytes = memory.bytes(page);
      for (; at < stop; at++) if (bytes[at + inWindow] !== 0) return at - offset;
    }
    return -1;
  }
}
