/**
 * Machine: what this kernel and its settings allow a page heap, gathered for `pageheap doctor` and for
 * the run file's environment.
 *
 * Settings are read from /proc and /sys through a reader that tests replace; services are tried
 * (probes.ts). What is missing is undefined, never an error: a doctor must be able to say so. What
 * follows from each finding is put in words by `explainMachine` (machine-words.ts).
 */
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { TiB } from '../base/units.ts';
import { type Addon, loadAddon } from './addon.ts';
import {
  type AdviceProbe,
  type IntrospectionProbe,
  type LookProbe,
  probeAdvices,
  probeIntrospection,
  probeLooks,
  probeNaming,
  probeReservation,
} from './probes.ts';
import { type ReadText, readSystemText } from './system-text.ts';

export { type ReadText, readSystemText } from './system-text.ts';

export interface HugePages {
  /** always, madvise or never. */
  readonly enabled: string | undefined;
  readonly defrag: string | undefined;
  /** Bytes of a transparent huge page; 0 without. */
  readonly pmdSize: number;
  /** Untouched pages that khugepaged may fill in to make a huge page, of pmdSize / pageSize. */
  readonly maxPtesNone: number | undefined;
}

export interface CgroupMemory {
  readonly version: 1 | 2;
  /** The group of this process, as the kernel names it. */
  readonly group: string;
  /** The smallest memory limit of the group and those above it, in bytes; Infinity for none. */
  readonly limit: number;
  /** The smallest memory.high (throttling) likewise; version 2 only, Infinity else. */
  readonly high: number;
}

export interface Machine {
  readonly kernel: string;
  readonly node: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly pageSize: number;
  readonly hugePages: HugePages;
  readonly advices: readonly AdviceProbe[];
  /** Errno of naming a mapping; 0 if it works. */
  readonly namingErrno: number;
  readonly introspection: IntrospectionProbe;
  /** What can be looked at. */
  readonly looks: readonly LookProbe[];
  /** vm.overcommit_memory: 0 heuristic, 1 always, 2 strict. */
  readonly overcommit: number | undefined;
  /** Under strict overcommit: what may be committed still, in bytes. */
  readonly commitLeft: number | undefined;
  /** RLIMIT_AS and RLIMIT_DATA, soft, in bytes; Infinity for none. */
  readonly addressSpaceLimit: number | undefined;
  readonly dataLimit: number | undefined;
  /** vm.max_map_count, and the mappings of this process now. */
  readonly maxMapCount: number | undefined;
  readonly mapCount: number | undefined;
  /** The largest reservation granted, found by halving from 1 TiB; bytes. */
  readonly reservable: number;
  readonly memory: number | undefined;
  readonly swap: number | undefined;
  /** null: the process is in none. */
  readonly cgroup: CgroupMemory | null | undefined;
}

type Services = Pick<Machine, 'advices' | 'namingErrno' | 'introspection' | 'looks'>;

/** What was tried of the kernel's services: they stay as they are for as long as a process lives. */
const tried = new WeakMap<Addon, Services>();

function servicesOf(addon: Addon): Services {
  let services = tried.get(addon);
  if (services === undefined) {
    services = {
      advices: probeAdvices(addon),
      namingErrno: probeNaming(addon),
      introspection: probeIntrospection(addon),
      looks: probeLooks(addon),
    };
    tried.set(addon, services);
  }
  return services;
}

/** The processors of the machine; where the kernel does not list them, without /proc, those that this process may use. */
export const cpuCount = (): number => cpus().length || availableParallelism();

