/**
 * Pacing: when a replay may go on, and when others get their turn.
 *
 * A replay is spread evenly over a duration by the lines of its trace: at a share of the time, the
 * same share of the lines. The number of lines is counted before, or estimated all along from the
 * bytes read so far: lines × size / bytes read. A trace that can do neither, and one without a
 * duration, goes as fast as it can. One that falls behind does not hurry beyond that; it takes longer.
 *
 * The event loop gets a turn at least every `turnMs`, between operations: an operation is never
 * divided. In each turn the heap does what background work is due.
 *
 * In the idle stretch nothing happens but what is due, and the collections asked for: the first at
 * once, then one a second. The clock, the sleep, and a gate for who goes step by step are handed in.
 */

import { placeUnit } from '../trace/grammar.ts';
import { OperationBatch } from '../trace/operations.ts';
import type { TraceReader } from '../trace/reader.ts';
import type { Replay } from './replay.ts';

/** How many operations may be carried out before others are asked: of a run that somebody steers (tempo.ts). */
export interface Gate {
  /** Infinity as long as nothing holds them up; 0: none, until a turn was given. */
  room(): number;
  /** So many were carried out; the last of those that go one by one, in words. */
  took(count: number, last?: string): void;
  /** In an idle stretch that goes step by step: so many milliseconds of it are over. */
  skip(ms: number): void;
}

const openGate: Gate = {
  room: () => Number.POSITIVE_INFINITY,
  took: () => undefined,
  skip: () => undefined,
};

export const gateOf = ({ gate = openGate }: Turns): Gate => gate;

/** Time, in milliseconds, and the two ways to let it pass. */
export interface Turns {
  /** Default: nothing holds operations up. */
  readonly gate?: Gate;
  now(): number;
  /** Lets the event loop go round once. */
  turn(): Promise<void>;
  /** As turn, after some time; timers are no finer than about a millisecond. */
  sleep(ms: number): Promise<void>;
}

