/**
 * A progress bar on standard error; on anything but a terminal there is none, and nothing is written.
 *
 * It has the last line for itself: what is written meanwhile stands above it (`Terminal.standing`). It is taken away however the
 * process ends by itself, so that the cursor comes back.
 */
import { createRequire } from 'node:module';
import type { SingleBar } from 'cli-progress';
import { controlsShown } from '../base/controls.ts';
import type { Terminal } from './terminal.ts';

export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #terminal: Terminal;
  #value = 0;
  #text = '';
  #isOver = false;
  readonly #restore = (): void => this.stop();

  /** `total` in any unit; `text` stands right of the bar and may be as wide as `textWidth`. */
  constructor(terminal: Terminal, total: number, textWidth: number) {
    this.#terminal = terminal;
    if (terminal.err.isTTY !== true) return;
    // Loaded where there is a bar: a tenth of what the command line has to load.
    const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');
    const room = terminal.columnsOf(terminal.err) - textWidth - 8;
    const bar = new SingleBar({
      stream: terminal.err as NodeJS.WriteStream,
      format: room >= 5 ? '{bar} {percentage} % {text}' : '{percentage} % {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: Math.min(40, Math.max(5, room)),
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      fps: 10,
      // A signal may be one to go on after: whoever obeys it says when the bar goes.
      gracefulExit: false,
    });
    this.#bar = bar;
    bar.start(total, 0, { text: '' });
    process.on('exit', this.#restore);
    terminal.standing = {
      leave: () => bar.stop(),
      // Where it stands now is another line.
      comeBack: () => bar.start(total, this.#value, { text: this.#text }),
    };
  }

  /** Whether it is shown: where it is not, nothing need be computed for it. */
  get isShown(): boolean {
    return this.#bar !== undefined;
  }

  update(value: number, text: string): void {
    this.#value = value;
    this.#text = controlsShown(text);
    this.#bar?.update(value, { text: this.#text });
  }

  /** Removes the bar and shows the cursor again. Can be called twice. */
  stop(): void {
    if (this.#bar === undefined || this.#isOver) return;
    this.#isOver = true;
    process.off('exit', this.#restore);
    this.#terminal.standing = undefined;
    this.#bar.stop();
  }
}
