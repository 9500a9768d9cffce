/**
 * A run that is watched: its file, its state, and the pages as they were seen last. Whoever streams it is told when
 * something is new; nothing is queued for anybody.
 */
import { randomBytes } from 'node:crypto';
import { commandHere } from '../../base/called-as.ts';
import type { Command, SteerState } from '../run/steering.ts';
import { GrowingFile } from './growing-file.ts';
import type { LiveState, WatchMode } from './live-lines.ts';

/** A page that went so long ago is not missed any more, ms. */
const missedMs = 15_000;
/** How often it is looked whether it is there again. */
const lookMs = 100;

export interface WatchedOptions {
  readonly file: string;
  readonly mode: WatchMode;
  readonly state: LiveState;
  /** Carries out a command; absent where nothing can be steered. */
  readonly steer?: (command: Command) => Promise<SteerState>;
}

export class WatchedRun {
  readonly id = randomBytes(8).toString('hex');
  readonly mode: WatchMode;
  readonly path: string;
  /** What shows the file when nobody serves it any more. */
  readonly commands: readonly [view: string, report: string];
  readonly file: GrowingFile;
  readonly steer: WatchedOptions['steer'];
  /** Called when the first page comes, and when the last has gone. */
  onWatchers: ((count: number) => void) | undefined;
  #state: LiveState;
  #stateVersion = 1;
  #map: string | undefined;
  #mapVersion = 0;
  #crowdedVersion = 0;
  #watchers = 0;
  /** When pages went, those that came since taken away: the oldest first. */
  readonly #went: number[] = [];
  readonly #waiting = new Set<() => void>();

  constructor({ file, mode, state, steer }: WatchedOptions) {
    this.path = file;
    this.commands = [commandHere('view', file), commandHere('report', file)];
    this.mode = mode;
    this.steer = steer;
    this.file = new GrowingFile(file);
    this.#state = state;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Another number is another state, another map, or another page that found no place. */
  get versions(): { readonly state: number; readonly map: number; readonly crowded: number } {
    return { state: this.#stateVersion, map: this.#mapVersion, crowded: this.#crowdedVersion };
  }

  /** The latest line of the pages; undefined before there is one. */
  get map(): string | undefined {
    return this.#map;
  }

  get watchers(): number {
    return this.#watchers;
  }

  change(state: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...state };
    this.#stateVersion++;
    this.grown();
  }

  /** @param line of kind live, with its end */
  show(line: string): void {
    this.#map = line;
    this.#mapVersion++;
    this.grown();
  }

  /** A page found no place: those that nobody sees are asked for theirs. */
  crowd(): void {
    this.#crowdedVersion++;
    this.grown();
  }

  /** The file may have grown, or something else is new. */
  grown(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Until something is new, or so many milliseconds have passed, or the signal is given. */
  news(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }

  /** Pages that were there a moment ago and are not: closed, or without their connection. */
  get missed(): number {
    const from = performance.now() - missedMs;
    return this.#went.filter((at) => at > from).length;
  }

  /** Until no page is missed, or so many milliseconds have passed, or the signal is given. */
  async allBack(ms: number, signal: AbortSignal): Promise<void> {
    const end = performance.now() + ms;
    while (this.missed > 0 && !signal.aborted && performance.now() < end) await this.news(lookMs, signal);
  }

  came(): void {
    this.#went.shift();
    this.#watchers++;
    this.onWatchers?.(this.#watchers);
  }

  went(): void {
    this.#went.push(performance.now());
    this.#watchers--;
    this.onWatchers?.(this.#watchers);
  }

  close(): void {
    this.file.close();
  }
}
