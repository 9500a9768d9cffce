/**
 * The process of a hand-in: lines of requests on standard input, a line of reply for each on a descriptor of its own.
 *
 * Started by sandbox.ts with nothing in its environment and as few rights as the machine lets it be given. It ends with its
 * standard input.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Engine } from './engine.ts';
import { type Reply, type Request, replyFd } from './protocol.ts';

function reply(message: Reply): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(replyFd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

async function serve(): Promise<void> {
  const engine = await Engine.start();
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    if (request.k === 'load') reply(await engine.load(request));
    else reply(request.k === 'run' ? engine.run(request.block) : engine.lines());
  }
}

void serve();
