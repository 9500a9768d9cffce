/**
 * The live page on the command line: where it is, and how long it stays.
 *
 * No browser is opened: the address, which is printed, holds the token, and the arguments of a browser's process are
 * everybody's to read.
 */
import { livePage } from '../lab/live/live-page.ts';
import { LiveRun } from '../lab/live/live-run.ts';
import { LiveServer } from '../lab/live/live-server.ts';
import type { PagesWatch } from '../lab/live/pages-watch.ts';
import { WatchedRun } from '../lab/live/watched-run.ts';
import type { RunControl } from '../lab/run/run-control.ts';
import type { Interrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';

/** What a person on another machine does to see it. */
function tunnelWords(port: number): string | undefined {
  return process.env.SSH_CONNECTION === undefined
    ? undefined
    : `from your own machine: ssh -L ${port}:127.0.0.1:${port} …, then the same address there`;
}

/** A page tries again every five seconds at the latest (lab/live/client/connection.ts). */
const waitSeconds = 6;

function announce({ port, url }: LiveServer, what: string, terminal: Terminal): void {
  terminal.note(`${what}: ${terminal.errColors.bold(url)}`);
  const tunnel = tunnelWords(port);
  if (tunnel !== undefined) terminal.note(tunnel);
}

/** The live page of a run under way. */
export class LivePageOfRun {
  readonly run: LiveRun;
  readonly #server: LiveServer;
  readonly #terminal: Terminal;

  private constructor(run: LiveRun, server: LiveServer, terminal: Terminal) {
    this.run = run;
    this.#server = server;
    this.#terminal = terminal;
  }

  /** @throws PageHeapError ERR_SYSTEM where the port is taken */
  static async open(
    control: RunControl,
    file: string,
    pages: PagesWatch,
    port: number | undefined,
    terminal: Terminal,
  ): Promise<LivePageOfRun> {
    const run = new LiveRun(control, file, pages);
    const server = await LiveServer.listen(run.watched, livePage(), port);
    announce(server, 'live', terminal);
    return new LivePageOfRun(run, server, terminal);
  }

  /** The run has come to its end. Where somebody sits at a terminal, the page stays until Ctrl-C. */
  async stay(report: string | null, interrupts: Interrupts): Promise<void> {
    if (report !== null) this.run.watched.change({ report });
    if (this.#terminal.err.isTTY !== true) return;
    this.#terminal.note(`\nThe live page stays until Ctrl-C: ${this.#server.url}`);
    await interrupts.next();
  }

  /**
   * The server ends. A page that has just lost its connection would never know how the run ended: it is waited for a little.
   * @param stop given where nobody is to be waited for
   */
  async close(stop: AbortSignal): Promise<void> {
    if (this.run.watched.missed > 0 && !stop.aborted) {
      this.#terminal.note(
        `a page that watched is not connected: it is waited for, ${waitSeconds} s at most, to know how the run ended`,
      );
      await this.run.watched.allBack(waitSeconds * 1000, stop);
    }
    await this.#server.close();
    this.run.watched.close();
  }
}

/** Serves a run file that is there, until Ctrl-C. @throws PageHeapError ERR_SYSTEM where the port is taken */
export async function serveRunFile(
  file: string,
  reason: string | undefined,
  port: number | undefined,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<void> {
  const watched = new WatchedRun({
    file,
    mode: 'view',
    state: { phase: 'over', ...(reason === undefined ? {} : { reason }) },
  });
  const server = await LiveServer.listen(watched, livePage(), port);
  announce(server, 'view', terminal);
  terminal.note('Ctrl-C ends it.');
  await interrupts.next();
  await server.close();
  watched.close();
}
