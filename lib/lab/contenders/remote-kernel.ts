/**
 * The kernel as a run asks it of a replayer: of another process.
 *
 * RSS of an allocator is told on one basis: what its process has, less what it had before the first operation, less the
 * replayer's own tables. An allocator that tells of ranges of its own (Go's arenas) has the resident bytes of these, as
 * the heaps here do.
 */
import type { OtherProcess } from '../../os/other-process.ts';
import type { FaultCounts, MappedUse, ProcessMemory } from '../../os/residency.ts';
import type { CpuAccount } from '../../os/sched-stat.ts';
import type { RunKernel } from '../run/run-kernel.ts';
import type { RemoteHeap } from './remote-heap.ts';

interface Watched {
  readonly process: OtherProcess;
  readonly heap: RemoteHeap;
}

export class RemoteKernel implements RunKernel {
  readonly tellsAll = true;
  #watched: Watched | undefined;
  /** Resident bytes of the process before the first operation. */
  #before: number | undefined;

  /** From now on this is asked. */
  watch(process: OtherProcess, heap: RemoteHeap): void {
    this.#watched = { process, heap };
  }

  /** Bytes of the allocator, by the last answer of its replayer. */
  residentBytes(): number {
    const { own = 0, table = 0, resident = -1 } = this.#of.heap.answer ?? {};
    const all = this.processMemory().resident - own - table;
    this.#before ??= all;
    return resident >= 0 ? Math.max(0, resident - table) : Math.max(0, all - this.#before);
  }

  processMemory(): ProcessMemory {
    return this.#of.process.processMemory();
  }

  faults(): FaultCounts {
    return this.#of.process.faults();
  }

  cpu(): CpuAccount | undefined {
    return this.#of.process.cpu();
  }

  mappingCount(): number {
    return this.#of.process.mappingCount();
  }

  mappedUse(): MappedUse {
    return { ...this.#of.process.mappedUse(), mappings: 0, partial: 0 };
  }

  /** No page of another process is looked at one by one. */
  residentPages(): Uint8Array {
    return new Uint8Array(0);
  }

  get #of(): Watched {
    if (this.#watched === undefined) throw new Error('nothing is watched yet');
    return this.#watched;
  }
}
