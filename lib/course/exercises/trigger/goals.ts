/**
 * The judge's own goals of a heap: by GOGC and by a memory limit. With Go's numbers they are Go's, as its recorded answers
 * show; what may be spared for collections under a limit is a rule that differs from student to student.
 *
 * All is reckoned in whole bytes, as the real runtime does.
 */

/** What a goal depends on; bytes. */
export interface GoalHeap {
  readonly heapMarked: number;
  /** Stacks and globals. */
  readonly roots: number;
  /** GOGC; below 0: off. */
  readonly gcPercent: number;
  /** Infinity: none. */
  readonly memoryLimit: number;
  readonly mappedReady: number;
  readonly heapFree: number;
  readonly heapAlloc: number;
}

export interface GoalNumbers {
  /** The least goal at GOGC = 100. */
  readonly minimum: number;
  /** What of the room under a limit is left: percent, and bytes at least. */
  readonly headroom: number;
  readonly least: number;
  /** Percent that collections under a limit are spared. */
  readonly spare: number;
}

export const goNumbers: GoalNumbers = { minimum: 4 * 2 ** 20, headroom: 3, least: 2 ** 20, spare: 0 };

/** Of what `spare` is a part. */
export const spareBases = ['marked', 'scanned', 'limit'] as const;
export type SpareBase = (typeof spareBases)[number];

export interface Goal {
  readonly goal: number;
  /** How it came. */
  readonly why: string;
}

export function goalOf(heap: GoalHeap, numbers: GoalNumbers, base: SpareBase): Goal {
  const { heapMarked, roots, gcPercent, memoryLimit, mappedReady, heapFree, heapAlloc } = heap;
  const { minimum, headroom, least, spare } = numbers;
  const grown = heapMarked + Math.floor(((heapMarked + roots) * gcPercent) / 100);
  const byPercent =
    gcPercent < 0 ? Number.POSITIVE_INFINITY : Math.max(grown, Math.floor((minimum * gcPercent) / 100));
  const percentWhy = gcPercent < 0 ? 'GOGC is off' : `by GOGC ${byPercent}`;
  if (memoryLimit === Number.POSITIVE_INFINITY) return { goal: byPercent, why: percentWhy };
  const beside = Math.max(0, mappedReady - heapFree - heapAlloc) + Math.max(0, mappedReady - memoryLimit);
  const room = memoryLimit - beside;
  const of = { marked: heapMarked, scanned: heapMarked + roots, limit: memoryLimit }[base];
  const floor = heapMarked + Math.floor(of / 100) * spare;
  let byLimit = floor;
  if (room > 0) {
    const kept = Math.max(Math.floor(room / 100) * headroom, least);
    byLimit = Math.max(room - kept < kept ? kept : room - kept, floor);
  }
  return {
    goal: Math.min(byPercent, byLimit),
    why: `${percentWhy}; beside the objects there are ${beside}, room ${Math.max(0, room)}, so by the limit ${byLimit} (${floor} at least)`,
  };
}

/** A line of the record, or of an example. */
export interface RecordedGoal {
  readonly heap: GoalHeap;
  readonly goal: number;
}

/** Lines `heapMarked roots gcPercent memoryLimit mappedReady heapFree heapAlloc goal`; the goal may be absent. */
export function parseGoals(text: string): RecordedGoal[] {
  return text.split('\n').flatMap((line) => {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    if (words.length < 7) return [];
    const [
      heapMarked = 0,
      roots = 0,
      gcPercent = 0,
      memoryLimit = 0,
      mappedReady = 0,
      heapFree = 0,
      heapAlloc = 0,
      goal = Number.NaN,
    ] = words.map((word) => (word === '-' ? Number.POSITIVE_INFINITY : Number(word)));
    return [{ heap: { heapMarked, roots, gcPercent, memoryLimit, mappedReady, heapFree, heapAlloc }, goal }];
  });
}
