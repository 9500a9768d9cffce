/**
 * Steering: what a person can do to a run while it runs, and what it answers.
 *
 * A command is carried out between two operations of the run. It is written into the run file, so that whoever reads it
 * learns what was changed and when; a sample follows, since a curve can have a step there.
 *
 * Not here: how commands come to the run's process (run-messages.ts, run-control.ts), who may give them (../live).
 */
import { PageHeapError } from '../../base/errors.ts';
import { parseGCPercent, parseMemoryLimit } from '../../design/environment.ts';
import { noMemoryLimit } from '../../gc/gc-settings.ts';
import type { RunSteer } from '../record/lines.ts';
import type { LabHeap, Tunable } from '../subject/target.ts';
import { speeds, type Tempo } from './tempo.ts';

/** Names without a value, with a number, and with a word. */
export type Command =
  | { readonly what: 'pause' | 'resume' | 'gc' | 'freeOSMemory' }
  | { readonly what: 'step' | 'speed' | 'gcPercent'; readonly value: number }
  | { readonly what: 'memoryLimit'; readonly value: number | 'off' }
  | { readonly what: 'advise'; readonly value: 'dontneed' | 'free' };

/** How a run stands, for whoever steers it. */
export interface SteerState extends Partial<Tunable> {
  readonly paused: boolean;
  readonly speed: number;
  /** What was changed so far. */
  readonly commands: number;
  /** What the last step did, in words, where that is known. */
  readonly lastStep?: string;
}

/** Operations that one command may step at most. */
export const mostSteps = 1_000_000;
const maxInt32 = 2 ** 31 - 1;
/** Bytes: below so much no heap of here can be. */
const leastLimit = 1;

const isWhole = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

function refuse(message: string): never {
  throw new PageHeapError('ERR_INVALID_ARGUMENT', message);
}

function refuseWithout(why: string | undefined): void {
  if (why !== undefined) refuse(why);
}

interface Takes {
  readonly takes: string;
  /** The command's own value; undefined where it is none. */
  readonly read: (value: unknown) => unknown;
}

const nothing: Takes = { takes: 'no value', read: () => undefined };
const only =
  (is: (value: unknown) => boolean) =>
  (value: unknown): unknown =>
    is(value) ? value : undefined;

/** What each command takes, in words; percentages and limits as on the command line, too. */
const values: Readonly<Record<Command['what'], Takes>> = {
  pause: nothing,
  resume: nothing,
  gc: nothing,
  freeOSMemory: nothing,
  step: { takes: `a whole number, 1 to ${mostSteps}`, read: only((value) => isWhole(value, 1, mostSteps)) },
  speed: {
    takes: `one of ${speeds.join(', ')}`,
    read: only((value) => speeds.some((speed) => speed === value)),
  },
  gcPercent: {
    takes: 'a percentage such as 100, or off',
    read: (value) => only(isPercent)(typeof value === 'string' ? parseGCPercent(value.trim()) : value),
  },
  memoryLimit: {
    takes: 'a number of bytes such as 64MiB, or off',
    read: (value) => {
      const limit = typeof value === 'string' ? parseMemoryLimit(value.replaceAll(' ', '')) : value;
      return typeof limit === 'number' && limit >= noMemoryLimit ? 'off' : only(isLimit)(limit);
    },
  },
  advise: { takes: 'dontneed or free', read: only((value) => value === 'dontneed' || value === 'free') },
};

/** What a setting is called where a person sees it. */
const shown: Partial<Readonly<Record<Command['what'], string>>> = {
  gcPercent: 'GOGC',
  memoryLimit: 'the limit',
  advise: 'the advice',
};

const isPercent = (value: unknown): boolean => isWhole(value, -1, maxInt32);
const isLimit = (value: unknown): boolean =>
  value === 'off' || isWhole(value, leastLimit, Number.MAX_SAFE_INTEGER);

