/**
 * The addon: its calls, and the only place that loads it.
 *
 * Every call takes plain numbers and answers 0 or a positive errno, or, where the answer is an address or
 * a count, that or the negative errno. Nothing here checks an argument: the checks are in sys.ts and
 * residency.ts, which everything above goes through.
 *
 * The addon is found in this file's package: built (build/Release, build/Debug) or shipped (prebuilds/, a folder
 * for each processor and C library). The environment variable PAGEHEAP_ADDON names another file, such as a
 * sanitizer build, and then only that is tried. Loading it in several workers is fine: each gets its own functions, and
 * what the addon keeps for the whole process (the table of crash descriptors) is atomic.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { likelyLimit } from '../base/limits.ts';
import { packageRoot } from '../base/package-files.ts';
import { permissionWords } from '../base/permission.ts';

/** The version of the call contract; equal to kAddonVersion in native/addon.h. */
export const addonVersion = 5;

/** The calls of the addon. Addresses and lengths in bytes, times in nanoseconds. */
export interface Addon {
  readonly version: number;

  // Mappings (native/mapping.cc).
  /** Bytes of a physical page. */
  pageSize(): number;
  /** Bytes of a transparent huge page; 0 if the kernel has none. */
  hugePageSize(): number;
  /** mmap PROT_NONE, no reserve; the kernel may choose another place than the hint. */
  reserve(hint: number, length: number): number;
  /** mmap read-write. */
  alloc(length: number): number;
  /** mmap read-write, fixed. */
  map(address: number, length: number): number;
  /** mmap PROT_NONE, fixed. */
  fault(address: number, length: number): number;
  /** mprotect. @param access one of `pageAccess` */
  protect(address: number, length: number, access: number): number;
  /** munmap. */
  free(address: number, length: number): number;
  /** madvise, by the kernel's number of the advice (`Advice`). */
  advise(address: number, length: number, kind: number): number;
  /**
   * [count, from, kind, errno, address, length, address, length …]: the arguments and the answer of `adviseBoxed`, of this
   * thread; room for 33 ranges (giving-back.ts: those that it gathers, and one).
   */
  readonly adviseBox: Float64Array;
  /**
   * `advise` for the ranges from number `from` to below `count`, with nothing passed in the call, which makes it several
   * hundred nanoseconds cheaper. Then `from` is `count`, or the range that was refused.
   */
  adviseBoxed(): void;
  /** prctl PR_SET_VMA_ANON_NAME. */
  name(address: number, length: number, text: string): number;

  // Views (native/views.cc).
  /** An ArrayBuffer over that memory, without finalizer; null where the engine refuses. */
  view(address: number, length: number): ArrayBuffer | null;
  /** The same, not counted as memory (native/windows.cc); null where the engine offers no such thing. */
  window(address: number, length: number): ArrayBuffer | null;
  detach(buffer: ArrayBuffer): boolean;
  /** By the kernel: 0, or EFAULT where the memory is not there. */
  fill(address: number, length: number, byte: number): number;
  /** By the kernel, ranges may overlap: 0, or EFAULT where the memory is not there. */
  copy(to: number, from: number, length: number): number;

  // Looks without risk (native/look.cc).
  peek(address: number, out: Uint8Array): number;
  poke(address: number, bytes: Uint8Array): number;
  peekByKernel(address: number, out: Uint8Array): number;
  peekByPipe(address: number, out: Uint8Array): number;
  pokeByPipe(address: number, bytes: Uint8Array): number;

  // Residency (native/residency.cc, native/smaps.cc).
  /** Resident physical pages of the range, or −errno. */
  mincore(address: number, length: number): number;
  /** One byte a physical page, 1 if resident. */
  mincoreVector(address: number, out: Uint8Array): number;
  /** One byte of flags a physical page (`PagemapFlag`). */
  pagemap(address: number, out: Uint8Array): number;
  /** Fills out with [rss, pss, lazyFree, anonHugePages, swap, mappings, partial mappings]. */
  smaps(ranges: Float64Array, out: Float64Array): number;
  /** Mappings of the process, or −errno. */
  vmaCount(): number;

  // The process (native/process.cc).
  /** CLOCK_MONOTONIC in nanoseconds. */
  nanotime(): number;
  /** Fills out with the processor's counter and CLOCK_MONOTONIC in nanoseconds, read together. */
  counter(out: Float64Array): number;
  /** Nanoseconds for which the calling thread had a CPU. */
  threadCpuTime(): number;
  threadId(): number;
  tidAlive(threadId: number): boolean;
  /** Fills out with [minor, major] page faults. */
  faults(out: Float64Array): number;
  /** Fills out with [size, resident, shared] bytes of the process. */
  statm(out: Float64Array): number;

