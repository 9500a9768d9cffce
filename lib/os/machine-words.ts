/**
 * What a machine's findings mean for a page heap, in words: one row a finding, with what falls back
 * because of it. `pageheap doctor` prints the rows; the run file keeps those that fall back.
 */
import { GiB, KiB, MiB, pageSize, TiB } from '../base/units.ts';
import { Advice } from './addon.ts';
import { errnoName } from './errno.ts';
import { lookPlaces, unknownWithout } from './looks.ts';
import type { Machine } from './machine.ts';
import { roomToSplit } from './mapping-room.ts';
import type { AdviceName, AdviceProbe } from './probes.ts';

/** ok: as wished. note: works, but know this. fallback: something else is done instead. */
export type Verdict = 'ok' | 'note' | 'fallback';

export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly verdict: Verdict;
  /** What follows from it; empty if nothing does. */
  readonly meaning: string;
}

/** "2 MiB", "unlimited". */
export function sizeWords(bytes: number): string {
  if (bytes === Number.POSITIVE_INFINITY) return 'unlimited';
  for (const [unit, name] of [
    [TiB, 'TiB'],
    [GiB, 'GiB'],
    [MiB, 'MiB'],
    [KiB, 'KiB'],
  ] as const) {
    if (bytes >= unit) return `${Number((bytes / unit).toFixed(1))} ${name}`;
  }
  return `${bytes} B`;
}

function ok(what: string, found: string): Finding {
  return { what, found, verdict: 'ok', meaning: '' };
}
function note(what: string, found: string, meaning: string): Finding {
  return { what, found, verdict: 'note', meaning };
}
function fallback(what: string, found: string, meaning: string): Finding {
  return { what, found, verdict: 'fallback', meaning };
}

/** What is done when an advice is not to be had. */
const withoutAdvice: Readonly<Record<AdviceName, string>> = {
  DONTNEED: 'released memory is given back by a fresh mapping over it',
  FREE: 'advise "free" becomes "dontneed"',
  HUGEPAGE: 'huge pages cannot be asked for; the system setting alone decides',
  NOHUGEPAGE: 'huge pages cannot be declined; the system setting alone decides',
  COLD: 'memory cannot be marked cold; nothing depends on it',
  PAGEOUT: 'memory cannot be paged out on request; nothing depends on it',
  POPULATE_WRITE: 'memory cannot be faulted in ahead; nothing depends on it',
  COLLAPSE: 'dense chunks become huge pages only when khugepaged finds them',
};

function adviceFinding(probe: AdviceProbe): Finding {
  const what = `madvise MADV_${probe.name} (${Advice[probe.name]})`;
  if (probe.errno !== 0) return fallback(what, errnoName(probe.errno), withoutAdvice[probe.name]);
  if (probe.effect === false) {
    return note(
      what,
      'accepted, no effect seen',
      'figures of this machine are not what real Linux would give',
    );
  }
  return ok(what, probe.effect === true ? 'works' : 'accepted');
}

function hugePageFindings({ hugePages: thp, pageSize }: Machine): Finding[] {
  if (thp.pmdSize === 0) {
    return [fallback('transparent huge pages', 'none', 'huge-page hints are left out')];
  }
  const size = sizeWords(thp.pmdSize);
  const rows = [
    thp.enabled === 'always'
      ? note(
          'transparent huge pages',
          `always, ${size}`,
          'touching one page may make a whole huge page resident',
        )
      : thp.enabled === 'never'
        ? note('transparent huge pages', `never, ${size}`, 'huge-page hints have no effect')
        : ok('transparent huge pages', `${thp.enabled ?? 'unknown'}, ${size}`),
    ok('huge page defrag', thp.defrag ?? 'unknown'),
  ];
  if (thp.maxPtesNone !== undefined) {
    const pages = thp.pmdSize / pageSize;
    rows.push(
      thp.maxPtesNone >= pages - 1 && thp.enabled !== 'never'
        ? note(
            'khugepaged max_ptes_none',
            `${thp.maxPtesNone} of ${pages}`,
            'khugepaged may fill in released pages of a range that allows huge pages, and so undo a release',
          )
        : ok('khugepaged max_ptes_none', `${thp.maxPtesNone} of ${pages}`),
    );
  }
  return rows;
}

function overcommitFinding(machine: Machine): Finding {
  const what = 'overcommit (vm.overcommit_memory)';
  switch (machine.overcommit) {
    case 0:
      return ok(what, '0, heuristic');
    case 1:
      return ok(what, '1, always');
    case 2: {
      const left = machine.commitLeft === undefined ? '' : `, ${sizeWords(machine.commitLeft)} left`;
      return note(
        what,
        `2, strict${left}`,
        'growth fails when the commit limit is reached; reservations stay free',
      );
    }
    default:
      return note(what, 'unknown', 'growth may fail sooner than memory is full');
  }
}

/** Two pages, one of which is released: the worst a heap can do to mappings. */
const bytesPerSplit = 2 * pageSize;
/** A run's heap that splits all of its mappings should be as large as this. */
const splitHeap = 256 * MiB;

