/**
 * A run: one trace, replayed on one heap, watched, and written to a run file.
 *
 *   counting   the lines of the trace, where a duration is asked for and the file is not too long
 *   replay     spread over the duration, or as fast as it goes
 *   idle       collections a second apart at its beginning, then only what is due
 *
 * `runTrace` uses the process it is called in, whose RSS it measures: give each run its own
 * (fork-run.ts). However it ends, by the trace's end, by being stopped, or by an error of the trace,
 * the heap or the looking, the run file gets its end line and says which.
 *
 * Not here: the arguments of the command line, what is shown of a run.
 */
import { stat } from 'node:fs/promises';
import { release } from 'node:os';
import { inspectMachine, type Machine } from '../os/machine.ts';
import { machineFallbacks } from '../os/machine-words.ts';
import { Residency } from '../os/residency.ts';
import { HeapTarget, type LabHeapOptions } from './heap-target.ts';
import { classesLine, mapLine, type PageSnapshot, PeakWatch, snapshotPages } from './map-moments.ts';
import { idle, replayPaced, type Turns } from './pacing.ts';
import { Replay } from './replay.ts';
import { type RunHeader, type RunSample, type RunValue, runFormat } from './report/run-data.ts';
import { RunFileWriter } from './run-file.ts';
import {
  type ResolvedRunOptions,
  type RunOptions,
  type RunPhase,
  type RunProgress,
  type RunResult,
  resolveRunOptions,
  traceName,
} from './run-options.ts';
import { type Looks, Sampler } from './sampler.ts';
import type { LabEvent, LabHeap } from './target.ts';
import { fileError, openBytes, standardInput } from './trace/bytes.ts';
import { measureTrace, type TraceLength, TraceReader } from './trace/reader.ts';

export {
  type RunOptions,
  type RunPhase,
  type RunProgress,
  type RunReason,
  type RunResult,
  traceName,
} from './run-options.ts';

export interface RunHooks {
  /** Aborting it ends the run soon, with a whole run file. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
  /** The heap to run on; default: the page heap. */
  readonly makeHeap?: (options: LabHeapOptions, physicalPage: number) => LabHeap;
  readonly looks?: Looks & Pick<Residency, 'residentPages'>;
  readonly turns?: Turns;
}

/** Files longer than this are not counted but estimated: the count would keep the user waiting. */
const mostCountedBytes = 512 * 2 ** 20;
const mostCountedPackedBytes = 64 * 2 ** 20;

/** The length of a trace, where counting it is worth it and does not use it up. */
async function lengthOf(
  path: string,
  seconds: number,
  stopped: () => boolean,
): Promise<TraceLength | undefined> {
  if (seconds === 0 || path === standardInput) return undefined;
  const info = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (!info.isFile() || info.size > mostCountedBytes) return undefined;
  const source = await openBytes(path);
  // What is wrong with its first bytes is found again when they are read in earnest.
  await source.next().catch(() => undefined);
  await source.close();
  return source.packed && info.size > mostCountedPackedBytes ? undefined : measureTrace(path, stopped);
}

function environmentOf(machine: Machine, version: string | undefined): Record<string, RunValue> {
  const { hugePages } = machine;
  return {
    kernel: release(),
    node: process.version,
    cpu: machine.cpu,
    cpus: machine.cpus,
    thp: hugePages.enabled ?? null,
    thpDefrag: hugePages.defrag ?? null,
    pageSize: machine.pageSize,
    hugePageSize: hugePages.pmdSize,
    overcommit: machine.overcommit ?? null,
    pageheap: version ?? null,
    fallbacks: machineFallbacks(machine),
  };
}

function headerOf(
  options: RunOptions,
  resolved: ResolvedRunOptions,
  heap: LabHeap,
  machine: Machine,
  length: TraceLength | undefined,
): RunHeader {
  const { seconds, idle: idleSeconds, collections, beatMs, touch, strict } = resolved;
  const settings = (heap.settings ?? options.heap ?? {}) as Record<string, RunValue>;
  return {
    k: 'run',
    format: runFormat,
    name: options.name ?? traceName(options.trace),
    started: new Date().toISOString(),
    command: options.command ?? [],
    trace: { name: traceName(options.trace), ...(length === undefined ? {} : { ops: length.ops }) },
    options: { ...settings, touch, strict },
    pace: { seconds, idle: idleSeconds, collections, beatMs },
    env: environmentOf(machine, options.version),
  };
}

