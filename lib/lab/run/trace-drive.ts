/**
 * A trace as the drive of a run: counted, replayed over a duration or as fast as it goes, then idle with
 * collections a second apart at the beginning.
 *
 * Not here: the replay (replay.ts), its pace (pacing.ts).
 */
import type { RunValue } from '../record/lines.ts';
import { traceName } from '../subject/subject-request.ts';
import type { LabHeap } from '../subject/target.ts';
import { openBytes } from '../trace/bytes.ts';
import { measureTrace, readRecorded, type TraceLength, TraceReader } from '../trace/reader.ts';
import type { Recorded } from '../trace/recorded.ts';
import { AsItRan, type RanMemory } from './as-it-ran.ts';
import type { Drive, DriveHost } from './drive.ts';
import { idle, replayPaced, systemTurns, type Turns } from './pacing.ts';
import { Replay } from './replay.ts';
import type { ResolvedRunOptions } from './run-options.ts';

/** Files longer than this are not counted but estimated: the count would keep the user waiting. */
const mostCountedBytes = 512 * 2 ** 20;
const mostCountedPackedBytes = 64 * 2 ** 20;

/** The length of a trace, where counting it is worth it and does not use it up. */
async function lengthOf(
  path: string,
  size: number | undefined,
  seconds: number,
  stopped: () => boolean,
): Promise<TraceLength | undefined> {
  if (seconds === 0 || size === undefined || size > mostCountedBytes) return undefined;
  const source = await openBytes(path, size);
  // What is wrong with its first bytes is found again when they are read in earnest.
  await source.next().catch(() => undefined);
  await source.close();
  return source.packed && size > mostCountedPackedBytes ? undefined : measureTrace(path, stopped, size);
}

/** What the run file says of the program that was recorded. */
export function recordedWords({
  command,
  started,
  seconds,
  stopped,
  mostResident,
  samples,
}: Recorded): RunValue {
  const since = samples?.[0]?.ops ?? 0;
  return {
    command: [...command],
    started,
    ...(seconds === undefined ? {} : { seconds }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(mostResident === undefined ? {} : { mostResident }),
    samples: samples?.length ?? 0,
    // Where it is not known what there was before the first operation.
    ...(since > 0 ? { since } : {}),
  };
}

export class TraceDrive implements Drive {
  readonly header: Readonly<Record<string, RunValue>>;
  seconds = 0;
  idle = { asked: 0, took: 0 };
  readonly #reader: TraceReader;
  readonly #length: TraceLength | undefined;
  readonly #resolved: ResolvedRunOptions;
  readonly #turns: Turns | undefined;
  readonly #told: Recorded | undefined;
  #ran: AsItRan | undefined;
  #replay: Replay | undefined;
  #isIdle = false;

  private constructor(
    path: string,
    reader: TraceReader,
    length: TraceLength | undefined,
    recorded: Recorded | undefined,
    resolved: ResolvedRunOptions,
    turns: Turns | undefined,
  ) {
    this.#reader = reader;
    this.#length = length;
    this.#resolved = resolved;
    this.#turns = turns;
    this.#told = recorded;
    const { threads } = this;
    this.header = {
      trace: {
        name: traceName(path),
        ...(length === undefined ? {} : { ops: length.ops }),
        ...(threads === undefined ? {} : { threads }),
        ...(recorded === undefined ? {} : { recorded: recordedWords(recorded) }),
      },
    };
  }

  /** Opens a trace. @throws PageHeapError ERR_FILE, ERR_TRACE */
  static async open(
    path: string,
    resolved: ResolvedRunOptions,
    stopped: () => boolean,
    turns: Turns | undefined,
  ): Promise<TraceDrive> {
    const reader = await TraceReader.open(path, resolved.strict);
    try {
      const length = await lengthOf(path, reader.size, resolved.seconds, stopped);
      // A raw file tells how many threads there are only to who reads all of it.
      const recorded = length?.recorded ?? (reader.size === undefined ? undefined : await readRecorded(path));
      return new TraceDrive(path, reader, length, recorded, resolved, turns);
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  get ops(): number {
    return this.#replay?.ops ?? 0;
  }

  get totalOps(): number | undefined {
    return this.#length?.ops ?? this.#reader.announcedOps;
  }

  get threads(): number | undefined {
    return this.#length?.threads ?? (this.#told?.ops === undefined ? undefined : this.#told.threads);
  }

  get ran(): RanMemory | undefined {
    if (this.#isIdle) return undefined;
    // Of what can be read but once it is known on the way.
    const recorded = this.#told ?? this.#reader.recorded;
    if (recorded !== undefined) this.#ran ??= new AsItRan(recorded);
    return this.#ran?.after(this.ops);
  }

  get liveBytes(): number {
    return this.#replay?.liveBytes ?? 0;
  }

  get peakLiveBytes(): number {
    return this.#replay?.peakLiveBytes ?? 0;
  }

  get liveObjects(): number {
    return this.#replay?.liveObjects ?? 0;
  }

  async run(host: DriveHost): Promise<void> {
    const { touch, strict } = this.#resolved;
    this.#replay = new Replay(host.heap, { touch, strict, file: this.#reader.file });
    await this.#replayStretch(host, this.#replay);
    await this.#idleStretch(host, host.heap);
  }

  counts(): Readonly<Record<string, RunValue>> {
    const { lines, format, faults } = this.#reader;
    return { ...(format === undefined ? {} : { format }), lines, ...faults, ...this.#replay?.counts };
  }

  close(): void {
    this.#reader.close().catch(() => undefined);
  }

  /** The run's time, ms. */
  #now(): number {
    return (this.#turns ?? systemTurns).now();
  }

  async #replayStretch(host: DriveHost, replay: Replay): Promise<void> {
    const begin = this.#now();
    host.progress('replay', undefined);
    try {
      await replayPaced({
        reader: this.#reader,
        replay,
        background: host.heap,
        durationMs: this.#resolved.seconds * 1000,
        lines: this.#length?.lines,
        stopped: () => host.stopped(),
        onTurn: (share) => host.progress('replay', share),
        ...(this.#turns === undefined ? {} : { turns: this.#turns }),
      });
    } finally {
      this.seconds = (this.#now() - begin) / 1000;
    }
    if (host.stopped()) return;
    host.progress('replay', 1);
    host.sample();
    host.map('end of replay');
  }

  async #idleStretch(host: DriveHost, heap: LabHeap): Promise<void> {
    if (host.stopped() || this.#resolved.idle === 0) return;
    this.#isIdle = true;
    host.progress('idle', 0);
    const begin = this.#now();
    try {
      await this.#idle(host, heap);
    } finally {
      this.idle = { asked: this.#resolved.idle, took: (this.#now() - begin) / 1000 };
    }
    host.progress('idle', 1);
  }

  async #idle(host: DriveHost, heap: LabHeap): Promise<void> {
    let collections = 0;
    await idle({
      background: heap,
      durationMs: this.#resolved.idle * 1000,
      collections: this.#resolved.collections,
      collect: () => {
        heap.gc();
        host.map(`after collection ${++collections}`);
      },
      stopped: () => host.stopped(),
      onTurn: (share) => host.progress('idle', share),
      ...(this.#turns === undefined ? {} : { turns: this.#turns }),
    });
  }
}