/** Takes JSON for a command. @throws PageHeapError ERR_INVALID_ARGUMENT where it is none */
export function readCommand(json: unknown): Command {
  const { what, value, ...rest } = (typeof json === 'object' && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  if (typeof what !== 'string' || !Object.hasOwn(values, what) || Object.keys(rest).length > 0)
    throw new PageHeapError(
      'ERR_INVALID_ARGUMENT',
      `a command has a name and a value; the names are ${Object.keys(values).join(', ')}`,
    );
  const wanted = values[what as Command['what']];
  const taken = wanted.read(value);
  if (wanted === nothing ? value !== undefined : taken === undefined)
    refuse(`${shown[what as Command['what']] ?? what} takes ${wanted.takes}`);
  return (wanted === nothing ? { what } : { what, value: taken }) as Command;
}

/** A percentage or a limit as it stands in the run file. */
const orOff = (value: number): number | 'off' =>
  value < 0 || value === Number.POSITIVE_INFINITY ? 'off' : value;

/** What a run gives whoever steers it. */
export interface SteeredRun {
  readonly heap: LabHeap;
  readonly tempo: Tempo;
  /** Milliseconds since it began: of the run's time, and by the wall. */
  readonly elapsed: () => number;
  readonly wall: () => number;
  readonly ops: () => number;
  /** Writes the line, and takes a sample. */
  readonly changed: (line: RunSteer) => void;
}

export class Steering {
  readonly #run: SteeredRun;
  #commands = 0;

  constructor(run: SteeredRun) {
    this.#run = run;
  }

  get state(): SteerState {
    const { heap, tempo } = this.#run;
    const { paused, speed, lastStep } = tempo;
    const last = paused && lastStep !== undefined ? { lastStep } : {};
    return { paused, speed, commands: this.#commands, ...last, ...heap.tunable };
  }

  /** @throws PageHeapError where the heap refuses it */
  carryOut(command: Command): SteerState {
    // Two pages may press the same button: what changes nothing is no change by hand.
    const { paused, speed } = this.#run.tempo;
    if (command.what === 'resume' && !paused) return this.state;
    if (command.what === 'speed' && command.value === speed) return this.state;
    const was = this.#before(command);
    this.#run.tempo.during(() => this.#do(command));
    this.#commands++;
    const { elapsed, wall, ops, changed } = this.#run;
    const value =
      'value' in command
        ? { value: command.what === 'gcPercent' ? orOff(command.value) : command.value }
        : {};
    changed({
      k: 'steer',
      t: elapsed(),
      wall: Math.round(wall()),
      ops: ops(),
      what: command.what,
      ...value,
      ...(was === undefined ? {} : { was }),
    });
    return this.state;
  }

  /** What a setting is before it is changed; undefined of what is none. */
  #before({ what }: Command): string | number | undefined {
    const { heap, tempo } = this.#run;
    const { gcPercent, memoryLimit, advise } = heap.tunable ?? {};
    switch (what) {
      case 'speed':
        return tempo.speed;
      case 'gcPercent':
        return gcPercent === undefined ? undefined : orOff(gcPercent);
      case 'memoryLimit':
        return memoryLimit === undefined ? undefined : orOff(memoryLimit);
      case 'advise':
        return advise;
      default:
        return undefined;
    }
  }

  #do(command: Command): void {
    const { heap, tempo } = this.#run;
    switch (command.what) {
      case 'pause':
        tempo.pause();
        break;
      case 'resume':
        tempo.resume();
        break;
      case 'speed':
        tempo.setSpeed(command.value);
        break;
      case 'step':
        if (!tempo.paused) refuse('only a paused run goes by steps');
        tempo.step(command.value);
        break;
      case 'gc':
        refuseWithout(heap.tunable?.whyNoCollection);
        heap.gc();
        break;
      case 'freeOSMemory':
        refuseWithout(heap.tunable?.whyNoCollection);
        heap.freeOSMemory();
        break;
      case 'gcPercent':
        refuseWithout(heap.tunable?.whyNoCollection);
        heap.setGCPercent?.(command.value);
        break;
      case 'memoryLimit':
        refuseWithout(heap.tunable?.whyNoLimit);
        heap.setMemoryLimit?.(command.value === 'off' ? Number.POSITIVE_INFINITY : command.value);
        break;
      case 'advise':
        refuseWithout(heap.tunable?.whyNoAdvise);
        heap.setAdvise?.(command.value);
    }
  }
}
