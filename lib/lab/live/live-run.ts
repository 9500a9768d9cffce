/**
 * A run under way, on its way to the pages that watch it: how it stands, what its pages are, and the commands that come back.
 *
 * The run's own process is asked for little (see looks-budget.ts): samples and events are read from its file.
 */
import { deflateRawSync } from 'node:zlib';
import { cellsOf } from '../report/page-pairs.ts';
import type { RunControl } from '../run/run-control.ts';
import type { RunProgress } from '../run/run-options.ts';
import type { Command, SteerState } from '../run/steering.ts';
import type { LiveLine, LiveMap } from './live-lines.ts';
import type { PagesWatch, SeenPages } from './pages-watch.ts';
import { WatchedRun } from './watched-run.ts';

/** Cells that a map on its way to a browser has at most. */
const mostCells = 2 ** 16;

export function mapLineOf({ t, origin, ranges, pairs }: SeenPages): string {
  const cells = cellsOf(pairs, ranges, mostCells);
  const data = deflateRawSync(cells.pairs, { level: 1 }).toString('base64');
  const map: LiveMap = { t, origin, scale: cells.scale, ranges: cells.ranges, data };
  const line: LiveLine = { k: 'live', map };
  return `${JSON.stringify(line)}\n`;
}

export class LiveRun {
  readonly watched: WatchedRun;
  readonly #control: RunControl;
  readonly #pages: PagesWatch;
  #begun = false;

  /** @param pages what looks at the run's pages, for others, too */
  constructor(control: RunControl, file: string, pages: PagesWatch) {
    this.#control = control;
    this.#pages = pages;
    this.watched = new WatchedRun({
      file,
      mode: 'run',
      state: { phase: 'starting' },
      steer: (command) => this.#steer(command),
    });
    pages.add({
      isWanted: () => this.watched.watchers > 0,
      show: (seen) => {
        if (this.watched.watchers > 0) this.watched.show(mapLineOf(seen));
      },
    });
  }

  /** The run has told how far it is; its file has grown. */
  progress = (progress: RunProgress): void => {
    const { sample, share } = progress;
    if (sample === undefined) return;
    if (!this.#begun) this.#begin();
    this.watched.change({ phase: 'running', ...(share === undefined ? {} : { share }) });
  };

  /** The run has ended. @param reason in words, where it did not come to its end */
  end(phase: 'over' | 'died', reason?: string): void {
    this.watched.change({ phase, ...(reason === undefined ? {} : { reason }) });
  }

  #begin(): void {
    this.#begun = true;
    this.#control.steer().then(
      (steer) => this.watched.change({ steer }),
      // It cannot be steered, or is over already.
      () => undefined,
    );
  }

  async #steer(command: Command): Promise<SteerState> {
    const carriedOut = await this.#control.steer(command);
    // A step is carried out when the answer is on its way; what it did is known by the next.
    const steer = command.what === 'step' ? await this.#control.steer() : carriedOut;
    this.watched.change({ steer });
    // What a command does while the run stands is seen at once.
    if (steer.paused) this.#pages.look(true);
    return steer;
  }
}
