/**
 * The server of the live page, on the loopback address alone.
 *
 *   GET /        the page: the same for everybody, it tells nothing of the run
 *   GET /run     the run, as a stream of lines (stream.ts); `?from=N` goes on at a place in the run file
 *   POST /steer  a command: JSON, at most a few hundred bytes
 *
 * Who may ask is request-gate.ts's business. Everything is bounded: connections (sockets.ts keeps room for those who have the
 * token), streams, headers, the time in which a request must have come, the length of its path and body. Nothing of a request
 * is told back, and where none was begun nothing is answered.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PageHeapError } from '../../base/errors.ts';
import { readCommand } from '../run/steering.ts';
import type { CommandAnswer } from './live-lines.ts';
import { hasToken, newToken, whyForeign } from './request-gate.ts';
import { Sockets } from './sockets.ts';
import { streamRun } from './stream.ts';
import type { WatchedRun } from './watched-run.ts';

const loopback = '127.0.0.1';
const mostConnections = 48;
/** A browser opens six connections to one server at most: two are left for commands, and for a page that loads. */
const mostStreams = 4;
const mostPathLength = 256;
const mostBodyBytes = 512;
const mostHeaders = 64;

/** How long the server waits, in milliseconds. Only its tests have others. */
export const patience = {
  /** For a request's headers. */
  headers: 5000,
  /** For all of a request. */
  request: 10_000,
  /** Between two looks for requests that have not come. */
  look: 1000,
  /** For pages that do not read, once it ends. */
  end: 1000,
  /** Without news, until a page is told that the connection stands. */
  beat: 2000,
};

/** What every answer has. The page's own policy is beside them. */
const headers: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
};

export interface LivePage {
  readonly html: string;
  readonly policy: string;
}

export class LiveServer {
  readonly token: string;
  readonly #run: WatchedRun;
  readonly #page: LivePage;
  readonly #server: Server;
  readonly #ending = new AbortController();
  readonly #sockets = new Sockets();
  readonly #patience: typeof patience;
  #streams = 0;

  private constructor(run: WatchedRun, page: LivePage, token: string, waits: typeof patience) {
    this.#run = run;
    this.#page = page;
    this.token = token;
    this.#patience = waits;
    this.#server = createServer(
      {
        maxHeaderSize: 8192,
        headersTimeout: waits.headers,
        requestTimeout: waits.request,
        keepAliveTimeout: 5000,
        connectionsCheckingInterval: waits.look,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = mostConnections;
    this.#server.maxRequestsPerSocket = 1000;
    this.#server.on('connection', (socket: Socket) => this.#sockets.came(socket));
    this.#server.on('clientError', (_error, socket: Socket) => {
      // A browser opens connections in advance; an answer to no request is one to the next.
      if (socket.writable && socket.bytesRead > 0)
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
  }

  /**
   * @param port 0: any that is free
   * @throws PageHeapError ERR_SYSTEM where the port is taken, or not to be had
   */
  static async listen(
    run: WatchedRun,
    page: LivePage,
    port = 0,
    token = newToken(),
    waits = patience,
  ): Promise<LiveServer> {
    const live = new LiveServer(run, page, token, waits);
    const server = live.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => reject(notListening(port, cause)));
      server.listen({ host: loopback, port, exclusive: true }, resolve);
    });
    server.on('error', () => undefined);
    return live;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where the page is, with the token, which a browser keeps to itself. */
  get url(): string {
    return `http://${loopback}:${this.port}/#${this.token}`;
  }

  /** Sends every page what is new, and ends; who does not read gets no longer than a second. */
  async close(): Promise<void> {
    this.#ending.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    this.#sockets.endSilent();
    const timer = setTimeout(() => this.#server.closeAllConnections(), this.#patience.end);
    await closed;
    clearTimeout(timer);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => undefined);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    this.#route(request, response).catch((error: unknown) => {
      const { status = 500, message } = error as Partial<Refusal>;
      refuse(request, response, status, status === 500 ? 'it failed' : (message ?? ''));
    });
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.rawHeaders.length > 2 * mostHeaders) throw new Refusal(431, 'too many headers');
    const foreign = whyForeign(request);
    if (foreign !== undefined) throw new Refusal(403, foreign);
    const { method = '', url = '' } = request;
    if (url.length > mostPathLength) throw new Refusal(414, 'the address is too long');
    const [path, query = ''] = url.split('?', 2);
    const wanted = path === '/' || path === '/run' ? 'GET' : path === '/steer' ? 'POST' : undefined;
    if (wanted === undefined) throw new Refusal(404, 'there is nothing here');
    if (method !== wanted) {
      response.setHeader('Allow', wanted);
      throw new Refusal(405, `it takes ${wanted}`);
    }
    if (path === '/') {
      this.#sendPage(response);
      return;
    }
    if (!hasToken(request, this.token))
      throw new Refusal(401, 'the token is missing or another one: open the address that was printed');
    this.#sockets.proved(request.socket);
    if (path === '/run') await this.#stream(response, query);
    else await this.#steer(request, response);
  }

  #sendPage(response: ServerResponse): void {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Content-Security-Policy', this.#page.policy);
    response.end(this.#page.html);
  }

  async #stream(response: ServerResponse, query: string): Promise<void> {
    const from = /^(?:from=(\d{1,15}))?$/.exec(query);
    if (from === null) throw new Refusal(400, 'from is a number of bytes');
    if (this.#streams >= mostStreams) {
      this.#run.crowd();
      throw new Refusal(
        503,
        `${mostStreams} pages watch this run already, and no more can: close one; this page then goes on by itself`,
      );
    }
    this.#streams++;
    try {
      response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
      // Kept for another request, the connection would keep a server that ends.
      response.setHeader('Connection', 'close');
      response.flushHeaders();
      await streamRun(this.#run, response, Number(from[1] ?? 0), this.#ending.signal, this.#patience.beat);
    } finally {
      this.#streams--;
    }
  }

  async #steer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#run.steer === undefined) throw new Refusal(409, 'this run is over: there is nothing to steer');
    if (!/^application\/json(?:;|$)/.test(request.headers['content-type'] ?? ''))
      throw new Refusal(415, 'a command is application/json');
    const body = await readBody(request);
    if (body === undefined) throw new Refusal(413, 'that is too long for a command');
    let answer: CommandAnswer;
    try {
      answer = { state: await this.#run.steer(readCommand(parsed(body))) };
    } catch (error) {
      if (!(error instanceof PageHeapError)) throw error;
      response.statusCode = error.code === 'ERR_INVALID_ARGUMENT' ? 400 : 409;
      answer = { error: error.message };
    }
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(answer));
  }
}

/** Why a request is not answered. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Refuses, and reads no more of what comes on this connection. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, why: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = status;
  response.setHeader('Connection', 'close');
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  const answer: CommandAnswer = { error: why };
  response.end(JSON.stringify(answer), () => request.destroy());
}

/** A request's body; undefined where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > mostBodyBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PageHeapError('ERR_INVALID_ARGUMENT', 'that is no JSON');
  }
}

function notListening(port: number, cause: NodeJS.ErrnoException): PageHeapError {
  const why =
    cause.code === 'EADDRINUSE'
      ? `port ${port} is taken: choose another, or none`
      : cause.code === 'EACCES'
        ? `port ${port} is not for everybody: choose one from 1024 on, or none`
        : `the live page cannot be served: ${cause.code ?? cause.message}`;
  return new PageHeapError('ERR_SYSTEM', why, { syscall: 'listen', value: port, cause });
}
