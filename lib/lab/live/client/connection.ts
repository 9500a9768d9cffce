/// <reference lib="dom" />
/**
 * The connection of a page to its run: lines as they come, and commands back.
 *
 * The token stands in the page's own address behind the `#`, which a browser sends to nobody; it goes into a header. A
 * connection that breaks is made again, from behind the last whole line of the run file that came, counted in bytes here:
 * nothing is lost and nothing comes twice. One on which nothing comes for a while is taken for broken. Where nobody answers
 * several times the page is told so; it is tried for as long as the page is there: a machine may have slept.
 *
 * A browser has few connections for one server, and so has the server room for few pages. A page that nobody sees gives its
 * place away when another page finds none, and takes one again once it is seen.
 */
import type { CommandAnswer, LiveLine } from '../live-lines.ts';
import { LineReader } from './line-reader.ts';

/** A server that stands says something every two seconds. */
const silenceMs = 8000;
const firstPauseMs = 400;
const longestPauseMs = 5000;
/** Where every place is taken, it is tried again so soon: a page that nobody sees may have left. */
const fullPauseMs = 1000;
/** After so many tries in a row that nobody answered the server is taken for gone; it is tried on. */
const triesUntilGone = 4;
/** A command is carried out between two operations; a collection of a large heap on a busy machine takes seconds. */
const longestCommandMs = 20_000;

/**
 * `broken`: it is made again. `gone`: nobody has answered for a while, most likely there is nobody; it is tried again, all the same.
 * `refused`: it is not tried again.
 */
export type ConnectionState = 'connected' | 'broken' | 'gone' | 'refused';

export interface Listener {
  /** A line of the run file. */
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void;
  readonly onLive: (line: LiveLine) => void;
  /** Another run is there, or the first: everything from before is gone. */
  readonly onRun: (hello: NonNullable<LiveLine['hello']>) => void;
  readonly onConnected: (state: ConnectionState, why?: string) => void;
}

const token = (): string => location.hash.slice(1);

const authorized = (): Record<string, string> => ({ Authorization: `Bearer ${token()}` });

/** A refusal that trying again will not change. */
class Refused extends Error {}

/** Every place is taken, for now. */
class Full extends Error {}

/** Ports are given anew. */
const strangerWords = 'another program answers at this address now';

/** Until somebody sees the page. */
function seen(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });
}

export class Connection {
  readonly #listener: Listener;
  #id: string | undefined;
  /** How far into the run file the page has come. */
  #at = 0;
  #isOver = false;
  /** Its place was given to another page, since nobody saw this one. */
  #gaveWay = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** The run is over: a connection that ends now is not made again. @param now nothing can come any more: it ends at once */
  leave(now: boolean): void {
    this.#isOver = true;
    if (now) this.#gaveWay = true;
  }

  /** Stays connected, until the run is over or the server refuses. */
  async stay(): Promise<void> {
    let tries = 0;
    for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 1.6)) {
      tries++;
      let why: Error | undefined;
      try {
        await this.#listen(() => {
          pause = firstPauseMs;
          tries = 0;
        });
      } catch (error) {
        if (error instanceof Refused || error instanceof Full) why = error;
        // Somebody answers.
        if (error instanceof Full) tries = 0;
      }
      if (this.#isOver && !(why instanceof Refused)) return;
      if (this.#gaveWay || (why instanceof Full && document.hidden)) {
        this.#gaveWay = false;
        await seen();
        continue;
      }
      if (why instanceof Refused) {
        this.#listener.onConnected('refused', why.message);
        return;
      }
      this.#listener.onConnected(tries >= triesUntilGone ? 'gone' : 'broken', why?.message);
      const wait = why instanceof Full ? fullPauseMs : pause;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** Gives a command; what comes of it. */
  async command(what: string, value?: string | number): Promise<CommandAnswer> {
    try {
      const response = await fetch('/steer', {
        method: 'POST',
        headers: { ...authorized(), 'Content-Type': 'application/json' },
        body: JSON.stringify(value === undefined ? { what } : { what, value }),
        signal: AbortSignal.timeout(longestCommandMs),
      });
      return (await response.json()) as CommandAnswer;
    } catch (error) {
      if ((error as Error).name === 'TimeoutError')
        return {
          error: `The run has not answered for ${longestCommandMs / 1000} s; it may still do what was asked.`,
        };
      return { error: 'The run does not answer: it is over, or the connection is broken.' };
    }
  }

  async #listen(connected: () => void): Promise<void> {
    const quiet = new AbortController();
    let timer = setTimeout(() => quiet.abort(), silenceMs);
    try {
      const response = await fetch(`/run?from=${this.#at}`, {
        headers: authorized(),
        signal: quiet.signal,
        // Through its cache, Firefox makes a page wait for the answer to the same request of another: for a stream, for ever.
        cache: 'no-store',
      });
      if (!response.ok || response.body === null) {
        const { error } = (await response.json().catch(() => ({}))) as CommandAnswer;
        if (error === undefined) throw new Refused(strangerWords);
        throw response.status === 503 ? new Full(error) : new Refused(error);
      }
      // A program that answers everything with a page of its own.
      if (!(response.headers.get('content-type') ?? '').startsWith('application/x-ndjson'))
        throw new Refused(strangerWords);
      connected();
      this.#listener.onConnected('connected');
      const reader = response.body.getReader();
      const lines = new LineReader();
      while (!this.#gaveWay) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), silenceMs);
        lines.read(value, (line, bytes) => this.#take(line, bytes));
      }
    } finally {
      clearTimeout(timer);
      quiet.abort();
    }
  }

  #take(text: string, bytes: number): void {
    const line = parsed(text);
    if (line?.k !== 'live') {
      this.#at += bytes;
      // A line that is none is left out, as in a report.
      if (line !== undefined) this.#listener.onLine(line);
      return;
    }
    const live = line as unknown as LiveLine;
    if (live.hello !== undefined && (live.hello.id !== this.#id || live.hello.from !== this.#at)) {
      this.#id = live.hello.id;
      this.#at = 0;
      this.#listener.onRun(live.hello);
      // It was asked for from a place in another file.
      if (live.hello.from > 0) throw new Error('another run');
    }
    if (live.crowded === true && document.hidden) this.#gaveWay = true;
    this.#listener.onLive(live);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? (line as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
