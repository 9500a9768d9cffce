/**
 * Real pages under a replay: mapped memory that allocations touch and scavenges give back, and the
 * kernel's word (mincore) on what is there.
 *
 * The expectation is exact. A page is resident if it was touched since it was mapped or last released,
 * and a page the allocator calls scavenged is not. Transparent huge pages are declined, or one touch
 * would bring back the released pages around it.
 *
 * Not here: what is allocated (the replay says so).
 */
import { PageHeapError } from '../../base/errors.ts';
import { type Address, chunkBytes, chunkPages, GiB, originAlign, pageSize } from '../../base/units.ts';
import { Residency } from '../../os/residency.ts';
import { Sys } from '../../os/sys.ts';

const windowBytes = GiB;
const windowPages = windowBytes / pageSize;

export interface ResidencyFault {
  readonly page: number;
  readonly expected: 'resident' | 'not resident';
  readonly residentBytes: number;
}

export class RealPages {
  readonly base: Address;
  readonly #sys = new Sys({ advise: 'dontneed' });
  readonly #residency = new Residency();
  readonly #bytes: number;
  readonly #touched: Uint8Array;
  readonly #windows: Uint8Array[] = [];

  /** Reserves address space for pages [0, limit) at a multiple of 16 GiB. */
  constructor(limit: number) {
    this.#bytes = limit * pageSize;
    this.#touched = new Uint8Array(limit);
    this.base = this.#sys.reserveAligned(this.#bytes, originAlign);
    if (this.base === 0) {
      throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no address space for a replay on real pages', {
        value: this.#bytes,
        errno: this.#sys.lastErrno,
      });
    }
    for (let offset = 0; offset < this.#bytes; offset += windowBytes) {
      const length = Math.min(windowBytes, this.#bytes - offset);
      this.#windows.push(new Uint8Array(this.#sys.view(this.base + offset, length)));
    }
  }

  /** Maps a chunk. */
  map(chunk: number): void {
    const addr = this.base + chunk * chunkBytes;
    if (!this.#sys.map(addr, chunkBytes, 'heap') || !this.#sys.used(addr, chunkBytes)) {
      throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory for a replay on real pages', {
        errno: this.#sys.lastErrno,
      });
    }
    this.#sys.noHugePage(addr, chunkBytes);
  }

  /** Writes to each physical page of n pages. */
  touch(page: number, n: number): void {
    const step = this.#sys.physPageSize;
    for (let p = page; p < page + n; p++) {
      const window = this.#windows[Math.floor(p / windowPages)]!;
      const at = (p % windowPages) * pageSize;
      for (let offset = 0; offset < pageSize; offset += step) window[at + offset] = 0xa5;
    }
    this.#touched.fill(1, page, page + n);
  }

  /** Gives the memory of n pages back to the kernel. */
  release(page: number, n: number): void {
    if (!this.#sys.unused(this.base + page * pageSize, n * pageSize)) {
      throw new PageHeapError('ERR_SYSTEM', 'the kernel takes no pages back', {
        errno: this.#sys.lastErrno,
        syscall: 'madvise',
      });
    }
    this.#touched.fill(0, page, page + n);
  }

  /** The first page of the chunk of which the kernel says other than was expected. */
  check(chunk: number, isScavenged: (page: number) => boolean): ResidencyFault | undefined {
    const resident = this.#residency.residentPages(this.base + chunk * chunkBytes, chunkBytes);
    const perPage = pageSize / this.#sys.physPageSize;
    for (let i = 0; i < chunkPages; i++) {
      const page = chunk * chunkPages + i;
      let n = 0;
      for (let k = 0; k < perPage; k++) n += resident[i * perPage + k]! & 1;
      const expected = this.#touched[page] === 1 && !isScavenged(page);
      if (n !== (expected ? perPage : 0)) {
        const residentBytes = n * this.#sys.physPageSize;
        return { page, expected: expected ? 'resident' : 'not resident', residentBytes };
      }
    }
    return undefined;
  }

  /** Gives everything back. The object is of no use afterwards. */
  dispose(): void {
    for (const window of this.#windows) this.#sys.detach(window.buffer as ArrayBuffer);
    this.#windows.length = 0;
    this.#sys.free(this.base, this.#bytes, 'heap', 'reserved');
  }
}
