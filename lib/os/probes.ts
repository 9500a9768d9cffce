/**
 * Probes: each optional service of the kernel, actually tried on a scratch mapping.
 *
 * A version number does not tell what works: containers filter system calls, sandboxes emulate them,
 * kernels are built without parts. Each probe makes its own mapping, touches it, asks, and where an
 * effect can be seen looks whether it came. Nothing is left behind.
 */
import { alignUp, MiB } from '../base/units.ts';
import { type Addon, Advice, loadAddon } from './addon.ts';
import { ENOENT, ENOMEM } from './errno.ts';
import type { LookName } from './looks.ts';
import { PagemapFlag } from './residency.ts';
import { SchedStat } from './sched-stat.ts';

export type AdviceName = keyof typeof Advice;

export interface AdviceProbe {
  readonly name: AdviceName;
  /** 0 when the kernel took it. */
  readonly errno: number;
  /** Whether the advice did what it is for; undefined where that cannot be seen, in general or on this machine. */
  readonly effect: boolean | undefined;
}

export interface IntrospectionProbe {
  /** process_vm_readv on the own process: 0, or the errno for which reads go through a pipe. */
  readonly vmReadErrno: number;
  /** Reading /proc/self/pagemap: 0 or errno. */
  readonly pagemapErrno: number;
  /** Whether pagemap shows this process frame numbers (CAP_SYS_ADMIN). */
  readonly frameNumbers: boolean;
}

export interface LookProbe {
  readonly name: LookName;
  /** 0 when it can be had. */
  readonly errno: number;
}

interface Scratch {
  readonly base: number;
  readonly bytes: number;
}

/** Runs `use` on fresh writable memory at a multiple of `align`; undefined if there is none. */
function withScratch<T>(
  addon: Addon,
  bytes: number,
  align: number,
  use: (scratch: Scratch) => T,
): T | undefined {
  const whole = bytes + align;
  const got = addon.alloc(whole);
  if (got < 0) return undefined;
  try {
    return use({ base: alignUp(got, align), bytes });
  } finally {
    addon.free(got, whole);
  }
}

/** What smaps says of lazily freed and of huge bytes; undefined where it cannot be read. */
function mappedUse(addon: Addon, { base, bytes }: Scratch): { lazyFree: number; huge: number } | undefined {
  const out = new Float64Array(7);
  if (addon.smaps(Float64Array.of(base, base + bytes), out) !== 0) return undefined;
  return { lazyFree: out[2]!, huge: out[3]! };
}

/** Resident physical pages; undefined where mincore is refused. */
function residentPages(addon: Addon, { base, bytes }: Scratch): number | undefined {
  const pages = addon.mincore(base, bytes);
  return pages < 0 ? undefined : pages;
}

/**
 * Whether mincore answers for memory that is reserved and not accessible, as Linux does. An emulator may call it unmapped,
 * and a heap has much of it. True where no memory can be had to try it.
 */
export function seesReserved(addon: Addon = loadAddon()): boolean {
  const page = addon.pageSize();
  const got = addon.reserve(0, page);
  if (got < 0) return true;
  try {
    return addon.mincore(got, page) !== -ENOMEM;
  } finally {
    addon.free(got, page);
  }
}

/** What is compared with something unknown is unknown. */
function seen<T>(found: T | undefined, is: (found: T) => boolean): boolean | undefined {
  return found === undefined ? undefined : is(found);
}

