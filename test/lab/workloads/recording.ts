/** Runs a workload on a heap that needs no memory and in time that passes at once, and records what it asked for. */
import type { DriveHost } from '../../../lib/lab/run/drive.ts';
import { WorkloadDrive } from '../../../lib/lab/run/workload-drive.ts';
import type { WorkloadOptions } from '../../../lib/lab/subject/subject-request.ts';
import { FakeHeap } from '../support/fake-heap.ts';
import { FakeTurns } from '../support/fake-turns.ts';

/** A phase's end: time since the start in seconds, and totals so far. */
export interface PhaseRecord {
  readonly name: string;
  readonly seconds: number;
  readonly mallocs: number;
  readonly drops: number;
  readonly liveBytes: number;
  readonly collections: number;
  readonly forced: number;
}

export class RecordingHeap extends FakeHeap {
  /** FNV-1a over the sizes asked for, and the numbers of the objects dropped, in order. */
  hash = 0x811c9dc5;
  forced = 0;
  /** Objects by address, numbered as they came. */
  private readonly numbers = new Map<number, number>();

  override malloc(size: number): number {
    const address = super.malloc(size);
    this.mix(size);
    this.numbers.set(address, this.mallocs);
    return address;
  }

  override drop(address: number): void {
    const number = this.numbers.get(address);
    if (number === undefined) throw new Error(`a drop of ${address}, which is not live`);
    this.numbers.delete(address);
    this.mix(~number);
    super.drop(address);
  }

  override freeOSMemory(): void {
    this.forced++;
  }

  private mix(n: number): void {
    this.hash = Math.imul(this.hash ^ n, 0x01000193) >>> 0;
  }
}

/** Refuses sizes that are no whole numbers of bytes. */
export class WholeBytesHeap extends RecordingHeap {
  override malloc(size: number): number {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`${size} bytes`);
    return super.malloc(size);
  }
}

export interface Recording {
  readonly heap: RecordingHeap;
  readonly drive: WorkloadDrive;
  readonly phases: readonly PhaseRecord[];
  /** The shares of the idle stretches that were told, in order. */
  readonly shares: readonly number[];
  readonly turns: FakeTurns;
}

/** @param stopAfter phases after which the workload is told to stop */
export async function record(
  options: WorkloadOptions,
  stopAfter = Number.POSITIVE_INFINITY,
  heap = new RecordingHeap(),
  turns = new FakeTurns(),
): Promise<Recording> {
  const start = turns.ms;
  const phases: PhaseRecord[] = [];
  const shares: number[] = [];
  const drive = new WorkloadDrive(options, turns);
  const host: DriveHost = {
    heap,
    stopped: () => phases.length >= stopAfter,
    progress: (_phase, share) => void shares.push(share ?? Number.NaN),
    sample: () => undefined,
    map: () => undefined,
    endPhase: (name) => {
      const { mallocs, drops, collections, forced } = heap;
      const seconds = (turns.ms - start) / 1000;
      phases.push({
        name,
        seconds,
        mallocs,
        drops,
        liveBytes: drive.liveBytes ?? Number.NaN,
        collections,
        forced,
      });
    },
  };
  await drive.run(host);
  return { heap, drive, phases, shares, turns };
}
