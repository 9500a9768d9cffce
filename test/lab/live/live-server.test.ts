/**
 * The server of the live page: who is answered, what is refused, and that nothing of it can be used up. Requests are written
 * byte by byte where a client would not send them.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { LiveServer, patience } from '../../../lib/lab/live/live-server.ts';
import { WatchedRun } from '../../../lib/lab/live/watched-run.ts';
import type { Command } from '../../../lib/lab/run/steering.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-live-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'run.jsonl');
const header = '{"k":"run","format":"pageheap-run/2","name":"secret-program"}\n';

let run: WatchedRun;
let server: LiveServer;
const given: Command[] = [];

beforeAll(() => writeFileSync(file, header));
beforeEach(async () => {
  given.length = 0;
  run = new WatchedRun({
    file,
    mode: 'run',
    state: { phase: 'running' },
    steer: async (command) => {
      given.push(command);
      if (command.what === 'gc') throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory to collect');
      return { paused: true, speed: 1, commands: given.length };
    },
  });
  server = await LiveServer.listen(run, { html: '<p>page', policy: "default-src 'none'" });
});
afterEach(async () => {
  await server.close();
  run.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** A request as a client of Node's sends it; headers as given. */
function ask(
  path: string,
  more: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        agent: false,
        method: more.method ?? 'GET',
        headers: more.headers ?? {},
      },
      (response) => {
        let body = '';
        response.on('data', (bytes: Buffer) => {
          body += bytes.toString();
        });
        response.on('close', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject);
    request.end(more.body);
  });
}

/** Bytes as they are; what comes back until the connection is closed. */
function raw(text: string | Buffer, hold = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1');
    let got = '';
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(got));
    socket.write(text);
    if (!hold) setTimeout(() => socket.end(), 300);
  });
}

const own = (): Record<string, string> => ({ Authorization: `Bearer ${server.token}` });
const steering = (more: Record<string, string> = {}): Record<string, string> => ({
  ...own(),
  'Content-Type': 'application/json',
  ...more,
});
const pause = JSON.stringify({ what: 'pause' });

describe('who asks', () => {
  it('listens on the loopback address alone', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{32}$/);
  });

  it('gives the page to whoever is on this machine, and nothing of the run in it', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(body).toBe('<p>page');
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'",
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('set-cookie');
  });

  it.each([
    ['a name that was made to lead here', { Host: 'evil.example' }],
    ['such a name with the port', { Host: 'evil.example:80' }],
    ['a name that begins as ours', { Host: '127.0.0.1.evil.example' }],
    ['a name that ends as ours', { Host: 'evil-localhost' }],
    ['another address', { Host: '192.168.0.7' }],
    ['a user before the name', { Host: 'localhost@evil.example' }],
    ['another site’s page', { Origin: 'http://evil.example' }],
    ['a page of another port', { Origin: 'http://127.0.0.1:1' }],
    ['a page of nowhere', { Origin: 'null' }],
    ['a script of another site', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['a script of another port', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' }],
  ])('refuses %s, also with the token', async (_what, headers) => {
    for (const path of ['/', '/run', '/steer'])
      expect(
        (await ask(path, { method: path === '/steer' ? 'POST' : 'GET', headers: { ...own(), ...headers } }))
          .status,
      ).toBe(403);
    expect(given).toEqual([]);
  });

  it.each([['localhost'], ['LOCALHOST:8080'], ['127.0.0.1:9'], ['[::1]:4321']])(
    'takes the host %s: a tunnel has a port of its own',
    async (host) => {
      expect((await ask('/', { headers: { Host: host } })).status).toBe(200);
    },
  );

  it.each([
    ['none', {}],
    ['another', { Authorization: `Bearer ${'x'.repeat(32)}` }],
    ['a longer one', { Authorization: `Bearer ${'x'.repeat(100)}` }],
    ['none in it', { Authorization: 'Bearer ' }],
    ['another kind', { Authorization: 'Basic eDp5' }],
  ])('wants the token for the run and for steering: %s', async (_what, headers: Record<string, string>) => {
    for (const [path, method] of [
      ['/run', 'GET'],
      ['/steer', 'POST'],
    ] as const) {
      const { status, body } = await ask(path, {
        method,
        headers: { 'Content-Type': 'application/json', ...headers },
      });
      expect(status).toBe(401);
      expect(body).not.toContain('secret-program');
      expect(body).not.toContain(server.token);
    }
    expect(given).toEqual([]);
  });

  it('takes no token from the address', async () => {
    expect((await ask(`/run?token=${server.token}`)).status).toBe(401);
  });
});

