/**
 * A progress bar on standard error; on anything but a terminal there is none, and nothing is written.
 */
import { createRequire } from 'node:module';
import type { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

export class Progress {
  readonly #bar: SingleBar | undefined;

  /** `total` in any unit; `text` stands right of the bar and may be as wide as `textWidth`. */
  constructor(terminal: Terminal, total: number, textWidth: number) {
    if (terminal.err.isTTY !== true) return;
    // Loaded where there is a bar: a tenth of what the command line has to load.
    const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');
    const room = terminal.columnsOf(terminal.err) - textWidth - 8;
    this.#bar = new SingleBar({
      format: room >= 5 ? '{bar} {percentage} % {text}' : '{percentage} % {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: Math.min(40, Math.max(5, room)),
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      fps: 10,
    });
    this.#bar.start(total, 0, { text: '' });
  }

  /** Whether it is shown: where it is not, nothing need be computed for it. */
  get isShown(): boolean {
    return this.#bar !== undefined;
  }

  update(value: number, text: string): void {
    this.#bar?.update(value, { text });
  }

  /** Removes the bar and shows the cursor again. Can be called twice. */
  stop(): void {
    this.#bar?.stop();
  }
}
