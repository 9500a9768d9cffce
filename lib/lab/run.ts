/**
 * A run: one trace, replayed on one heap, watched, and written to a run file.
 *
 *   counting   the lines of the trace, where a duration is asked for and the file is not too long
 *   replay     spread over the duration, or as fast as it goes
 *   idle       collections a second apart at its beginning, then only what is due
 *
 * `runTrace` uses the process it is called in, whose RSS it measures: give each run its own
 * (fork-run.ts). However it ends, by the trace's end, by being stopped, or by an error of the trace
 * or the heap, the run file gets its end line and says which.
 *
 * Not here: the arguments of the command line, what is shown of a run.
 */
import { release } from 'node:os';
import { basename } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { inspectMachine, type Machine } from '../os/machine.ts';
import { machineFallbacks } from '../os/machine-words.ts';
import { Residency } from '../os/residency.ts';
import { HeapTarget, type LabHeapOptions } from './heap-target.ts';
import { mapLine, PeakWatch } from './map-moments.ts';
import { idle, replayPaced, type Turns } from './pacing.ts';
import { Replay, type ReplayCounts, type TouchMode } from './replay.ts';
import type { RunHeader, RunMap, RunSample, RunValue } from './report/run-data.ts';
import { runFormat } from './report/run-data.ts';
import { RunFileWriter } from './run-file.ts';
import { defaultBeatMs, type Looks, Sampler } from './sampler.ts';
import type { LabEvent, LabHeap } from './target.ts';
import { openBytes, standardInput } from './trace/bytes.ts';
import { measureTrace, TraceReader } from './trace/reader.ts';

/** What a run is asked for. Everything in it can be posted to another process. */
export interface RunOptions {
  /** The trace: a file, or `-` for standard input. */
  readonly trace: string;
  /** Where the run file goes; a file that is there is replaced. */
  readonly output: string;
  /** What the run is called. Default: the trace's name without folder and endings. */
  readonly name?: string;
  readonly heap?: LabHeapOptions;
  /** Seconds of replay; 0: as fast as it goes. Standard input always is. Default 20. */
  readonly seconds?: number;
  /** Seconds of idleness after it. Default 20. */
  readonly idle?: number;
  /** Collections at the beginning of the idle stretch, a second apart. Default 2. */
  readonly collections?: number;
  /** Milliseconds between samples, at least 1. Default 100. */
  readonly beatMs?: number;
  /** What is written of each object. Default: all. */
  readonly touch?: TouchMode;
  /** Unknown frees and live reuse end the run with an error. Default: they are counted. */
  readonly strict?: boolean;
  /** The command that asked for the run, for the file's first line. */
  readonly command?: readonly string[];
  /** The version of this package, for the file's first line. */
  readonly version?: string;
}

export type RunPhase = 'counting' | 'replay' | 'idle';

/** How far a run is; sent on every beat. */
export interface RunProgress {
  readonly phase: RunPhase;
  /** The share of this phase that is done, 0 to 1; undefined where it cannot be known. */
  readonly share: number | undefined;
  /** Operations so far, and in all where that is known. */
  readonly ops: number;
  readonly totalOps: number | undefined;
  /** The sample of this beat; undefined while counting. */
  readonly sample: RunSample | undefined;
}

export type RunReason = 'done' | 'interrupted';

export interface RunResult {
  /** The run file. */
  readonly file: string;
  readonly reason: RunReason;
  readonly ops: number;
  /** Seconds of replay. */
  readonly seconds: number;
  readonly opsPerSec: number;
  readonly peakRss: number;
  readonly endRss: number;
  readonly trace: ReplayCounts & { readonly lines: number };
}

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

/** "sqlite-ramp" of "traces/sqlite-ramp.mtrace.gz". */
export function traceName(path: string): string {
  return path === standardInput
    ? 'stdin'
    : basename(path).replace(/(?:\.(?:mtrace|rep|script|trace|txt|gz))+$/, '');
}

function checked(
  options: RunOptions,
): Required<Pick<RunOptions, 'seconds' | 'idle' | 'collections' | 'beatMs' | 'touch' | 'strict'>> {
  const {
    seconds = 20,
    idle: idleSeconds = 20,
    collections = 2,
    beatMs = defaultBeatMs,
    touch = 'all',
    strict = false,
  } = options;
  const refuse = (name: string, expected: string, value: unknown): never => {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `option ${name} must be ${expected}, not ${String(value)}`,
      { value },
    );
  };
  const longest = 1e6;
  if (!(seconds >= 0 && seconds <= longest)) refuse('seconds', `from 0 to ${longest}`, seconds);
  if (!(idleSeconds >= 0 && idleSeconds <= longest)) refuse('idle', `from 0 to ${longest}`, idleSeconds);
  if (!(Number.isInteger(collections) && collections >= 0))
    refuse('collections', 'a whole number from 0', collections);
  if (!(beatMs >= 1 && beatMs <= 60_000)) refuse('beatMs', 'from 1 to 60000', beatMs);
  if (!['all', 'page', 'none'].includes(touch)) refuse('touch', 'all, page or none', touch);
  return { seconds, idle: idleSeconds, collections, beatMs, touch, strict };
}

