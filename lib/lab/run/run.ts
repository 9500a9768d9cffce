/**
 * A run: a trace or a workload on one heap, watched, and written to a run file.
 *
 * The drive (drive.ts) does what is to be done; here the heap is made, sampled on a beat, mapped at chosen
 * moments, and everything written down. `makeRun` uses the process it is called in, whose RSS it measures:
 * give each run its own (fork-run.ts). However it ends, by the drive's end, by being stopped, or by an error
 * of the trace, the heap or the sampling, the run file gets its end line and says which.
 *
 * Not here: the arguments of the command line, what is shown of a run.
 */
import { PageHeapError } from '../../base/errors.ts';
import { refuseOption } from '../../design/option.ts';
import { inspectMachine, type Machine } from '../../os/machine.ts';
import type { RunPhaseEnd, RunSample, RunValue } from '../record/lines.ts';
import { inUsePeak } from '../record/moments.ts';
import { checkOutputs, type Output } from '../record/output.ts';
import { RunFileWriter } from '../record/run-file.ts';
import { HeapTarget, type LabHeapOptions } from '../subject/heap-target.ts';
import type { LabEvent, LabHeap } from '../subject/target.ts';
import { isPageTrace } from '../trace/page-events.ts';
import type { Drive, DriveHost } from './drive.ts';
import { dominatorsLine, HeapDumps } from './heap-dumps.ts';
import { Looks } from './looks.ts';
import { classesLine, mapLine, type PageSnapshot, PeakWatch, snapshotPages } from './map-moments.ts';
import type { Turns } from './pacing.ts';
import { PageTraceDrive } from './page-trace-drive.ts';
import { psOf, withPs } from './processors.ts';
import type { RunControls } from './run-controls.ts';
import { headerOf } from './run-header.ts';
import { heapOptionsOf, heapOutputs } from './run-heap.ts';
import { kernelInTempo, type RunKernel, SystemKernel, smapsTell } from './run-kernel.ts';
import {
  type ResolvedRunOptions,
  type RunOptions,
  type RunPhase,
  type RunProgress,
  type RunResult,
  resolveRunOptions,
} from './run-options.ts';
import { Sampler } from './sampler.ts';
import { type Command, Steering, type SteerState } from './steering.ts';
import { Tempo } from './tempo.ts';
import { TraceDrive } from './trace-drive.ts';
import { WorkloadDrive } from './workload-drive.ts';

export interface RunHooks {
  /** Aborting it ends the run soon, with a whole run file. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Called when there is something to look at, and to steer; with undefined when there is no more. */
  readonly onControls?: (controls: RunControls | undefined) => void;
  /** The heap to run on; default: the page heap. */
  readonly makeHeap?: (
    options: LabHeapOptions,
    physicalPage: number,
    ps: number,
    /** Of the trace, where that tells. */
    threads: number | undefined,
  ) => LabHeap;
  readonly kernel?: RunKernel;
  readonly turns?: Turns;
  /** The machine it runs on; default: this one, inspected. */
  readonly machine?: Machine;
}

/**
 * Makes a run in this process.
 * @throws PageHeapError ERR_TRACE, ERR_FILE, ERR_INVALID_OPTION, ERR_OUT_OF_MEMORY; the run file, once there is one, says so too
 */
