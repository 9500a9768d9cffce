/**
 * Residency: what the kernel says of address ranges, held against what the heap believes.
 *
 * Three sources, dearer as they tell more:
 *   mincore  which physical pages are in memory; 0.5 ms a GiB. Counts the zero page that a read of
 *            untouched memory leaves, and pages under MADV_FREE until the kernel takes them. On a kernel
 *            without a zero page (pvm_no_zero_page=1) such a read leaves a page of its own, which statm and
 *            smaps count, too.
 *   pagemap  per page also swapped, shared, soft-dirty; may not be permitted.
 *   smaps    resident, lazily freed and huge bytes, by mapping; some 20 ms a GiB of small pages, so
 *            never on a sampling beat. The kernel marks lazily freed pages in batches per CPU (31 since
 *            Linux 6.10, 15 before), so `lazyFree` may be some dozens of pages short.
 * statm and the fault counts are of the whole process, V8's own memory included.
 *
 * A resident page is counted whole. Nothing here changes what it looks at.
 *
 * Not here: what is to be done where a look is not permitted (looks.ts).
 */
import { describe } from '../base/describe.ts';
import { type ErrorCode, PageHeapError } from '../base/errors.ts';
import { userAddressEnd } from '../base/units.ts';
import { type Addon, loadAddon } from './addon.ts';
import { EACCES, EFAULT, ENOENT, ENOMEM, EPERM, errnoName } from './errno.ts';

/** A range of addresses, in bytes. */
export interface AddressRange {
  readonly base: number;
  readonly bytes: number;
}

/** What smaps says of ranges, in bytes, summed over the mappings that overlap them. */
export interface MappedUse {
  readonly rss: number;
  readonly pss: number;
  /** Under MADV_FREE and not yet taken by the kernel; part of rss. */
  readonly lazyFree: number;
  readonly anonHugePages: number;
  readonly swap: number;
  /** Mappings that overlap the ranges. */
  readonly mappings: number;
  /** Those that lie only partly inside: their figures are scaled by the share, an estimate. */
  readonly partial: number;
}

/** The whole process, in bytes (statm; the kernel counts per CPU and may be some pages late). */
export interface ProcessMemory {
  readonly size: number;
  readonly resident: number;
  readonly shared: number;
}

export interface FaultCounts {
  /** Served without reading a disk. */
  readonly minor: number;
  readonly major: number;
}

/** The bits of a byte that `pagemap` answers for a page. */
export const PagemapFlag = {
  present: 1,
  swapped: 2,
  fileOrShared: 4,
  exclusive: 8,
  softDirty: 16,
  /** The kernel shows this process frame numbers. */
  frameShown: 32,
} as const;

/** Pages of one answer: an array of every engine holds as many bytes. */
const mostPages = 2 ** 32;

export class Residency {
  readonly #addon: Addon;
  readonly #page: number;
  readonly #two = new Float64Array(2);
  readonly #three = new Float64Array(3);
  readonly #seven = new Float64Array(7);

  /** @param addon by whom the kernel is asked; others are for tests */
  constructor(addon: Addon = loadAddon()) {
    if (typeof (addon as Addon | null)?.pageSize !== 'function')
      refuse('ERR_INVALID_ARGUMENT', `an addon, or nothing, is expected, not ${describe(addon)}`, addon);
    this.#addon = addon;
    this.#page = addon.pageSize();
  }

  /**
   * Resident bytes of the ranges, by mincore.
   * @throws ERR_FAULT if part of them is not mapped · ERR_SYSTEM · ERR_INVALID_ARGUMENT for what is no list of ranges ·
   *   ERR_INVALID_ADDRESS, ERR_INVALID_SIZE for a range that is not of whole physical pages
   */
  residentBytes(ranges: readonly AddressRange[]): number {
    let pages = 0;
    for (const { base, bytes } of this.#rangesOf(ranges)) {
      const n = this.#addon.mincore(base, bytes);
      if (n < 0) throw lookFailed('mincore', base, bytes, -n);
      pages += n;
    }
    return pages * this.#page;
  }

  /**
   * One byte a physical page of the range: 1 if resident.
   * @param bytes a multiple of the physical page; at most 2^32 pages
   * @throws ERR_FAULT if part is not mapped · ERR_INVALID_ADDRESS · ERR_INVALID_SIZE · ERR_OUT_OF_MEMORY · ERR_SYSTEM
   */
  residentPages(base: number, bytes: number): Uint8Array {
    const out = this.#bytePerPage(base, bytes);
    const errno = this.#addon.mincoreVector(base, out);
    if (errno !== 0) throw lookFailed('mincore', base, bytes, errno);
    return out;
  }