/** Looks at everything; some milliseconds, the first time. */
export function inspectMachine(addon: Addon = loadAddon(), read: ReadText = readSystemText): Machine {
  const thp = '/sys/kernel/mm/transparent_hugepage';
  const meminfo = read('/proc/meminfo');
  const limits = read('/proc/self/limits');
  const overcommit = numberIn(read('/proc/sys/vm/overcommit_memory'));
  const commitLimit = meminfoBytes(meminfo, 'CommitLimit');
  const committed = meminfoBytes(meminfo, 'Committed_AS');
  const model = cpus()[0]?.model.trim() ?? '';
  return {
    kernel: release(),
    node: process.version,
    // Not every kind of processor has its name in /proc/cpuinfo.
    cpu: model === '' || model === 'unknown' ? process.arch : model,
    cpus: cpuCount(),
    pageSize: addon.pageSize(),
    hugePages: {
      enabled: chosen(read(`${thp}/enabled`)),
      defrag: chosen(read(`${thp}/defrag`)),
      pmdSize: addon.hugePageSize(),
      maxPtesNone: numberIn(read(`${thp}/khugepaged/max_ptes_none`)),
    },
    ...servicesOf(addon),
    overcommit,
    commitLeft:
      overcommit === 2 && commitLimit !== undefined && committed !== undefined
        ? Math.max(0, commitLimit - committed)
        : undefined,
    addressSpaceLimit: limitBytes(limits, 'Max address space'),
    dataLimit: limitBytes(limits, 'Max data size'),
    maxMapCount: numberIn(read('/proc/sys/vm/max_map_count')),
    mapCount: addon.vmaCount() < 0 ? undefined : addon.vmaCount(),
    reservable: probeReservation(addon, TiB),
    memory: meminfoBytes(meminfo, 'MemTotal'),
    swap: meminfoBytes(meminfo, 'SwapTotal'),
    cgroup: cgroupMemory(read),
  };
}

/** The bracketed word of "always [madvise] never". */
export function chosen(text: string | undefined): string | undefined {
  return text?.match(/\[([^\]]+)\]/)?.[1];
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+\s*$/.test(text)) return undefined;
  return Number(text);
}

function meminfoBytes(text: string | undefined, key: string): number | undefined {
  const kib = text?.match(new RegExp(`^${key}:\\s*(\\d+) kB$`, 'm'))?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** The soft limit of a line of /proc/self/limits; Infinity if unlimited, undefined if not known. */
export function limitBytes(text: string | undefined, name: string): number | undefined {
  const soft = text?.match(new RegExp(`^${name}\\s+(\\d+|unlimited)\\s`, 'm'))?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/**
 * The memory limits of this process's cgroup, which are the smallest on the way from its group to the
 * root. Version 1 writes "no limit" as a number near 2^63.
 * @returns null where there are no cgroups; undefined where it cannot be known, without /proc or /sys/fs/cgroup
 */
export function cgroupMemory(read: ReadText): CgroupMemory | null | undefined {
  const groups = read('/proc/self/cgroup');
  if (groups === undefined) return read('/proc/meminfo') === undefined ? undefined : null;
  const one = groups.match(/^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m)?.[1];
  if (one !== undefined) {
    const limit = smallest(read, '/sys/fs/cgroup/memory', one, 'memory.limit_in_bytes');
    if (limit === undefined) return undefined;
    return {
      version: 1,
      group: one,
      limit: limit >= 2 ** 62 ? Number.POSITIVE_INFINITY : limit,
      high: Number.POSITIVE_INFINITY,
    };
  }
  const two = groups.match(/^0::(.*)$/m)?.[1];
  if (two === undefined) return null;
  const [limit, high] = ['memory.max', 'memory.high'].map((file) =>
    smallest(read, '/sys/fs/cgroup', two, file),
  );
  if (limit === undefined && high === undefined) return undefined;
  const none = Number.POSITIVE_INFINITY;
  return { version: 2, group: two, limit: limit ?? none, high: high ?? none };
}

/** Undefined where the groups cannot be seen: every group lists its processes, also one without limits. */
function smallest(read: ReadText, root: string, group: string, file: string): number | undefined {
  let least: number | undefined;
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  for (let n = parts.length; n >= 0; n--) {
    const folder = join(root, ...parts.slice(0, n));
    const text = read(join(folder, file));
    if (text === undefined && read(join(folder, 'cgroup.procs')) === undefined) continue;
    least = Math.min(least ?? Number.POSITIVE_INFINITY, numberIn(text) ?? Number.POSITIVE_INFINITY);
  }
  return least;
}