/** The lines of a trace where counting them is worth it. */
async function lengthOf(
  path: string,
  seconds: number,
  stopped: () => boolean,
): Promise<{ lines: number; ops: number } | undefined> {
  if (seconds === 0 || path === standardInput) return undefined;
  const source = await openBytes(path);
  const { size } = source;
  await source.close();
  const most = source.packed ? mostCountedPackedBytes : mostCountedBytes;
  return size === undefined || size > most ? undefined : measureTrace(path, stopped);
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

/**
 * Makes a run in this process.
 * @throws PageHeapError ERR_TRACE, ERR_FILE, ERR_INVALID_OPTION, ERR_OUT_OF_MEMORY; the run file says so too
 */
export async function runTrace(options: RunOptions, hooks: RunHooks = {}): Promise<RunResult> {
  const pace = checked(options);
  const { signal, onProgress } = hooks;
  const stopped = (): boolean => signal?.aborted === true;
  const begin = performance.now();
  const elapsed = (): number => performance.now() - begin;
  const started = new Date();

  onProgress?.({ phase: 'counting', share: undefined, ops: 0, totalOps: undefined, sample: undefined });
  const length = await lengthOf(options.trace, pace.seconds, stopped);
  const reader = await TraceReader.open(options.trace);
  const machine = inspectMachine();
  let heap: LabHeap | undefined;
  let writer: RunFileWriter | undefined;
  const closeReader = (): void => void reader.close().catch(() => undefined);
  try {
    const makeHeap = hooks.makeHeap ?? ((o: LabHeapOptions, page: number) => new HeapTarget(o, page));
    heap = makeHeap(options.heap ?? {}, machine.pageSize);
    writer = new RunFileWriter(options.output);
    // A read that waits for input must not keep a stopped run waiting.
    signal?.addEventListener('abort', closeReader);
    const header: RunHeader = {
      k: 'run',
      format: runFormat,
      name: options.name ?? traceName(options.trace),
      started: started.toISOString(),
      command: options.command ?? [],
      trace: { name: traceName(options.trace), ...(length === undefined ? {} : { ops: length.ops }) },
      options: {
        ...((heap.settings ?? options.heap) as Record<string, RunValue> | undefined),
        touch: pace.touch,
        strict: pace.strict,
      },
      pace: { seconds: pace.seconds, idle: pace.idle, collections: pace.collections, beatMs: pace.beatMs },
      env: environmentOf(machine, options.version),
    };
    writer.write(header);
    writer.flush();
    const run = new Run(options.output, pace, {
      heap,
      writer,
      reader,
      machine,
      elapsed,
      stopped,
      hooks,
      length,
    });
    return await run.run();
  } finally {
    signal?.removeEventListener('abort', closeReader);
    closeReader();
    heap?.dispose();
    writer?.close();
  }
}

interface RunParts {
  readonly heap: LabHeap;
  readonly writer: RunFileWriter;
  readonly reader: TraceReader;
  readonly machine: Machine;
  readonly elapsed: () => number;
  readonly stopped: () => boolean;
  readonly hooks: RunHooks;
  readonly length: { readonly lines: number; readonly ops: number } | undefined;
}

/** The replay and the idle stretch of a run, with everything that watches them. */
class Run {
  private readonly file: string;
  private readonly pace: ReturnType<typeof checked>;
  private readonly parts: RunParts;
  private readonly replay: Replay;
  private readonly sampler: Sampler;
  private readonly looks: Looks & Pick<Residency, 'residentPages'>;
  private readonly peaks: PeakWatch;
  private phase: RunPhase = 'replay';
  private share: number | undefined;
  private peakRss = 0;
  private replaySeconds = 0;

  constructor(file: string, pace: ReturnType<typeof checked>, parts: RunParts) {
    const { heap, writer, reader, machine, elapsed, hooks } = parts;
    this.file = file;
    this.pace = pace;
    this.parts = parts;
    this.looks = hooks.looks ?? new Residency();
    this.replay = new Replay(heap, { touch: pace.touch, strict: pace.strict, file: reader.file });
    this.peaks = new PeakWatch(
      () => this.map('peak'),
      (map) => writer.write(map),
    );
    heap.onEvent = (event) => this.event(event);
    this.sampler = new Sampler({
      heap,
      looks: this.looks,
      beatMs: pace.beatMs,
      closely: machine.hugePages.enabled === 'always' || heap.settings?.advise === 'free',
      elapsed,
      state: () => ({ phase: this.phase, ops: this.replay.ops }),
      onSample: (sample) => this.sampled(sample),
    });
  }

  async run(): Promise<RunResult> {
    const { writer, elapsed, stopped } = this.parts;
    let reason: 'done' | 'interrupted' | 'error' = 'done';
    let failure: unknown;
    try {
      this.sampler.start();
      await this.replayStretch();
      await this.idleStretch();
    } catch (error) {
      failure = error;
      reason = 'error';
    }
    this.sampler.stop();
    // Whatever was the error of a run that was being stopped came from stopping it.
    if (stopped()) reason = 'interrupted';
    this.lastLook();
    const counts = { lines: this.parts.reader.lines, ...this.replay.counts };
    const { ops } = this.replay;
    const seconds = this.replaySeconds;
    const opsPerSec = seconds > 0 ? ops / seconds : 0;
    const endRss = this.sampler.last?.rss ?? 0;
    writer.write({
      k: 'end',
      t: elapsed(),
      reason,
      ...(reason === 'error' ? { error: failure instanceof Error ? failure.message : String(failure) } : {}),
      ops,
      seconds,
      opsPerSec,
      summary: {
        ...(this.parts.heap.summary() as Record<string, RunValue>),
        peakRss: this.peakRss,
        endRss,
        peakLiveBytes: this.replay.peakLiveBytes,
        liveBytes: this.replay.liveBytes,
        liveObjects: this.replay.liveObjects,
        samples: this.sampler.samples,
        missedBeats: this.sampler.missed,
        lookNs: this.sampler.costNs,
        fallbacks: this.parts.heap.fallbacks?.() ?? [],
      },
      trace: { ...counts },
    });
    writer.flush();
    if (reason === 'error') throw failure;
    return { file: this.file, reason, ops, seconds, opsPerSec, peakRss: this.peakRss, endRss, trace: counts };
  }

  private async replayStretch(): Promise<void> {
    const { heap, reader, hooks, length, stopped } = this.parts;
    const begin = performance.now();
    try {
      await replayPaced({
        reader,
        replay: this.replay,
        background: heap,
        durationMs: this.pace.seconds * 1000,
        lines: length?.lines,
        stopped,
        onTurn: (share) => {
          this.share = share;
        },
        ...(hooks.turns === undefined ? {} : { turns: hooks.turns }),
      });
    } finally {
      this.replaySeconds = (performance.now() - begin) / 1000;
    }
    if (stopped()) return;
    this.share = 1;
    this.sampler.look();
    this.writeMap('end of replay');
  }

  private async idleStretch(): Promise<void> {
    const { heap, hooks, stopped } = this.parts;
    if (stopped() || this.pace.idle === 0) return;
    this.phase = 'idle';
    let collections = 0;
    await idle({
      background: heap,
      durationMs: this.pace.idle * 1000,
      collections: this.pace.collections,
      collect: () => {
        heap.gc();
        this.writeMap(`after collection ${++collections}`);
      },
      stopped,
      onTurn: (share) => {
        this.share = share;
      },
      ...(hooks.turns === undefined ? {} : { turns: hooks.turns }),
    });
    this.share = 1;
  }

  /** The last sample, map and table of size classes; a heap that failed may have none to give. */
  private lastLook(): void {
    const { heap, writer, elapsed } = this.parts;
    this.sampler.look();
    this.writeMap('end');
    const rows = heap.classes?.();
    if (rows !== undefined) writer.write({ k: 'classes', t: elapsed(), rows });
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
    const { writer, elapsed } = this.parts;
    const t = elapsed();
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

  private map(label: string): RunMap | undefined {
    const { heap, machine, elapsed } = this.parts;
    const states = heap.pageStates?.();
    if (states === undefined || states.state.length === 0) return undefined;
    return mapLine(elapsed(), label, states, machine.pageSize, (base, bytes) =>
      this.looks.residentPages(base, bytes),
    );
  }

  private writeMap(label: string): void {
    const map = this.map(label);
    if (map !== undefined) this.parts.writer.write(map);
  }
}

function withoutKind<T extends { kind: string }>(event: T): Omit<T, 'kind'> {
  const { kind: _kind, ...rest } = event;
  return rest;
}