/** Tries one advice. Memory that cannot be had for it counts as ENOMEM. */
export function probeAdvice(addon: Addon, name: AdviceName): AdviceProbe {
  const page = addon.pageSize();
  const huge = addon.hugePageSize();
  // COLLAPSE wants a whole huge page of touched memory; the others are content with a few pages.
  const collapse = name === 'COLLAPSE';
  const align = collapse && huge > 0 ? huge : page;
  // The kernel marks pages lazily free in batches of some dozens, so FREE is tried on many.
  const bytes = collapse ? Math.max(huge, page) : (name === 'FREE' ? 1024 : 16) * page;
  const touched = name !== 'POPULATE_WRITE' && name !== 'HUGEPAGE' && name !== 'NOHUGEPAGE';
  const outcome = withScratch(addon, bytes, align, (scratch): AdviceProbe => {
    if (collapse) addon.advise(scratch.base, bytes, Advice.NOHUGEPAGE);
    if (touched) addon.fill(scratch.base, bytes, 1);
    if (collapse) addon.advise(scratch.base, bytes, Advice.HUGEPAGE);
    const errno = addon.advise(scratch.base, bytes, Advice[name]);
    return { name, errno, effect: errno === 0 ? effectOf(addon, name, scratch) : undefined };
  });
  return outcome ?? { name, errno: ENOMEM, effect: undefined };
}

function effectOf(addon: Addon, name: AdviceName, scratch: Scratch): boolean | undefined {
  switch (name) {
    case 'DONTNEED':
      return seen(residentPages(addon, scratch), (pages) => pages === 0);
    case 'FREE':
      return seen(mappedUse(addon, scratch), ({ lazyFree }) => lazyFree > 0);
    case 'COLLAPSE':
      return seen(mappedUse(addon, scratch), ({ huge }) => huge > 0);
    case 'POPULATE_WRITE':
      return seen(residentPages(addon, scratch), (pages) => pages * addon.pageSize() === scratch.bytes);
    default:
      return undefined;
  }
}

/** Tries every advice. */
export function probeAdvices(addon: Addon): AdviceProbe[] {
  return (Object.keys(Advice) as AdviceName[]).map((name) => probeAdvice(addon, name));
}

/** Tries to name a mapping: 0 or errno. */
export function probeNaming(addon: Addon): number {
  const page = addon.pageSize();
  return withScratch(addon, page, page, ({ base }) => addon.name(base, page, 'pageheap')) ?? ENOMEM;
}

/** Tries whether this process can read its own memory by system calls, and pagemap. */
export function probeIntrospection(addon: Addon): IntrospectionProbe {
  const page = addon.pageSize();
  const found = withScratch(addon, page, page, ({ base }): IntrospectionProbe => {
    addon.fill(base, page, 1);
    const flags = new Uint8Array(1);
    const pagemapErrno = addon.pagemap(base, flags);
    return {
      vmReadErrno: addon.peekByKernel(base, new Uint8Array(8)),
      pagemapErrno,
      frameNumbers: pagemapErrno === 0 && (flags[0]! & PagemapFlag.frameShown) !== 0,
    };
  });
  return found ?? { vmReadErrno: ENOMEM, pagemapErrno: ENOMEM, frameNumbers: false };
}

/** Tries every look. */
export function probeLooks(addon: Addon): LookProbe[] {
  const page = addon.pageSize();
  const errnoOf = (answer: number): number => Math.max(0, -answer);
  const ofRange = withScratch(addon, page, page, ({ base }) => ({
    mincore: seesReserved(addon) ? errnoOf(addon.mincore(base, page)) : ENOMEM,
    pagemap: addon.pagemap(base, new Uint8Array(1)),
    smaps: addon.smaps(Float64Array.of(base, base + page), new Float64Array(7)),
  }));
  const account = new SchedStat();
  const schedstat = account.read();
  account.close();
  const errnos: Readonly<Record<LookName, number>> = {
    ...(ofRange ?? { mincore: ENOMEM, pagemap: ENOMEM, smaps: ENOMEM }),
    maps: errnoOf(addon.vmaCount()),
    statm: addon.statm(new Float64Array(3)),
    getrusage: addon.faults(new Float64Array(2)),
    schedstat: schedstat === undefined ? ENOENT : 0,
  };
  return Object.entries(errnos).map(([name, errno]) => ({ name: name as LookName, errno }));
}

/** The largest reservation the system grants now, by halving from `most`; bytes. */
export function probeReservation(addon: Addon, most: number): number {
  for (let bytes = most; bytes >= MiB; bytes /= 2) {
    const got = addon.reserve(0, bytes);
    if (got < 0) continue;
    addon.free(got, bytes);
    return bytes;
  }
  return 0;
}
