/**
 * What a watched run tells its pages: the lines of its run file as they stand in it, and between them lines of kind `live`.
 *
 *   hello   the first of a connection: which run it is, and how it is watched
 *   state   how the run stands; only the latest counts
 *   map     the pages as they are now; only the latest counts
 *   crowded another page found no place: one that nobody sees is to give its own away
 *
 * How far into the run file a page has come it counts itself: it is the bytes of the lines that are not of kind `live`.
 *
 * Works in a browser, too: types alone.
 */
import type { SteerState } from '../run/steering.ts';

/** `run`: it is under way, or was when the page was opened. `view`: a run file that is there. */
export type WatchMode = 'run' | 'view';

export interface LiveState {
  /** `starting`: no line was written yet. `over`: the file has its end. `died`: it will have none. */
  readonly phase: 'starting' | 'running' | 'over' | 'died';
  /** Why it is over, in words. */
  readonly reason?: string;
  /** The share of its phase that is done; absent where nobody knows. */
  readonly share?: number;
  /** Where it can be steered: how it stands. */
  readonly steer?: SteerState;
  /** The report, once it is written. */
  readonly report?: string;
}

/** Pages in cells (../report/page-pairs.ts), deflated, in base64. */
export interface LiveMap {
  readonly t: number;
  readonly origin: number;
  readonly scale: number;
  readonly ranges: readonly (readonly [number, number])[];
  readonly data: string;
}

export interface LiveLine {
  readonly k: 'live';
  readonly hello?: {
    /** Another one is another run. */
    readonly id: string;
    readonly mode: WatchMode;
    /** Of the run file, so far. */
    readonly bytes: number;
    /** Where in it the lines begin that follow: as asked for, or 0 where that is no place in it. */
    readonly from: number;
    /** The run file's path, as it was named. */
    readonly file: string;
    /** Commands that show the run file, as they can be typed where the run was started: the page again, and the report. */
    readonly commands?: readonly [view: string, report: string];
  };
  readonly state?: LiveState;
  readonly map?: LiveMap;
  readonly crowded?: true;
  /** Nothing has happened, and the connection stands. */
  readonly beat?: true;
}

/** What a command is answered with. */
export interface CommandAnswer {
  readonly state?: SteerState;
  readonly error?: string;
}
