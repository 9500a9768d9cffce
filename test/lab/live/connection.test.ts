/** The page's connection: what comes after a break, where every place is taken, and a command that nobody answers. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection, type ConnectionState } from '../../../lib/lab/live/client/connection.ts';
import { LineReader } from '../../../lib/lab/live/client/line-reader.ts';

const seen = { hidden: false, look: undefined as (() => void) | undefined };
beforeEach(() => {
  vi.useFakeTimers();
  seen.hidden = false;
  vi.stubGlobal('location', { hash: '#token' });
  vi.stubGlobal('document', {
    get hidden() {
      return seen.hidden;
    },
    addEventListener: (_name: string, look: () => void) => {
      seen.look = look;
    },
    removeEventListener: () => undefined,
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const file = Array.from({ length: 50 }, (_, i) => `{"k":"s","t":${i},"é":"🙂"}\n`).join('');
const bytes = new TextEncoder().encode(file);
const live = (line: object): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify({ k: 'live', ...line })}\n`);
const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));

/** An answer of these bytes, in pieces of seven, which then ends. */
const answer = (body: Uint8Array): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (let i = 0; i < body.length; i += 7) controller.enqueue(body.slice(i, i + 7));
        controller.close();
      },
    }),
    { headers: { 'Content-Type': 'application/x-ndjson; charset=utf-8' } },
  );
const full = (): Response => new Response('{"error":"every place is taken"}', { status: 503 });

/** A page on a server that answers each request for the run as given. */
function page(answers: ((from: number) => Response)[]) {
  const asked: number[] = [];
  const lines: unknown[] = [];
  const told: (readonly [state: ConnectionState, why?: string | undefined])[] = [];
  let runs = 0;
  vi.stubGlobal('fetch', async (url: string, { cache }: RequestInit) => {
    // In Firefox, of pages that ask through the cache only the first one gets its stream.
    expect(cache).toBe('no-store');
    const from = Number(/from=(\d+)/.exec(url)?.[1]);
    const next = answers[asked.length];
    asked.push(from);
    return next === undefined ? new Promise(() => undefined) : next(from);
  });
  const connection: Connection = new Connection({
    onLine: ({ t }) => lines.push(t),
    onLive: () => undefined,
    onRun: () => {
      runs++;
      lines.length = 0;
    },
    onConnected: (...how) => told.push(how),
  });
  void connection.stay();
  return { asked, lines, told, connection, runs: () => runs };
}

const hello = (from: number, id = 'a'): Uint8Array =>
  live({ hello: { id, mode: 'run', bytes: bytes.length, from, file: 'x' } });

describe('the connection of a page', () => {
  it('goes on behind the last whole line, wherever it breaks: nothing is lost, nothing comes twice', async () => {
    const cut = (most: number) => (from: number) =>
      answer(joined(hello(from), bytes.slice(from, from + most)));
    const { asked, lines, runs } = page([cut(100), cut(3), cut(333), cut(1), cut(1e9)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(6);
    expect(lines).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(asked.at(-1)).toBe(bytes.length);
    expect(runs()).toBe(1);
  });

  it('begins again where another run is there, and leaves out a line that is none', async () => {
    const { asked, lines } = page([
      (from) => answer(joined(hello(from), bytes.slice(0, 200))),
      (from) => answer(joined(hello(from, 'b'), bytes.slice(from))),
      (from) => answer(joined(hello(from, 'b'), new TextEncoder().encode('{"k":"s\n'), bytes)),
    ]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked.slice(0, 3)).toEqual([0, expect.any(Number), 0]);
    expect(lines.length).toBe(50);
  });

  it('says that every place is taken, and takes one when it is free', async () => {
    const { told } = page([full, full, (from) => answer(joined(hello(from), bytes))]);
    await vi.advanceTimersByTimeAsync(2500);
    const taken = ['broken', 'every place is taken'];
    expect(told.slice(0, 3)).toEqual([taken, taken, ['connected']]);
  });

  it('says that nobody answers any more after some tries, and goes on when somebody does', async () => {
    const refused = (): Response => {
      throw new TypeError('Failed to fetch');
    };
    const { told, lines, asked } = page([
      (from) => answer(joined(hello(from), bytes.slice(0, 200), new Uint8Array([10]))),
      ...Array.from({ length: 20 }, () => refused),
      (from) => answer(joined(hello(from), bytes.slice(from))),
    ]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(told.map(([state]) => state)).toEqual(['connected', 'broken', 'broken', 'broken', 'broken']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(told.at(-1)?.[0]).toBe('gone');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(told.map(([state]) => state).lastIndexOf('connected')).toBeGreaterThan(20);
    expect(asked.at(-1)).toBeGreaterThan(200);
    expect(lines.length).toBeGreaterThanOrEqual(49);
  });

  it.each<[string, () => Response]>([
    [
      'a page for everything',
      () => new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } }),
    ],
    ['what it has not', () => new Response('not found', { status: 404 })],
    ['something else that is busy', () => new Response('', { status: 503 })],
  ])('does not take %s for its run', async (_what, stranger) => {
    const { told, lines, asked } = page([
      (from) => answer(joined(hello(from), bytes.slice(0, 200))),
      stranger,
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.at(-1)).toEqual(['refused', 'another program answers at this address now']);
    expect(asked.length).toBe(2);
    expect(lines.length).toBeGreaterThan(3);
  });

  it('gives its place away while nobody sees it, and goes on once somebody does', async () => {
    seen.hidden = true;
    const crowded = live({ crowded: true });
    const { asked, lines } = page([
      (from) => answer(joined(hello(from), bytes.slice(0, 200), new Uint8Array([10]), crowded)),
      (from) => answer(joined(hello(from), bytes.slice(from))),
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual([0]);
    seen.hidden = false;
    seen.look?.();
    await vi.advanceTimersByTimeAsync(10);
    expect(asked.length).toBe(2);
    expect(lines.length).toBeGreaterThanOrEqual(49);
  });

  it('waits for a command no longer than so long', async () => {
    const { connection } = page([]);
    vi.stubGlobal('fetch', async () => {
      throw new DOMException('late', 'TimeoutError');
    });
    expect(await connection.command('gc')).toEqual({ error: expect.stringMatching(/not answered for 20 s/) });
  });
});

it('reads lines out of any pieces, with their bytes', () => {
  for (const size of [1, 2, 5, 1000]) {
    const reader = new LineReader();
    const got: string[] = [];
    let sum = 0;
    for (let i = 0; i < bytes.length; i += size)
      reader.read(bytes.slice(i, i + size), (line, length) => {
        got.push(line);
        sum += length;
      });
    expect([got.join('\n'), sum]).toEqual([file.trimEnd(), bytes.length]);
  }
});
