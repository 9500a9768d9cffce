/**
 * How long one operation takes in the kernel: a fault of a small page, of a huge one, a collapse.
 *
 * By the CPU time of the thread, so that others who want the CPU are not counted; and by the clock, at most, since waiting for
 * memory is no CPU time.
 */
import { systemClock, threadCpuClock } from '../../../os/clock.ts';
import { Residency } from '../../../os/residency.ts';
import { type Measurement, quantileOf } from './measurement.ts';
import { alignment, RawMemory, smallPage, touch } from './raw-memory.ts';

export interface Stall {
  readonly label: string;
  /** Operations that were timed; 0 where the kernel refused. */
  readonly count: number;
  /** Nanoseconds. */
  readonly median: number;
  readonly high: number;
  readonly most: number;
  /** The longest by the clock. */
  readonly mostWaited: number;
  /** Bytes of huge pages afterwards, of so many. */
  readonly huge: number;
  readonly bytes: number;
}

type Operation = (memory: RawMemory, at: number) => boolean;

const touchOne: Operation = ({ bytes }, at) => {
  bytes[at] = 1;
  return true;
};

const collapse: Operation = ({ sys, base }, at) => sys.hugePageCollapse(base + at, alignment);

interface Case {
  readonly label: string;
  readonly step: number;
  prepare(memory: RawMemory): void;
  readonly operation: Operation;
}

/** Small pages also where huge ones are for all; then huge ones may be made of them. */
function allowLater({ sys, base, length }: RawMemory, fill: () => void): void {
  sys.noHugePage(base, length);
  fill();
  sys.hugePage(base, length);
}

const cases: readonly Case[] = [
  {
    label: 'a fault of a small page',
    step: smallPage,
    prepare: ({ sys, base, length }) => void sys.noHugePage(base, length),
    operation: touchOne,
  },
  {
    label: 'a fault after MADV_HUGEPAGE',
    step: alignment,
    prepare: ({ sys, base, length }) => void sys.hugePage(base, length),
    operation: touchOne,
  },
  {
    label: 'MADV_COLLAPSE of a full huge page',
    step: alignment,
    prepare: (memory) => allowLater(memory, () => touch(memory.bytes, 1)),
    operation: collapse,
  },
  {
    label: 'MADV_COLLAPSE where one page of 512 is there',
    step: alignment,
    prepare: (memory) =>
      allowLater(memory, () => {
        for (let at = 0; at < memory.length; at += alignment) memory.bytes[at] = 1;
      }),
    operation: collapse,
  },
];

export const stalls: Measurement<{ pieces: number }, Stall[]> = {
  name: 'stalls',
  measure({ pieces }) {
    const kernel = new Residency();
    return cases.map(({ label, step, prepare, operation }) => {
      const memory = new RawMemory(pieces * alignment);
      prepare(memory);
      const took: number[] = [];
      let mostWaited = 0;
      for (let at = 0; at < memory.length; at += step) {
        const [wall, cpu] = [systemClock.now(), threadCpuClock.now()];
        const isDone = operation(memory, at);
        const ns = threadCpuClock.now() - cpu;
        if (!isDone) continue;
        took.push(ns);
        mostWaited = Math.max(mostWaited, systemClock.now() - wall);
      }
      let huge = Number.NaN;
      try {
        huge = kernel.mappedUse([memory.range]).anonHugePages;
      } catch {
        // Not told here.
      }
      memory.dispose();
      return {
        label,
        count: took.length,
        median: quantileOf(took, 0.5),
        high: quantileOf(took, 0.99),
        most: quantileOf(took, 1),
        mostWaited,
        huge,
        bytes: memory.length,
      };
    });
  },
};
