/// <reference lib="dom" />
/**
 * The connection of a page to its run: lines as they come, and commands back.
 *
 * The token stands in the page's own address behind the `#`, which a browser sends to nobody; it goes into a header. A
 * connection that breaks is made again, from the place in the run file that was reached: nothing is lost and nothing comes
 * twice. One on which nothing comes for a while is taken for broken.
 */
import type { CommandAnswer, LiveLine } from '../live-lines.ts';

/** A server that stands says something every two seconds. */
const silenceMs = 8000;
const firstPauseMs = 400;
const longestPauseMs = 5000;

export interface Listener {
  /** A line of the run file. */
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void;
  readonly onLive: (line: LiveLine) => void;
  /** Another run is there, or the first: everything from before is gone. */
  readonly onRun: (hello: NonNullable<LiveLine['hello']>) => void;
  readonly onConnected: (is: boolean, why?: string) => void;
}

const token = (): string => location.hash.slice(1);

const authorized = (): Record<string, string> => ({ Authorization: `Bearer ${token()}` });

/** A refusal that trying again will not change. */
class Refused extends Error {}

export class Connection {
  readonly #listener: Listener;
  #id: string | undefined;
  /** How far into the run file the page has come. */
  #at = 0;
  #isOver = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** The run is over: a connection that ends now is not made again. */
  leave(): void {
    this.#isOver = true;
  }

  /** Stays connected, until the run is over or the server refuses. */
  async stay(): Promise<void> {
    for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 1.6)) {
      try {
        await this.#listen(() => {
          pause = firstPauseMs;
        });
        if (this.#isOver) return;
        this.#listener.onConnected(false);
      } catch (error) {
        if (this.#isOver && !(error instanceof Refused)) return;
        this.#listener.onConnected(false, error instanceof Refused ? error.message : undefined);
        if (error instanceof Refused) return;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Gives a command; what comes of it. */
  async command(what: string, value?: string | number): Promise<CommandAnswer> {
    try {
      const response = await fetch('/steer', {
        method: 'POST',
        headers: { ...authorized(), 'Content-Type': 'application/json' },
        body: JSON.stringify(value === undefined ? { what } : { what, value }),
      });
      return (await response.json()) as CommandAnswer;
    } catch {
      return { error: 'The run does not answer: it is over, or the connection is broken.' };
    }
  }

  async #listen(connected: () => void): Promise<void> {
    const quiet = new AbortController();
    let timer = setTimeout(() => quiet.abort(), silenceMs);
    try {
      const response = await fetch(`/run?from=${this.#at}`, { headers: authorized(), signal: quiet.signal });
      if (!response.ok || response.body === null) {
        const { error = '' } = (await response.json().catch(() => ({}))) as CommandAnswer;
        throw response.status === 503 ? new Error(error) : new Refused(error);
      }
      connected();
      this.#listener.onConnected(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), silenceMs);
        const lines = (rest + value).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      }
    } finally {
      clearTimeout(timer);
      quiet.abort();
    }
  }

  #take(text: string): void {
    const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (line.k !== 'live') {
      this.#listener.onLine(line);
      return;
    }
    const live = line as unknown as LiveLine;
    if (live.hello !== undefined && live.hello.id !== this.#id) {
      const isOther = this.#id !== undefined && this.#at > 0;
      this.#id = live.hello.id;
      this.#at = 0;
      this.#listener.onRun(live.hello);
      // It was asked for from a place in another file.
      if (isOther) throw new Error('another run');
    }
    if (live.at !== undefined) this.#at = live.at;
    this.#listener.onLive(live);
  }
}