/**
 * Makes a run in this process.
 * @throws PageHeapError ERR_TRACE, ERR_FILE, ERR_INVALID_OPTION, ERR_OUT_OF_MEMORY; the run file, once there is one, says so too
 */
export async function runTrace(options: RunOptions, hooks: RunHooks = {}): Promise<RunResult> {
  const resolved = resolveRunOptions(options);
  const { signal } = hooks;
  const stopped = (): boolean => signal?.aborted === true;
  hooks.onProgress?.({ phase: 'counting', share: undefined, ops: 0, totalOps: undefined, sample: undefined });
  const length = await lengthOf(options.trace, resolved.seconds, stopped);
  const reader = await TraceReader.open(options.trace);
  const closeReader = (): void => void reader.close().catch(() => undefined);
  // A read that waits for input must not keep a stopped run waiting.
  signal?.addEventListener('abort', closeReader);
  try {
    const machine = inspectMachine();
    const heap = (hooks.makeHeap ?? ((o, page) => new HeapTarget(o, page)))(
      options.heap ?? {},
      machine.pageSize,
    );
    let writer: RunFileWriter | undefined;
    try {
      writer = new RunFileWriter(options.output);
      writer.write(headerOf(options, resolved, heap, machine, length));
      writer.flush();
      const run = new Run(resolved, { heap, writer, reader, machine, stopped, hooks, length });
      return await run.run();
    } finally {
      writer?.close();
      heap.dispose();
    }
  } finally {
    signal?.removeEventListener('abort', closeReader);
    closeReader();
  }
}

interface RunParts {
  readonly heap: LabHeap;
  readonly writer: RunFileWriter;
  readonly reader: TraceReader;
  readonly machine: Machine;
  readonly stopped: () => boolean;
  readonly hooks: RunHooks;
  readonly length: TraceLength | undefined;
}

/** The replay and the idle stretch of a run, with everything that watches them. */
class Run {
  private readonly resolved: ResolvedRunOptions;
  private readonly parts: RunParts;
  private readonly replay: Replay;
  private readonly sampler: Sampler;
  private readonly looks: Looks & Pick<Residency, 'residentPages'>;
  private readonly peaks: PeakWatch;
  private readonly begin = performance.now();
  private phase: RunPhase = 'replay';
  private share: number | undefined;
  private peakRss = 0;
  private replaySeconds = 0;
  /** The first error; it ends the run. */
  private failure: { readonly error: unknown } | undefined;

  constructor(resolved: ResolvedRunOptions, parts: RunParts) {
    const { heap, reader, machine, hooks } = parts;
    const { touch, strict, beatMs } = resolved;
    this.resolved = resolved;
    this.parts = parts;
    this.looks = hooks.looks ?? new Residency();
    this.replay = new Replay(heap, { touch, strict, file: reader.file });
    this.peaks = new PeakWatch(
      () => this.snapshot(),
      (snapshot) => this.writeSnapshot('peak', snapshot),
    );
    heap.onEvent = (event) => this.event(event);
    this.sampler = new Sampler({
      heap,
      looks: this.looks,
      beatMs,
      closely: machine.hugePages.enabled === 'always' || heap.settings?.advise === 'free',
      elapsed: () => this.elapsed(),
      state: () => ({ phase: this.phase, ops: this.replay.ops }),
      onSample: (sample) => this.sampled(sample),
      onError: (error) => this.fail(error),
    });
  }

