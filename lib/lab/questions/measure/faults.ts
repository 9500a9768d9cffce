/** What the first touch of a page costs, by what it was before: CPU time of the thread, the kernel's part included. */
import { MiB } from '../../../base/units.ts';
import { threadCpuClock } from '../../../os/clock.ts';
import { Residency } from '../../../os/residency.ts';
import { type Measurement, middleOf } from './measurement.ts';
import { RawMemory, smallPage, touch } from './raw-memory.ts';

export interface TouchCost {
  readonly label: string;
  /** Nanoseconds a small page: of giving it back, and of touching it. */
  readonly back: number;
  readonly touch: number;
  /** Of touching it the middle round, where `back` and `touch` are the quickest. */
  readonly touchMiddle: number;
  /** Page faults a small page. */
  readonly faults: number;
}

const kinds = ['resident', 'fresh', 'dontneed', 'free', 'remapped', 'huge'] as const;
type Kind = (typeof kinds)[number];

const labels: Readonly<Record<Kind, string>> = {
  resident: 'in memory all the time',
  fresh: 'never touched before',
  dontneed: 'given back by MADV_DONTNEED',
  free: 'given back by MADV_FREE',
  remapped: 'given back by a new mapping (hard decommit)',
  huge: 'never touched, huge pages allowed',
};

/** Makes memory what it is before the touch. @returns nanoseconds that giving it back took */
function prepare(kind: Kind, memory: RawMemory): number {
  const { sys, base, length, bytes } = memory;
  if (kind === 'huge') {
    sys.hugePage(base, length);
    return 0;
  }
  // Wherever huge pages are for all, small ones are to be measured.
  sys.noHugePage(base, length);
  if (kind === 'fresh') return 0;
  touch(bytes, 1);
  const start = threadCpuClock.now();
  if (kind === 'dontneed' || kind === 'free') sys.unused(base, length);
  if (kind === 'remapped') {
    sys.fault(base, length, 'other');
    sys.map(base, length, 'other');
    sys.used(base, length);
    sys.noHugePage(base, length);
  }
  const back = threadCpuClock.now() - start;
  if (kind === 'dontneed' || kind === 'free') sys.used(base, length);
  return kind === 'resident' ? 0 : back;
}

export const touchCosts: Measurement<{ mib: number; rounds: number }, TouchCost[]> = {
  name: 'touch-costs',
  measure({ mib, rounds }) {
    const length = Math.max(2, 2 * Math.ceil(mib / 2)) * MiB;
    const pages = length / smallPage;
    const kernel = new Residency();
    const found = new Map<Kind, { back: number[]; touch: number[]; faults: number[] }>(
      kinds.map((kind) => [kind, { back: [], touch: [], faults: [] }]),
    );
    // The first round is V8's, to compile.
    for (let round = 0; round <= rounds; round++)
      for (const kind of kinds) {
        const memory = new RawMemory(length, kind === 'free' ? 'free' : 'dontneed');
        const back = prepare(kind, memory);
        const before = kernel.faults().minor;
        const start = threadCpuClock.now();
        touch(memory.bytes, 2);
        const took = threadCpuClock.now() - start;
        const faults = kernel.faults().minor - before;
        memory.dispose();
        if (round === 0) continue;
        const of = found.get(kind);
        of?.back.push(back / pages);
        of?.touch.push(took / pages);
        of?.faults.push(faults / pages);
      }
    return kinds.map((kind) => {
      const { back = [], touch: touched = [], faults = [] } = found.get(kind) ?? {};
      return {
        label: labels[kind],
        // The quickest: what others did meanwhile can only make one slower.
        back: Math.min(...back),
        touch: Math.min(...touched),
        touchMiddle: middleOf(touched),
        faults: middleOf(faults),
      };
    });
  },
};