export async function makeRun(options: RunOptions, hooks: RunHooks = {}): Promise<RunResult> {
  const resolved = resolveRunOptions(options);
  const { signal } = hooks;
  const stopped = (): boolean => signal?.aborted === true;
  const tempo = options.steerable === true ? new Tempo(stopped) : undefined;
  const turns = hooks.turns ?? tempo;
  hooks.onProgress?.({ phase: 'counting', share: undefined, ops: 0, totalOps: undefined, sample: undefined });
  const drive: Drive =
    options.workload === undefined
      ? await openTrace(options.trace ?? '', resolved, stopped, turns)
      : new WorkloadDrive(options.workload, turns);
  const close = (): void => {
    drive.close();
    tempo?.wake();
  };
  // A read that waits for input must not keep a stopped run waiting.
  signal?.addEventListener('abort', close);
  try {
    const machine = hooks.machine ?? inspectMachine();
    const quiet = options.warned === true;
    const makeHeap =
      hooks.makeHeap ??
      ((o: LabHeapOptions, page: number, ps: number) => new HeapTarget(o, page, quiet, ps, tempo?.clock));
    const ps = psOf(resolved.processors, drive.threads);
    const heapOptions = withPs(await heapOptionsOf(options), ps);
    const inputs = [options.trace, ...Object.values(options.modules ?? {})].filter(
      (path) => path !== undefined,
    );
    checkOutputs(outputsOf(options.output, resolved, heapOptions), inputs);
    const heap = makeHeap(heapOptions, machine.pageSize, ps, drive.threads);
    // What a trace allocates is allocated from one place: the replay.
    if (options.workload === undefined) heap.profileBySize?.();
    const kernel = hooks.kernel ?? new SystemKernel();
    let writer: RunFileWriter | undefined;
    let dumps: HeapDumps | undefined;
    try {
      writer = new RunFileWriter(options.output, inputs);
      writer.write(headerOf(options, resolved, heap, machine, drive));
      writer.flush();
      dumps = resolved.heapDump === undefined ? undefined : new HeapDumps(resolved.heapDump, inputs);
      const run = new Run(resolved, { heap, writer, drive, machine, kernel, hooks, dumps, tempo });
      hooks.onControls?.(run);
      return await run.run();
    } finally {
      hooks.onControls?.(undefined);
      dumps?.close();
      writer?.close();
      kernel.close?.();
      heap.dispose();
    }
  } finally {
    signal?.removeEventListener('abort', close);
    close();
  }
}

/** Writes the memory profile of a heap that has one; its path. The package for it is loaded only then. */
async function memProfileOf(heap: LabHeap, runFile: string): Promise<string | undefined> {
  const profile = heap.memProfile?.();
  if (profile === undefined) return undefined;
  const { writeMemProfile } = await import('./run-profile.ts');
  return writeMemProfile(profile, runFile);
}

/** All that a run writes. */
function outputsOf(runFile: string, { heapDump }: ResolvedRunOptions, heap: LabHeapOptions): Output[] {
  return [
    { path: runFile, what: 'the run' },
    ...(heapDump === undefined ? [] : [{ path: heapDump, what: 'the heap dumps' }]),
    ...heapOutputs(heap, runFile),
  ];
}

/** @throws PageHeapError ERR_FILE, ERR_TRACE; ERR_INVALID_OPTION for what only a page trace knows */
async function openTrace(
  path: string,
  resolved: ResolvedRunOptions,
  stopped: () => boolean,
  turns: Turns | undefined,
): Promise<Drive> {
  if (await isPageTrace(path)) return PageTraceDrive.open(path, resolved, turns);
  if (resolved.releases !== undefined)
    refuseOption('releases', 'is of a trace of pages, and this is one of objects', resolved.releases);
  return TraceDrive.open(path, resolved, stopped, turns);
}

interface RunDeps {
  readonly heap: LabHeap;
  readonly writer: RunFileWriter;
  readonly drive: Drive;
  readonly machine: Machine;
  readonly kernel: RunKernel;
  readonly hooks: RunHooks;
  /** Where heap dumps go. */
  readonly dumps: HeapDumps | undefined;
  /** Where a person steers the run: its clock. */
  readonly tempo: Tempo | undefined;
}

/** A drive at work, with everything that watches it. */
class Run implements DriveHost, RunControls {
  readonly heap: LabHeap;
  readonly #deps: RunDeps;
  readonly #sampler: Sampler;
  readonly #kernel: RunKernel;
  readonly #looks = new Looks();
  readonly #peaks: PeakWatch;
  readonly #steering: Steering | undefined;
  /** By the run's own clock, and by the wall. */
  readonly #begin: number;
  readonly #wallBegin = performance.now();
  #phase: RunPhase = '';
  #share: number | undefined;
  #peakRss: number | null = null;
  /** The first error; it ends the run. */
  #failure: { readonly error: unknown } | undefined;

