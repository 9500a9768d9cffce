/**
 * The kernel as a run asks it: residency, fault counts, the scheduler's account of the run's thread; and what of it
 * is worth asking on this machine.
 */
import type { Machine } from '../../os/machine.ts';
import { Residency } from '../../os/residency.ts';
import { type CpuAccount, SchedStat } from '../../os/sched-stat.ts';
import { RunCpu } from './run-cpu.ts';
import type { KernelCounts } from './sampler.ts';
import type { Tempo } from './tempo.ts';

/** What a run asks of the kernel. */
export type RunKernel = KernelCounts &
  Pick<Residency, 'residentPages'> & {
    /** Whether smaps is to be asked in any case: what an allocator does with its pages is not known. */
    readonly tellsAll?: boolean;
    /** Lets go of what was opened for it. */
    close?(): void;
  };

export class SystemKernel extends Residency implements RunKernel {
  readonly #scheduler = new SchedStat();

  cpu(): CpuAccount | undefined {
    return this.#scheduler.read();
  }

  close(): void {
    this.#scheduler.close();
  }
}

/** The same kernel, whose account of the thread goes by the run's own time. */
export function kernelInTempo(kernel: KernelCounts, tempo: Tempo | undefined): KernelCounts {
  if (tempo === undefined) return kernel;
  const cpu = new RunCpu(() => kernel.cpu());
  tempo.onRate = (rate) => cpu.goes(rate);
  return {
    residentBytes: (ranges) => kernel.residentBytes(ranges),
    mappedUse: (ranges) => kernel.mappedUse(ranges),
    mappingCount: () => kernel.mappingCount(),
    processMemory: () => kernel.processMemory(),
    faults: () => kernel.faults(),
    cpu: () => cpu.account(),
  };
}

/** Whether smaps can tell something: where pages are given back lazily, or where there can be huge pages. */
export function smapsTell(
  { hugePages }: Pick<Machine, 'hugePages'>,
  { advise, hugePageHints, hugePageAdvice = 'none', disableHugePages }: Readonly<Record<string, unknown>>,
): boolean {
  if (advise === 'free') return true;
  if (hugePages.pmdSize === 0 || disableHugePages === true) return false;
  // A setting that cannot be read may be anything.
  const { enabled = 'always' } = hugePages;
  const isAsked = hugePageHints === true || hugePageAdvice !== 'none';
  return enabled === 'always' || (enabled === 'madvise' && isAsked);
}
