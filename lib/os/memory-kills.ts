/**
 * Processes that the kernel killed for want of memory, by its own counters: those of this process's cgroup, and those
 * of the whole machine. Two looks, before and after, tell why a process that got SIGKILL is gone.
 */
import { join } from 'node:path';
import { cgroupMemory, type ReadText, readSystemText } from './machine.ts';
import { sizeWords } from './machine-words.ts';

export interface MemoryKills {
  /** In the cgroup of this process; undefined where there is no counter to be read. */
  readonly group: number | undefined;
  readonly machine: number | undefined;
  /** The cgroup's memory limit, bytes; Infinity for none. */
  readonly limit: number;
}

/** The number behind a name, in files of such lines. */
function counterIn(text: string | undefined, name: string): number | undefined {
  const found = text?.match(new RegExp(`^${name} (\\d+)$`, 'm'))?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Version 2 has the counter in memory.events, version 1 in memory.oom_control. The nearest group that shows it counts. */
function killsInGroup(read: ReadText, version: 1 | 2, group: string): number | undefined {
  const [root, file] =
    version === 1 ? ['/sys/fs/cgroup/memory', 'memory.oom_control'] : ['/sys/fs/cgroup', 'memory.events'];
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  for (let n = parts.length; n >= 0; n--) {
    const kills = counterIn(read(join(root, ...parts.slice(0, n), file)), 'oom_kill');
    if (kills !== undefined) return kills;
  }
  return undefined;
}

export function readMemoryKills(read: ReadText = readSystemText): MemoryKills {
  const group = cgroupMemory(read);
  return {
    group: group === undefined || group === null ? undefined : killsInGroup(read, group.version, group.group),
    machine: counterIn(read('/proc/vmstat'), 'oom_kill'),
    limit: group?.limit ?? Number.POSITIVE_INFINITY,
  };
}

const rose = (before: number | undefined, after: number | undefined): boolean =>
  before !== undefined && after !== undefined && after > before;

/**
 * Of a process that ended by a signal between two looks what is to be added: ` (most likely …)` after SIGKILL, else nothing.
 * @param before the first look; the second is now
 */
export function killerWords(signal: string | null | undefined, before: MemoryKills): string {
  return signal === 'SIGKILL' ? ` (${likelyKiller(before, readMemoryKills())})` : '';
}

/** Why a process that got SIGKILL between two looks is likely gone. */
export function likelyKiller(before: MemoryKills, after: MemoryKills): string {
  if (rose(before.group, after.group)) {
    const limit = Number.isFinite(after.limit) ? ` of ${sizeWords(after.limit)}` : '';
    return `most likely the kernel, because its cgroup reached its memory limit${limit}: the group's counter of such kills rose`;
  }
  if (rose(before.machine, after.machine))
    return 'most likely the kernel, because the machine was out of memory: its counter of such kills rose';
  return after.group === undefined && after.machine === undefined
    ? 'perhaps the kernel, because memory was short: it shows no counter of such kills here'
    : 'by somebody: the kernel counted no kill for want of memory';
}