  /**
   * One byte of `PagemapFlag`s a physical page of the range; undefined where that is not permitted.
   * @throws as `residentPages`
   */
  pagemap(base: number, bytes: number): Uint8Array | undefined {
    const out = this.#bytePerPage(base, bytes);
    const errno = this.#addon.pagemap(base, out);
    if (errno === EPERM || errno === EACCES || errno === ENOENT) return undefined;
    if (errno !== 0) throw lookFailed('pagemap', base, bytes, errno);
    return out;
  }

  /**
   * What smaps says of the ranges, which must not overlap. Expensive: see above.
   * @throws ERR_INVALID_ARGUMENT for ranges that overlap, and as `residentBytes`
   */
  mappedUse(ranges: readonly AddressRange[]): MappedUse {
    const sorted = this.#rangesOf(ranges).sort((a, b) => a.base - b.base);
    const pairs = new Float64Array(2 * sorted.length);
    let end = 0;
    for (const [i, { base, bytes }] of sorted.entries()) {
      if (base < end) refuse('ERR_INVALID_ARGUMENT', 'ranges overlap each other', base);
      end = base + bytes;
      pairs[2 * i] = base;
      pairs[2 * i + 1] = end;
    }
    const out = this.#seven;
    this.#must('smaps', this.#addon.smaps(pairs, out));
    return {
      rss: out[0]!,
      pss: out[1]!,
      lazyFree: out[2]!,
      anonHugePages: out[3]!,
      swap: out[4]!,
      mappings: out[5]!,
      partial: out[6]!,
    };
  }

  processMemory(): ProcessMemory {
    const out = this.#three;
    this.#must('statm', this.#addon.statm(out));
    return { size: out[0]!, resident: out[1]!, shared: out[2]! };
  }

  /** Page faults of the process since it began, all threads. */
  faults(): FaultCounts {
    const out = this.#two;
    this.#must('getrusage', this.#addon.faults(out));
    return { minor: out[0]!, major: out[1]! };
  }

  /** Mappings of the process; the kernel's limit is vm.max_map_count. */
  mappingCount(): number {
    const n = this.#addon.vmaCount();
    this.#must('maps', n < 0 ? -n : 0);
    return n;
  }

  #must(what: string, errno: number): void {
    if (errno === 0) return;
    throw new PageHeapError('ERR_SYSTEM', `${what}: ${errnoName(errno)}`, { errno, syscall: what });
  }

  #check(base: number, bytes: number): void {
    if (!(Number.isInteger(bytes) && bytes > 0 && bytes % this.#page === 0))
      refuse('ERR_INVALID_SIZE', `not whole physical pages: ${describe(bytes)}`, bytes);
    if (!(Number.isInteger(base) && base > 0 && base % this.#page === 0 && base + bytes <= userAddressEnd))
      refuse('ERR_INVALID_ADDRESS', `not a physical page's address: ${describe(base)}`, base);
  }

  /** The ranges, checked, as they are now: what was given may have getters. */
  #rangesOf(given: readonly AddressRange[]): AddressRange[] {
    if (!Array.isArray(given))
      refuse('ERR_INVALID_ARGUMENT', `a list of ranges is expected, not ${describe(given)}`, given);
    return Array.from(given, (range: AddressRange | null | undefined) => {
      if (typeof range !== 'object' || range === null)
        refuse('ERR_INVALID_ARGUMENT', `a range is { base, bytes }, not ${describe(range)}`, range);
      const { base, bytes } = range;
      this.#check(base, bytes);
      return { base, bytes };
    });
  }

  /** A byte for each page of a range, which is checked. */
  #bytePerPage(base: number, bytes: number): Uint8Array {
    this.#check(base, bytes);
    const pages = bytes / this.#page;
    if (pages > mostPages)
      refuse('ERR_INVALID_SIZE', `more than ${mostPages} pages: ${describe(bytes)}`, bytes);
    try {
      return new Uint8Array(pages);
    } catch (cause) {
      throw new PageHeapError('ERR_OUT_OF_MEMORY', `no memory for a byte for each of ${pages} pages`, {
        value: bytes,
        cause,
      });
    }
  }
}

function refuse(code: ErrorCode, message: string, value: unknown): never {
  throw new PageHeapError(code, message, { value });
}

/** The error of a look at a range: part of it is not mapped, or the kernel will not look. */
function lookFailed(syscall: string, base: number, bytes: number, errno: number): PageHeapError {
  const code = errno === ENOMEM || errno === EFAULT ? 'ERR_FAULT' : 'ERR_SYSTEM';
  const range = `0x${base.toString(16)} + ${bytes}`;
  return new PageHeapError(code, `${syscall} of ${range}: ${errnoName(errno)}`, {
    value: base,
    errno,
    syscall,
  });
}