  constructor({ beatMs }: ResolvedRunOptions, deps: RunDeps) {
    const { heap, drive, machine, tempo } = deps;
    this.heap = heap;
    this.#deps = deps;
    this.#begin = this.#now();
    this.#kernel = deps.kernel;
    this.#peaks = new PeakWatch(
      () => this.#snapshot(),
      (snapshot) => this.#writeSnapshot(inUsePeak, snapshot),
    );
    heap.onEvent = (event) => this.#event(event);
    this.#sampler = new Sampler({
      heap,
      kernel: kernelInTempo(this.#kernel, tempo),
      beatMs,
      withSmaps: () =>
        this.#kernel.tellsAll === true || smapsTell(machine, { ...heap.settings, ...adviceIn(heap) }),
      elapsed: () => this.#elapsed(),
      state: () => ({
        phase: this.#phase,
        ops: drive.ops,
        live: drive.liveBytes,
        ran: drive.ran,
        speed: tempo?.speed ?? 1,
        stacks: drive.stackBytes,
      }),
      onSample: (sample) => this.#sampled(sample),
      onError: (error) => this.fail(error),
    });
    if (tempo === undefined) return;
    tempo.onHeld = () => this.#sampler.sample();
    this.#steering = new Steering({
      heap,
      tempo,
      elapsed: () => this.#elapsed(),
      wall: () => performance.now() - this.#wallBegin,
      ops: () => drive.ops,
      changed: (line) => {
        deps.writer.write(line);
        // Where the run comes to a stand a sample is taken then.
        if (line.what !== 'pause' && line.what !== 'step') this.#sampler.sample();
        this.#sampler.follow();
      },
    });
  }

  get physicalPage(): number {
    return this.#deps.machine.pageSize;
  }

  look(): PageSnapshot | undefined {
    return this.#snapshot(false);
  }

  steer(command?: Command): SteerState {
    if (this.#steering === undefined)
      throw new PageHeapError('ERR_INVALID_ARGUMENT', 'this run was not made to be steered');
    return command === undefined ? this.#steering.state : this.#steering.carryOut(command);
  }

  async run(): Promise<RunResult> {
    const { writer, heap, drive, hooks } = this.#deps;
    const stopped = (): boolean => hooks.signal?.aborted === true;
    try {
      this.#phase = drive.header.trace === undefined ? 'work' : 'replay';
      this.#sampler.start();
      await drive.run(this);
    } catch (error) {
      // What fails while a run is being stopped fails because of that: its input was closed.
      if (!stopped()) this.fail(error);
    }
    this.#sampler.stop();
    heap.onEvent = undefined;
    let statistics: Record<string, RunValue> = {};
    let memProfile: string | undefined;
    try {
      this.#lastSample();
      statistics = heap.summary() as Record<string, RunValue>;
      memProfile = await memProfileOf(heap, writer.path);
      heap.requireSound?.();
    } catch (error) {
      // A heap that failed before may have nothing to show any more.
      this.fail(error);
    }

    const { ops, seconds, idle, peakLiveBytes, liveBytes, liveObjects } = drive;
    const counts = drive.counts();
    const endRss = this.#sampler.last?.rss ?? null;
    const peakRss = this.#peakRss;
    const opsPerSec = seconds > 0 ? ops / seconds : 0;
    const reason = stopped() ? 'interrupted' : 'done';
    writer.write({
      k: 'end',
      t: this.#elapsed(),
      ...(this.#failure === undefined
        ? { reason }
        : { reason: 'error', error: messageOf(this.#failure.error) }),
      ops,
      seconds,
      opsPerSec,
      idleSeconds: idle.took,
      idleAsked: idle.asked,
      summary: {
        ...statistics,
        peakRss,
        endRss,
        peakLiveBytes,
        liveBytes,
        liveObjects,
        samples: this.#sampler.samples,
        missedBeats: this.#sampler.missed,
        lookNs: this.#sampler.costNs,
        fallbacks: heap.fallbacks?.() ?? [],
        leftOut: this.#leftOut(),
      },
      trace: counts,
      ...(drive.output === undefined || drive.output.length === 0 ? {} : { output: drive.output }),
      ...(memProfile === undefined ? {} : { memProfile }),
    });
    writer.flush();
    if (this.#failure !== undefined) throw this.#failure.error;
    return { file: writer.path, reason, ops, seconds, opsPerSec, peakRss, endRss, counts };
  }

  stopped(): boolean {
    return this.#failure !== undefined || this.#deps.hooks.signal?.aborted === true;
  }

  progress(phase: string, share: number | undefined): void {
    this.#phase = phase;
    this.#share = share;
  }

  sample(): void {
    this.#sampler.sample();
  }

  map(label: string): void {
    if (label !== 'end') this.#dump(label);
    const snapshot = this.#snapshot();
    if (snapshot !== undefined) this.#writeSnapshot(label, snapshot);
  }

  endPhase(name: string): void {
    const s = this.#sampler.sample(true);
    this.#deps.writer.write({
      k: 'phase',
      t: s.t,
      name,
      rss: s.rss,
      prss: s.prss ?? null,
      ...believedIn(s),
      lazy: s.lazy ?? null,
      minflt: s.minflt ?? 0,
      ops: s.ops ?? 0,
    });
    this.map(name);
  }

  /** Takes a heap dump, where they are asked for. */
  #dump(label: string): void {
    const { dumps, heap, writer } = this.#deps;
    const lines = dumps === undefined ? undefined : heap.dump?.();
    if (lines === undefined) return;
    dumps?.write(label, lines);
    const line = dominatorsLine(label, this.#elapsed(), lines);
    if (line !== undefined) writer.write(line);
  }

  /** Milliseconds since the run began. */
  #elapsed(): number {
    return this.#now() - this.#begin;
  }

  #now(): number {
    return this.#deps.tempo?.now() ?? performance.now();
  }

  /** What the kernel did not show, a sentence each. */
  #leftOut(): string[] {
    return [...new Set([...this.#sampler.leftOut, ...this.#looks.leftOut()])];
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /**
   * The last sample, map and table of size classes; a heap that failed may have none to give. The sample is
   * a detailed one: a run of less than a second has no other that tells what it gave back.
   */
  #lastSample(): void {
    this.#sampler.sample(true);
    this.map('end');
  }

  #sampled(sample: RunSample): void {
    const { writer, hooks, drive } = this.#deps;
    writer.write(sample);
    if (sample.rss !== null) this.#peakRss = Math.max(this.#peakRss ?? 0, sample.rss);
    if (this.#phase !== 'idle' && sample.inuse !== undefined) this.#peaks.see(sample.t, sample.inuse);
    writer.flush();
    hooks.onProgress?.({
      phase: this.#phase,
      share: this.#share,
      ops: drive.ops,
      totalOps: drive.totalOps,
      sample,
    });
  }

  #event(event: LabEvent): void {
    const { writer } = this.#deps;
    const t = this.#elapsed();
    if (event.kind === 'gc') {
      writer.write({
        k: 'gc',
        t,
        ...withoutKind(event),
        goal: Number.isFinite(event.goal) ? event.goal : null,
      });
    } else {
      const { how, bytes, line } = event;
      writer.write({ k: 'scav', t, kind: how, bytes, ...(line === undefined ? {} : { line }) });
    }
  }

  #snapshot(withClasses = true): PageSnapshot | undefined {
    const states = this.#deps.heap.pageStates?.();
    if (states === undefined || states.state.length === 0) return undefined;
    return snapshotPages(
      this.#elapsed(),
      states,
      (base, bytes) => this.#looks.at('mincore', () => this.#kernel.residentPages(base, bytes)) ?? undefined,
      withClasses ? this.#deps.heap.classes?.() : undefined,
    );
  }

  #writeSnapshot(label: string, snapshot: PageSnapshot): void {
    const { writer, machine } = this.#deps;
    writer.write(mapLine(label, snapshot, machine.pageSize));
    const classes = classesLine(label, snapshot);
    if (classes !== undefined) writer.write(classes);
  }
}

/** How memory is given back now, where that can have changed. */
function adviceIn({ tunable }: LabHeap): { readonly advise?: string } {
  return tunable === undefined ? {} : { advise: tunable.advise };
}

/** What a heap believes at the end of a phase; nothing of an allocator that does not tell. */
function believedIn({ sys = 0, inuse, free = 0, released = 0, alloc = 0 }: RunSample): Partial<RunPhaseEnd> {
  return inuse === undefined ? {} : { sys, inuse, idle: free + released, released, alloc };
}

function withoutKind<T extends { kind: string }>(event: T): Omit<T, 'kind'> {
  const { kind: _kind, ...rest } = event;
  return rest;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
