/**
 * The two streams of a command: results go to `out`, everything about how it goes to `err`.
 *
 * Colour is used on a terminal only; `NO_COLOR` (any text) turns it off, `FORCE_COLOR` on (`0` or
 * `false`: off), each stream deciding for itself. With `--json` one JSON value goes to `out` and
 * nothing else; progress and remarks still go to `err`.
 *
 * Whatever is said, a terminal obeys nothing of it but ends of lines and the colours of here: other control characters, as in names of
 * files, are shown. Names whose colours are not to be obeyed either are made text by whoever says them (base/controls.ts).
 */
import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { controlsShownInColour, controlsShownInLines } from '../base/controls.ts';
import { wrap } from './wrap.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}

/** What is drawn in the last lines of the terminal again and again. */
export interface Standing {
  /** Takes it away: a line that stays is written there. */
  leave(): void;
  /** Draws it again, below that line. */
  comeBack(): void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a stream gets colour. NO_COLOR goes before FORCE_COLOR, as no-color.org asks. */
export function usesColor(stream: Stream, env: Environment): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

const defaultColumns = 80;

/** A text that a terminal shows and does not obey. */
export function plain(text: string): string {
  return controlsShownInLines(stripVTControlCharacters(text));
}

export class Terminal {
  readonly out: Stream;
  #err: Stream;
  /** Paint for what goes to `out`, and for what goes to `err`. */
  readonly outColors: Colors;
  readonly errColors: Colors;
  readonly outHasColors: boolean;
  /** A bar or a chart: it makes room for whatever is written. */
  standing: Standing | undefined;
  /** Told when results cannot be written; unless somebody listens, that is thrown. */
  onOutputError: (error: unknown) => void = (error) => {
    throw error;
  };

  constructor(out: Stream = process.stdout, err: Stream = process.stderr, env: Environment = process.env) {
    this.out = out;
    this.#err = err;
    this.outHasColors = usesColor(out, env);
    this.outColors = picocolors.createColors(this.outHasColors);
    this.errColors = picocolors.createColors(usesColor(err, env));
  }

  get err(): Stream {
    return this.#err;
  }

  /** Nothing must be written to standard error any more: what is to be said goes to the other one. */
  leaveErr(): void {
    this.#err = this.out;
  }

  /** Columns of a stream's window; 80 where there is no window. Never below 20. */
  columnsOf(stream: Stream): number {
    return Math.max(20, stream.columns || defaultColumns);
  }

  print(text: string): void {
    this.#print(this.#shown(this.out, text));
  }

  /** Prints what other programs read: as it is, unless it comes to a terminal. */
  printData(text: string): void {
    this.#print(this.out.isTTY === true ? this.#shown(this.out, text) : text);
  }

  #shown(stream: Stream, text: string): string {
    const hasColors = stream === this.out ? this.outHasColors : this.errColors.isColorSupported;
    return hasColors ? controlsShownInColour(text) : controlsShownInLines(text);
  }

  #print(text: string): void {
    try {
      this.#write(this.out, text);
    } catch (error) {
      // A file is written at once, and a full disk told at once; of a pipe it is told later, by an event.
      this.onOutputError(error);
    }
  }

  #write(stream: Stream, text: string): void {
    const standing = stream.isTTY === true ? this.standing : undefined;
    standing?.leave();
    try {
      stream.write(`${text}\n`);
    } finally {
      standing?.comeBack();
    }
  }

  printJson(value: unknown): void {
    // Some control characters JSON has as they are.
    const text = JSON.stringify(value, undefined, 2);
    this.print(text.replace(/[\x7f-\x9f]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`));
  }

  note(text: string): void {
    try {
      this.#write(this.err, this.#shown(this.err, text));
    } catch {
      // There is nowhere to say it.
    }
  }

  /** A note of sentences: on a terminal broken between words. */
  noteInWords(text: string): void {
    this.note(this.err.isTTY === true ? wrap(text, this.columnsOf(this.err)).join('\n') : text);
  }

  warn(text: string): void {
    this.note(`${this.errColors.yellow('warning:')} ${text}`);
  }

  fail(text: string): void {
    this.note(`${this.errColors.red('pageheap:')} ${text}`);
  }
}