  async run(): Promise<RunResult> {
    const { writer, heap, reader, stopped } = this.parts;
    try {
      this.sampler.start();
      await this.replayStretch();
      await this.idleStretch();
    } catch (error) {
      // What fails while a run is being stopped fails because of that: its input was closed.
      if (!stopped()) this.fail(error);
    }
    this.sampler.stop();
    heap.onEvent = undefined;
    let statistics: Record<string, RunValue> = {};
    try {
      this.lastLook();
      statistics = heap.summary() as Record<string, RunValue>;
    } catch (error) {
      // A heap that failed before may have nothing to show any more.
      this.fail(error);
    }

    const { ops, peakLiveBytes, liveBytes, liveObjects } = this.replay;
    const trace = { lines: reader.lines, ...this.replay.counts };
    const endRss = this.sampler.last?.rss ?? 0;
    const { peakRss, replaySeconds: seconds } = this;
    const opsPerSec = seconds > 0 ? ops / seconds : 0;
    const reason = stopped() ? 'interrupted' : 'done';
    writer.write({
      k: 'end',
      t: this.elapsed(),
      ...(this.failure === undefined
        ? { reason }
        : { reason: 'error', error: messageOf(this.failure.error) }),
      ops,
      seconds,
      opsPerSec,
      summary: {
        ...statistics,
        peakRss,
        endRss,
        peakLiveBytes,
        liveBytes,
        liveObjects,
        samples: this.sampler.samples,
        missedBeats: this.sampler.missed,
        lookNs: this.sampler.costNs,
        fallbacks: heap.fallbacks?.() ?? [],
      },
      trace,
    });
    writer.flush();
    if (this.failure !== undefined) throw this.failure.error;
    return { file: writer.path, reason, ops, seconds, opsPerSec, peakRss, endRss, trace };
  }

  /** Milliseconds since the replay began. */
  private elapsed(): number {
    return performance.now() - this.begin;
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
  }

  private ended(): boolean {
    return this.failure !== undefined || this.parts.stopped();
  }

  private async replayStretch(): Promise<void> {
    const { heap, reader, hooks, length } = this.parts;
    const begin = performance.now();
    try {
      await replayPaced({
        reader,
        replay: this.replay,
        background: heap,
        durationMs: this.resolved.seconds * 1000,
        lines: length?.lines,
        stopped: () => this.ended(),
        onTurn: (share) => {
          this.share = share;
        },
        ...(hooks.turns === undefined ? {} : { turns: hooks.turns }),
      });
    } finally {
      this.replaySeconds = (performance.now() - begin) / 1000;
    }
    if (this.ended()) return;
    this.share = 1;
    this.sampler.look();
    this.writeMap('end of replay');
  }

  private async idleStretch(): Promise<void> {
    const { heap, hooks } = this.parts;
    if (this.ended() || this.resolved.idle === 0) return;
    this.phase = 'idle';
    let collections = 0;
    await idle({
      background: heap,
      durationMs: this.resolved.idle * 1000,
      collections: this.resolved.collections,
      collect: () => {
        heap.gc();
        this.writeMap(`after collection ${++collections}`);
      },
      stopped: () => this.ended(),
      onTurn: (share) => {
        this.share = share;
      },
      ...(hooks.turns === undefined ? {} : { turns: hooks.turns }),
    });
    this.share = 1;
  }

  /** The last sample, map and table of size classes; a heap that failed may have none to give. */
  private lastLook(): void {
    this.sampler.look();
    this.writeMap('end');
  }

  private sampled(sample: RunSample): void {
    const { writer, hooks, length, reader } = this.parts;
    writer.write(sample);
    this.peakRss = Math.max(this.peakRss, sample.rss);
    if (this.phase === 'replay') this.peaks.see(sample.t, sample.inuse);
    writer.flush();
    hooks.onProgress?.({
      phase: this.phase,
      share: this.share,
      ops: this.replay.ops,
      totalOps: length?.ops ?? reader.announcedOps,
      sample,
    });
  }

  private event(event: LabEvent): void {
    const { writer } = this.parts;
    const t = this.elapsed();
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

  private snapshot(): PageSnapshot | undefined {
    const states = this.parts.heap.pageStates?.();
    if (states === undefined || states.state.length === 0) return undefined;
    return snapshotPages(
      this.elapsed(),
      states,
      (base, bytes) => this.looks.residentPages(base, bytes),
      this.parts.heap.classes?.(),
    );
  }

  private writeMap(label: string): void {
    const snapshot = this.snapshot();
    if (snapshot !== undefined) this.writeSnapshot(label, snapshot);
  }

  private writeSnapshot(label: string, snapshot: PageSnapshot): void {
    const { writer, machine } = this.parts;
    writer.write(mapLine(label, snapshot, machine.pageSize));
    const classes = classesLine(label, snapshot);
    if (classes !== undefined) writer.write(classes);
  }
}

function withoutKind<T extends { kind: string }>(event: T): Omit<T, 'kind'> {
  const { kind: _kind, ...rest } = event;
  return rest;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