describe('what is asked', () => {
  it('carries out a command', async () => {
    const headers = steering({ Origin: `http://127.0.0.1:${server.port}`, Host: `127.0.0.1:${server.port}` });
    const { status, body } = await ask('/steer', { method: 'POST', headers, body: pause });
    expect([status, JSON.parse(body)]).toEqual([200, { state: { paused: true, speed: 1, commands: 1 } }]);
    expect(given).toEqual([{ what: 'pause' }]);
  });

  it('tells what the heap refuses', async () => {
    const { status, body } = await ask('/steer', {
      method: 'POST',
      headers: steering(),
      body: '{"what":"gc"}',
    });
    expect([status, JSON.parse(body)]).toEqual([409, { error: 'no memory to collect' }]);
  });

  it.each([
    ['no JSON', 'pause', 400],
    ['nothing', '', 400],
    ['no command', '{"what":"rm"}', 400],
    ['a list', '[]', 400],
    ['too long', `{"what":"pause","x":"${'x'.repeat(600)}"}`, 413],
    ['far too long', 'x'.repeat(1 << 20), 413],
  ])('refuses as a command: %s', async (_what, body, status) => {
    // What is far too long may be cut off before it was sent.
    const got = await ask('/steer', { method: 'POST', headers: steering(), body }).catch(() => ({
      status: 413,
    }));
    expect(got.status).toBe(status);
    expect(given).toEqual([]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp'])(
    'refuses a command of type %s',
    async (type) => {
      expect(
        (await ask('/steer', { method: 'POST', headers: steering({ 'Content-Type': type }), body: pause }))
          .status,
      ).toBe(415);
    },
  );

  it.each([
    ['/', 'POST', 405, 'GET'],
    ['/run', 'DELETE', 405, 'GET'],
    ['/steer', 'GET', 405, 'POST'],
    ['/steer', 'OPTIONS', 405, 'POST'],
    ['/', 'HEAD', 405, 'GET'],
  ])('%s takes no %s', async (path, method, status, allow) => {
    const answer = await ask(path, { method, headers: own() });
    expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
  });

  it.each([
    '/favicon.ico',
    '/../etc/passwd',
    '/run/',
    '//run',
    '/%2e%2e/',
    '/steer.php',
    'http://evil.example/run',
    '*',
  ])('has nothing at %s', async (path) => {
    expect((await ask(path, { headers: own() })).status).toBe(404);
  });

  it('refuses a long address, and places that are none', async () => {
    expect((await ask(`/run?from=${'1'.repeat(400)}`, { headers: own() })).status).toBe(414);
    for (const query of ['from=', 'from=-1', 'from=1e3', 'from=1&from=2', 'x', `from=${'9'.repeat(16)}`])
      expect((await ask(`/run?${query}`, { headers: own() })).status, query).toBe(400);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['an unfinished one', 'GET / HTTP/1.1\r\nHost: loc'],
    ['an empty host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['huge headers', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['many headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(3000)}\r\n`],
    [
      'two lengths',
      'POST /steer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
    ],
    [
      'a smuggled request',
      'POST /steer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'],
    [
      'an upgrade',
      'GET /run HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['bytes', Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 137) & 255))],
  ])('is not moved by %s', async (_what, text) => {
    const got = await raw(text);
    expect(got).not.toContain('HTTP/1.1 200');
    expect(got).not.toContain(server.token);
    expect(given).toEqual([]);
    expect((await ask('/')).status).toBe(200);
  });

  // At the same time: each takes as long as a request's headers may.
  it('waits for nobody who sends his headers drop by drop, and answers nothing where nothing was asked', async () => {
    expect([patience.headers, patience.look]).toEqual([5000, 1000]);
    await server.close();
    server = await LiveServer.listen(run, { html: '', policy: '' }, 0, 'T', {
      ...patience,
      headers: 300,
      look: 50,
    });
    const [drops, silence] = await Promise.all([
      raw('GET / HTTP/1.1\r\nHost: localhost\r\n', true),
      raw('', true),
    ]);
    expect(drops).not.toContain('200');
    expect(silence).toBe('');
  });
});

describe('how much', () => {
  it('lets only so many pages watch, says so, and asks those that nobody sees for their place', async () => {
    const streams = await Promise.all(
      Array.from({ length: 4 }, () => fetch(`http://127.0.0.1:${server.port}/run`, { headers: own() })),
    );
    await expect.poll(() => run.watchers).toBe(4);
    const refused = await ask('/run', { headers: own() });
    expect([refused.status, refused.body]).toEqual([503, expect.stringContaining('4 pages watch')]);
    const reader = streams[1].body!.pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    while (!told.includes('{"k":"live","crowded":true}')) told += (await reader.read()).value;
    await streams[0].body?.cancel();
    await expect.poll(() => run.watchers).toBe(3);
    const again = await fetch(`http://127.0.0.1:${server.port}/run`, { headers: own() });
    expect(again.status).toBe(200);
    await Promise.all([reader.cancel(), ...[streams[2], streams[3], again].map((one) => one.body?.cancel())]);
  });

  it('keeps room for who has the token: strangers push out each other', async () => {
    const stream = await fetch(`http://127.0.0.1:${server.port}/run`, { headers: own() });
    let closed = 0;
    const strangers = Array.from({ length: 100 }, () => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n'));
      socket.on('error', () => undefined);
      socket.on('close', () => closed++);
      return socket;
    });
    await expect.poll(() => closed).toBeGreaterThanOrEqual(84);
    expect((await ask('/steer', { method: 'POST', headers: steering(), body: pause })).status).toBe(200);
    expect(run.watchers).toBe(1);
    for (const socket of strangers) socket.destroy();
    await stream.body?.cancel();
  });

  it('says which port is taken', async () => {
    await expect(LiveServer.listen(run, { html: '', policy: '' }, server.port)).rejects.toThrow(
      new RegExp(`port ${server.port} is taken`),
    );
  });

  it('ends at once where pages read, and where a browser has opened a connection in advance', async () => {
    const silent = connect(server.port, '127.0.0.1');
    silent.resume();
    const stream = await fetch(`http://127.0.0.1:${server.port}/run`, { headers: own() });
    const lines = stream.text();
    await expect.poll(() => run.watchers).toBe(1);
    const forced = vi.spyOn(Server.prototype, 'closeAllConnections');
    await server.close();
    expect(forced).not.toHaveBeenCalled();
    forced.mockRestore();
    expect(await lines).toContain('"state"');
    expect(silent.destroyed || (await once(silent, 'close'))).toBeTruthy();
  });

  it('ends, though pages watch and do not read', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET /run HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n\r\n`);
    await expect.poll(() => run.watchers).toBe(1);
    await server.close();
    expect(run.watchers).toBe(0);
    socket.destroy();
  });
});