export const systemTurns: Turns = {
  now: () => performance.now(),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** The longest time that a replay keeps the event loop waiting, but for single long operations. */
export const turnMs = 5;
/** Operations between readings of the clock. */
const stride = 32;
/** Background steps in one turn at most. */
const mostSteps = 1000;
/** Without anything due, an idle heap is asked again after this long. */
const idleLookMs = 50;
const collectionGapMs = 1000;

export interface BackgroundWork {
  /** Does what is due. @returns nanoseconds until more is, Infinity for never */
  step(): number;
}

/** How far into the lines of a trace a replay may be. */
export class Pace {
  readonly #startMs: number;
  readonly #durationMs: number;
  #totalLines: number;

  /** @param durationMs 0: as fast as it goes. @param totalLines undefined when not known */
  constructor(startMs: number, durationMs: number, totalLines: number | undefined) {
    this.#startMs = startMs;
    this.#durationMs = durationMs;
    this.#totalLines = totalLines ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the number of lines to be what the bytes read so far let expect. */
  estimate(lines: number, consumed: number, size: number): void {
    if (consumed > 0) this.#totalLines = Math.max(lines, (lines * size) / consumed);
  }

  /** The last line that may have been replayed at a time. */
  lineAt(ms: number): number {
    if (this.#durationMs === 0 || this.#totalLines === Number.POSITIVE_INFINITY)
      return Number.POSITIVE_INFINITY;
    return Math.floor((this.#totalLines * (ms - this.#startMs)) / this.#durationMs);
  }

  /** When a line may be replayed. */
  timeOf(line: number): number {
    return this.#startMs + (line / this.#totalLines) * this.#durationMs;
  }

  /** The share of the lines that is done, 0 to 1; undefined when their number is not known. */
  share(line: number): number | undefined {
    return this.#totalLines === Number.POSITIVE_INFINITY ? undefined : Math.min(1, line / this.#totalLines);
  }
}

export interface PacedReplay {
  readonly reader: TraceReader;
  readonly replay: Replay;
  readonly background: BackgroundWork;
  /** 0: as fast as it goes. */
  readonly durationMs: number;
  /** Lines of the trace, where they were counted. */
  readonly lines?: number | undefined;
  readonly turns?: Turns;
  /** Asked between operations; true ends the replay. */
  readonly stopped?: () => boolean;
  /** Called in each turn with the share of the trace that is done, where it is known. */
  readonly onTurn?: (share: number | undefined) => void;
}

/** Replays a trace to its end, or until stopped. Errors of trace and heap pass through. */
export async function replayPaced(options: PacedReplay): Promise<void> {
  const { reader, replay, background, durationMs, lines, stopped = () => false } = options;
  const turns = options.turns ?? systemTurns;
  const gate = gateOf(turns);
  const batch = new OperationBatch();
  const begin = turns.now();
  const pace = new Pace(begin, durationMs, lines);
  let lastTurn = begin;
  let now = begin;
  const rest = async (ms: number, line: number): Promise<void> => {
    const until = turns.now() + ms;
    let due = background.step();
    // A program that waits leaves its processor to the background: sweeping goes on at once.
    for (let n = 0; due === 0 && n < mostSteps && turns.now() < until; n++) due = background.step();
    options.onTurn?.(pace.share(line));
    const left = until - turns.now();
    if (left > 0) await turns.sleep(left);
    else await turns.turn();
    lastTurn = now = turns.now();
  };

  while (!stopped() && (await reader.fill(batch))) {
    if (lines === undefined && reader.size !== undefined) {
      pace.estimate(reader.lines, reader.consumed, reader.size);
    }
    replay.resolve(batch);
    for (let i = 0; i < batch.count; ) {
      const line = batch.lineOf(i);
      const room = gate.room();
      if (room === 0) {
        await rest(0, line);
        if (stopped()) return;
        continue;
      }
      // What is asked for operation by operation does not wait for its time.
      const ahead = room < Number.POSITIVE_INFINITY ? 0 : line - pace.lineAt(now);
      if (ahead > 0) {
        await rest(Math.min(turnMs, Math.max(1, pace.timeOf(line) - now)), line);
        if (stopped()) return;
        continue;
      }
      const to = Math.min(batch.count, i + Math.min(stride, room, 1 - ahead));
      replay.run(batch, i, to);
      if (room < Number.POSITIVE_INFINITY)
        gate.took(to - i, `${placeUnit(reader.format)} ${batch.lineOf(to - 1)}: ${batch.wordsOf(to - 1)}`);
      i = to;
      now = turns.now();
      if (now - lastTurn >= turnMs) {
        await rest(0, line);
        if (stopped()) return;
      }
    }
  }
}

export interface IdleStretch {
  readonly background: BackgroundWork;
  readonly durationMs: number;
  /** Collections at its beginning, a second apart. */
  readonly collections: number;
  readonly collect: () => void;
  readonly turns?: Turns;
  readonly stopped?: () => boolean;
  /** Called in each turn with the share of the stretch that has passed. */
  readonly onTurn?: (share: number) => void;
}

/** Waits, and lets the heap do what is due. @returns collections made */
export async function idle(options: IdleStretch): Promise<number> {
  const { background, durationMs, collections, collect, stopped = () => false } = options;
  const turns = options.turns ?? systemTurns;
  const gate = gateOf(turns);
  const begin = turns.now();
  const end = begin + durationMs;
  let collected = 0;
  for (let now = begin; now < end && !stopped(); now = turns.now()) {
    if (collected < collections && now >= begin + collected * collectionGapMs) {
      collect();
      collected++;
    }
    const dueMs = background.step() / 1e6;
    options.onTurn?.((now - begin) / durationMs);
    const next = collected < collections ? begin + collected * collectionGapMs : end;
    const wait = Math.min(dueMs, idleLookMs, next - turns.now());
    const room = gate.room();
    if (room > 0 && room < Number.POSITIVE_INFINITY) {
      gate.skip(Math.max(0, wait));
      gate.took(1);
      await turns.turn();
    } else if (wait <= 0) await turns.turn();
    else await turns.sleep(wait);
  }
  return collected;
}