  // Futexes (native/futex.cc).
  futexWait(address: number, expected: number, timeoutNs: number): number;
  /** Sleepers woken, or −errno. */
  futexWake(address: number, most: number): number;

  // Locks on open files (native/file-lock.cc).
  /** flock without waiting: 0 or errno, EAGAIN where others hold the lock. */
  lockFile(fd: number, exclusive: boolean): number;

  // Pipes to other processes (native/pipe.cc).
  /** Fills out with [read end, write end]; one's own end, the write end if `writes`, does not block. 0 or errno. */
  makePipe(out: Float64Array, writes: boolean): number;
  /** Waits until it can be written to or read from, a second at most: 1, 0 when the time is over, or −errno. */
  waitPipe(fd: number, writes: boolean, ms: number): number;

  // Poisoning (native/poison.cc). An addon of before has none.
  /** Whether this is a sanitizer build, in which looks at poisoned memory are reported. */
  poisons?(): boolean;
  /** Says that bytes are nobody's, or memory again. 0 */
  poison?(address: number, length: number, whether: boolean): number;

  // Crash reports (native/crash.cc).
  crashRegister(descriptor: number): number;
  crashUnregister(descriptor: number): number;

  // Yardsticks (native/bench.cc).
  /** A C loop of madvise(kind) over quanta; nanoseconds, or −errno. */
  benchUnused(address: number, length: number, quantum: number, kind: number): number;
  /** A C loop writing one byte of each physical page; nanoseconds, or −errno. */
  benchTouch(address: number, length: number): number;
}

/** What `protect` lets be done with pages. */
export const pageAccess = { none: 0, read: 1, write: 2 } as const;

/** The kernel's numbers of the advices (mman-common.h). */
export const Advice = {
  DONTNEED: 4,
  FREE: 8,
  HUGEPAGE: 14,
  NOHUGEPAGE: 15,
  COLD: 20,
  PAGEOUT: 21,
  POPULATE_WRITE: 23,
  COLLAPSE: 25,
} as const;

/** The C library that Node runs with. */
export function libcFamily(): 'glibc' | 'musl' {
  const libc = createRequire(import.meta.url)('detect-libc') as { familySync(): string | null };
  return libc.familySync() === 'musl' ? 'musl' : 'glibc';
}

/** What makes the addon anew: in a clone, and in an installed package. */
export function buildCommand(): string {
  return existsSync(join(packageRoot, 'binding.gyp')) ? 'npm run build:native' : 'npx pageheap build';
}

/** The files that are tried, in order. */
export function addonCandidates(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const chosen = env.PAGEHEAP_ADDON;
  if (chosen !== undefined && chosen !== '') return [chosen];
  const built = ['Release', 'Debug'].map((kind) => join(packageRoot, 'build', kind, 'pageheap.node'));
  const shipped = join(packageRoot, 'prebuilds');
  // A clone has no shipped ones: what looks for the C library is not loaded there.
  if (!existsSync(shipped)) return built;
  const system = `${process.platform}-${process.arch}-${libcFamily()}`;
  return [...built, join(shipped, system, 'pageheap.node')];
}

const loaded = new Map<string, Addon>();

/**
 * Loads the addon, once per thread and file.
 * @throws PageHeapError ERR_ADDON if it is missing, cannot be loaded, or is of another version.
 */
export function loadAddon(candidates: readonly string[] = addonCandidates()): Addon {
  const file = candidates.find((candidate) => loaded.has(candidate) || existsSync(candidate));
  if (file === undefined) {
    throw new PageHeapError(
      'ERR_ADDON',
      `there is no native addon for ${process.platform}-${process.arch}: run \`${buildCommand()}\` ` +
        `(looked for ${candidates.join(', ')})`,
    );
  }
  const known = loaded.get(file);
  if (known !== undefined) return known;
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(file) as Addon;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // What is there and may not be loaded is not mended by making it anew.
    const refused =
      permissionWords(cause) ?? (/too many open files/i.test(reason) ? likelyLimit('EMFILE') : undefined);
    if (refused !== undefined)
      throw new PageHeapError('ERR_ADDON', `the native addon ${file} cannot be loaded: ${refused}`, {
        value: file,
        cause,
      });
    throw new PageHeapError(
      'ERR_ADDON',
      `the native addon ${file} cannot be loaded: ${reason}; \`${buildCommand()}\` builds one for this system`,
      { value: file, cause },
    );
  }
  if (addon.version !== addonVersion) {
    throw new PageHeapError(
      'ERR_ADDON',
      `the native addon ${file} is of version ${addon.version}, not ${addonVersion}: run \`${buildCommand()}\``,
      { value: addon.version },
    );
  }
  loaded.set(file, addon);
  return addon;
}