/** A whole run's mappings: a heap that makes released memory inaccessible splits one for each released run. */
function mappingFinding({ maxMapCount: limit, mapCount: count }: Machine): Finding {
  const what = 'mappings (vm.max_map_count)';
  if (limit === undefined || count === undefined)
    return note(what, `${count ?? 'unknown'} of ${limit ?? 'unknown'}`, 'hard decommit may stop early');
  const runs = roomToSplit(limit, count);
  const found = `${count} of ${limit}; room for ${runs} released runs`;
  return runs * bytesPerSplit >= splitHeap
    ? ok(what, found)
    : note(what, found, 'hard decommit and huge-page hints split mappings: what is beyond is left out');
}

function limitFinding(what: string, limit: number | undefined, meaning: string): Finding {
  if (limit === undefined) return note(what, 'unknown', `if there is one, ${meaning}`);
  return limit === Number.POSITIVE_INFINITY ? ok(what, 'unlimited') : note(what, sizeWords(limit), meaning);
}

function cgroupFinding({ cgroup }: Machine): Finding {
  const what = 'cgroup memory limit';
  const meaning = 'the kernel ends the process beyond it: set a memory limit below';
  if (cgroup === undefined) return note(what, 'unknown', `if there is one, ${meaning}`);
  if (cgroup === null) return ok(what, 'no cgroup');
  const { version, limit, high } = cgroup;
  return limit === Number.POSITIVE_INFINITY && high === Number.POSITIVE_INFINITY
    ? ok(what, `none (version ${version})`)
    : note(what, `${sizeWords(limit)}, high ${sizeWords(high)} (version ${version})`, meaning);
}

function limitFindings(machine: Machine): Finding[] {
  const rows = [
    limitFinding(
      'address space limit (RLIMIT_AS)',
      machine.addressSpaceLimit,
      'reservations count against it, and Node alone needs about 1 GiB: heaps reach less far; see `ulimit -v`',
    ),
    limitFinding('data limit (RLIMIT_DATA)', machine.dataLimit, 'writable mappings count against it'),
    machine.reservable >= GiB
      ? ok(
          'largest reservation',
          `${sizeWords(machine.reservable)}${machine.reservable >= TiB ? ' or more' : ''}`,
        )
      : note('largest reservation', sizeWords(machine.reservable), 'heaps reach less far'),
  ];
  rows.push(mappingFinding(machine));
  rows.push(
    cgroupFinding(machine),
    machine.swap === 0
      ? ok('swap', 'none')
      : note(
          'swap',
          machine.swap === undefined ? 'unknown' : sizeWords(machine.swap),
          'memory swapped out is not in RSS',
        ),
  );
  return rows;
}

/** A row for each look but pagemap, which has its own. */
function lookFindings({ looks }: Machine): Finding[] {
  return looks
    .filter(({ name }) => name !== 'pagemap')
    .map(({ name, errno }) => {
      const what = lookPlaces[name];
      return errno === 0
        ? ok(what, 'works')
        : fallback(what, errnoName(errno), `${unknownWithout[name]} is not known; runs leave it out`);
    });
}

function introspectionFindings({ introspection, namingErrno }: Machine): Finding[] {
  return [
    introspection.vmReadErrno === 0
      ? ok('process_vm_readv on itself', 'works')
      : fallback(
          'process_vm_readv on itself',
          errnoName(introspection.vmReadErrno),
          'safe reads and writes go through a pipe',
        ),
    introspection.pagemapErrno === 0
      ? ok(
          '/proc/self/pagemap',
          introspection.frameNumbers ? 'readable, with frame numbers' : 'readable, frame numbers hidden',
        )
      : fallback(
          '/proc/self/pagemap',
          errnoName(introspection.pagemapErrno),
          'residency comes from mincore alone',
        ),
    namingErrno === 0
      ? ok('naming of mappings (PR_SET_VMA)', 'works')
      : fallback(
          'naming of mappings (PR_SET_VMA)',
          errnoName(namingErrno),
          'mappings stay without names in /proc/self/maps',
        ),
  ];
}

/** Every finding, in the order to read them in. */
export function explainMachine(machine: Machine): Finding[] {
  return [
    ok('kernel', machine.kernel),
    ok('Node', machine.node),
    ok('processor', `${machine.cpu}, ${machine.cpus} CPUs`),
    ok('physical page', sizeWords(machine.pageSize)),
    ...hugePageFindings(machine),
    ...machine.advices.map(adviceFinding),
    overcommitFinding(machine),
    ...limitFindings(machine),
    ...introspectionFindings(machine),
    ...lookFindings(machine),
  ];
}

/** What falls back on this machine, as lines for a run file. */
export function machineFallbacks(machine: Machine): string[] {
  return explainMachine(machine)
    .filter((finding) => finding.verdict === 'fallback')
    .map((finding) => `${finding.what}: ${finding.found}; ${finding.meaning}`);
}
