/**
 * The connections of the live page's server. One over which no token came is a stranger's; of those there are few at a time,
 * and the oldest makes room for the next. So whoever opens connections and says nothing on them keeps nobody out who has the
 * token: his strangers push out each other.
 *
 * Not here: who has the token (request-gate.ts), how long a request may take (Node's own server).
 */
import type { Socket } from 'node:net';

const mostStrangers = 16;

export class Sockets {
  /** In the order in which they came. */
  readonly #strangers = new Set<Socket>();

  /** A connection is there: a stranger's, as long as nothing else is known. */
  came(socket: Socket): void {
    if (this.#strangers.size >= mostStrangers) {
      const [oldest] = this.#strangers;
      this.#strangers.delete(oldest);
      oldest.destroy();
    }
    this.#strangers.add(socket);
    socket.once('close', () => this.#strangers.delete(socket));
  }

  /** The token came over it. */
  proved(socket: Socket): void {
    this.#strangers.delete(socket);
  }

  /** Ends those on which nothing came: a browser opens some in advance, and Node's server waits for their first request. */
  endSilent(): void {
    for (const socket of this.#strangers) if (socket.bytesRead === 0) socket.destroy();
  }
}
