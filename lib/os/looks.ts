/**
 * The looks at the kernel: their names, and what is not known where one is refused.
 *
 * A sandbox may hide /proc, filter mincore, or answer what it does not carry out. What cannot be looked at is unknown,
 * which is neither 0 nor an error.
 *
 * Not here: the looks themselves (residency.ts, sched-stat.ts); which there are on a machine (`probeLooks` in
 * probes.ts); what a run does without one (lab/run/looks.ts).
 */

/** What is looked at, by system call or by file. */
export const lookPlaces = {
  mincore: 'mincore',
  pagemap: '/proc/self/pagemap',
  smaps: '/proc/self/smaps',
  maps: '/proc/self/maps',
  statm: '/proc/self/statm',
  getrusage: 'getrusage',
  schedstat: '/proc/thread-self/schedstat',
} as const;

export type LookName = keyof typeof lookPlaces;

/** What is not known without it. */
export const unknownWithout: Readonly<Record<LookName, string>> = {
  mincore: 'what of the heap is resident',
  pagemap: 'which pages are swapped or shared',
  smaps: 'LazyFree and huge pages',
  maps: 'the number of mappings',
  statm: 'RSS of the process',
  getrusage: 'page faults',
  schedstat: 'how long the run waited for a CPU',
};
