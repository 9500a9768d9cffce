/**
 * A built-in workload as the drive of a run: gives it the heap, counts what it does, lets time pass.
 *
 * Progress: how much of its work a workload has done is not known; the share is that of its idle stretches,
 * which take most of the time.
 */
import { runtimeOf } from '../../api/heap.ts';
import { fatal } from '../../base/errors.ts';
import { recordedIn, refuseOption, withDefaults } from '../../design/option.ts';
import type { RunValue } from '../record/lines.ts';
import { workloadOptions } from '../subject/subject-options.ts';
import type { WorkloadOptions } from '../subject/subject-request.ts';
import { workloadNamed } from '../workloads/index.ts';
import { Mulberry32 } from '../workloads/random.ts';
import type { Workload, WorkloadContext } from '../workloads/workload.ts';
import type { Drive, DriveHost } from './drive.ts';
import { gateOf, idle, systemTurns, type Turns, turnMs } from './pacing.ts';

/** Ends a workload that was told to stop, from within. */
class Stopped extends Error {}

/** The clock is read after so many operations, or so many bytes: large objects take long to write. */
const clockOps = 64;
const clockBytes = 256 * 1024;
/** What a turn gives to sweeping at most, ms: in the real runtime a thread of its own sweeps, and is done soon. */
const sweepMs = 2;

export class WorkloadDrive implements Drive {
  readonly header: Readonly<Record<string, RunValue>>;
  readonly totalOps = undefined;
  ops = 0;
  seconds = 0;
  readonly output: string[] = [];
  readonly #workload: Workload;
  readonly #seed: number;
  readonly #scale: number;
  readonly #timeScale: number;
  readonly #moreCollections: boolean;
  readonly #depth: number | undefined;
  readonly #turns: Turns;
  /** Of objects that were made without `malloc` nobody says here when they die: then what is alive is not known. */
  #knowsLive = true;
  #liveBytes = 0;
  #peakLiveBytes = 0;
  #liveObjects = 0;
  #allocs = 0;
  #drops = 0;
  #idled = 0;
  #idleAsked = 0;

  /** @throws PageHeapError ERR_INVALID_OPTION for a name that is none, or a variant that the workload does not have */
  constructor(options: WorkloadOptions, turns: Turns = systemTurns) {
    const { name } = options;
    const { seed, scale, timeScale, moreCollections, depth } = withDefaults(workloadOptions, options);
    this.#workload = workloadNamed(name);
    if (moreCollections && this.#workload.hasMoreCollections !== true)
      refuseOption('moreCollections', `${name} has no such variant`, true);
    if (depth !== undefined && this.#workload.hasDepth !== true)
      refuseOption('depth', `${name} has no depth`, depth);
    this.#depth = depth;
    this.#seed = seed ?? this.#workload.seed;
    this.#scale = scale;
    this.#timeScale = timeScale;
    this.#moreCollections = moreCollections;
    this.#turns = turns;
    const values = {
      ...{ seed: this.#seed, scale, timeScale, moreCollections },
      ...(depth === undefined ? {} : { depth }),
    };
    const recorded = recordedIn('workload', workloadOptions, values) as Record<string, RunValue>;
    this.header = { workload: { name, ...recorded } };
  }

  get liveBytes(): number | null {
    return this.#known(this.#liveBytes);
  }

  get peakLiveBytes(): number | null {
    return this.#known(this.#peakLiveBytes);
  }

  get liveObjects(): number | null {
    return this.#known(this.#liveObjects);
  }

  get idle(): { readonly asked: number; readonly took: number } {
    return { asked: this.#idleAsked, took: this.#idled };
  }

  async run(host: DriveHost): Promise<void> {
    const begin = this.#turns.now();
    host.progress('work', 0);
    try {
      await this.#workload.run(this.#context(host));
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    } finally {
      this.seconds = Math.max(0, (this.#turns.now() - begin) / 1000 - this.#idled);
    }
  }

  counts(): Readonly<Record<string, RunValue>> {
    return { allocs: this.#allocs, frees: this.#known(this.#drops) };
  }

  close(): void {
    // Nothing is open.
  }

  #known(n: number): number | null {
    return this.#knowsLive ? n : null;
  }

  #context(host: DriveHost): WorkloadContext {
    const { heap } = host;
    const turns = this.#turns;
    const gate = gateOf(turns);
    let opsLeft = clockOps;
    let bytesLeft = clockBytes;
    let lastTurn = turns.now();
    const stopCheck = (): void => {
      if (host.stopped()) throw new Stopped();
    };
    const share = (): number => {
      const all = this.#workload.idleSeconds * this.#timeScale;
      return all === 0 ? 0 : Math.min(1, this.#idled / all);
    };
    const pass = async (seconds: number): Promise<void> => {
      if (seconds === 0) return;
      this.#idleAsked += seconds;
      const from = turns.now();
      await idle({
        background: heap,
        durationMs: seconds * 1000,
        collections: 0,
        collect: () => undefined,
        turns,
        stopped: () => host.stopped(),
        onTurn: () => host.progress('idle', share()),
      });
      this.#idled += (turns.now() - from) / 1000;
      lastTurn = turns.now();
      stopCheck();
      host.progress('work', share());
    };
    return {
      heap,
      random: new Mulberry32(this.#seed),
      scale: this.#scale,
      moreCollections: this.#moreCollections,
      depth: this.#depth,
      traced: () => heap.heap ?? fatal('a workload was given no heap that traces'),
      isTraced: heap.heap !== undefined && runtimeOf(heap.heap).isTraced,
      made: (objects, bytes) => {
        bytesLeft -= objects * bytes;
        this.#knowsLive = false;
        this.ops += objects;
        this.#allocs += objects;
      },
      print: (line) => void this.output.push(line),
      malloc: (size) => {
        // Zeroed, as what a Go program allocates.
        const address = heap.malloc(size, true);
        bytesLeft -= size;
        this.ops++;
        this.#allocs++;
        this.#liveObjects++;
        this.#liveBytes += size;
        if (this.#liveBytes > this.#peakLiveBytes) this.#peakLiveBytes = this.#liveBytes;
        return address;
      },
      drop: (address, size) => {
        heap.drop(address);
        this.ops++;
        this.#drops++;
        this.#liveObjects--;
        this.#liveBytes -= size;
      },
      due: () => {
        if (gate.room() < Number.POSITIVE_INFINITY) return true;
        if (--opsLeft > 0 && bytesLeft > 0) return false;
        opsLeft = clockOps;
        bytesLeft = clockBytes;
        return turns.now() - lastTurn >= turnMs;
      },
      turn: async () => {
        stopCheck();
        const until = turns.now() + sweepMs;
        while (heap.step() === 0 && turns.now() < until);
        await turns.turn();
        // Of a workload that goes step by step, a step is what it does from one turn to the next.
        if (gate.room() < Number.POSITIVE_INFINITY) gate.took(1);
        lastTurn = turns.now();
        stopCheck();
      },
      idle: (seconds) => pass(seconds * this.#timeScale),
      gc: () => heap.gc(),
      collectTwice: async () => {
        for (let i = 0; i < 2; i++) {
          await pass(this.#timeScale);
          heap.gc();
        }
      },
      freeOSMemory: () => heap.freeOSMemory(),
      endPhase: (name) => {
        host.endPhase(name);
        stopCheck();
      },
    };
  }
}
