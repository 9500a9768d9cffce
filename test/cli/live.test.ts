/**
 * The live page and the chart as a user has them: what is printed, when it ends, what is refused, and what a terminal is sent.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { afterAll, describe, expect, it } from 'vitest';
import { LiveChart } from '../../lib/cli/live-chart.ts';
import { mapLegend, mapLines } from '../../lib/cli/map-line.ts';
import { mayDraw } from '../../lib/cli/run-show.ts';
import { Terminal } from '../../lib/cli/terminal.ts';
import type { RunSample } from '../../lib/lab/record/lines.ts';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-live-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command line with --live or view, and does something with its page once it is there. */
async function watched(
  args: readonly string[],
  act: (url: URL, end: () => void, said: () => string) => Promise<void>,
) {
  let acted: Promise<void> | undefined;
  const outcome = await pageheap(args, {
    cwd: folder,
    started: (child) => {
      let said = '';
      child.stderr?.on('data', (text: string) => {
        said += text;
        const address = /http:\/\/\S+/.exec(said)?.[0];
        if (address !== undefined)
          acted ??= act(
            new URL(address),
            () => child.kill('SIGINT'),
            () => said,
          );
      });
    },
  });
  await acted;
  return outcome;
}

const linesOf = async (url: URL): Promise<Record<string, unknown>[]> => {
  const response = await fetch(new URL('/run', url), {
    headers: { Authorization: `Bearer ${url.hash.slice(1)}` },
  });
  const text = await response.text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('run --live', () => {
  it.concurrent('prints an address, serves the run to its end, and ends with it where nobody sits at a terminal', async ({
    expect,
  }) => {
    let got: Record<string, unknown>[] = [];
    const { code, out, err } = await watched(
      ['run', 'git', '--duration', '0.5', '--idle', '0.3', '--live', '--json', '--no-report'],
      async (url) => {
        expect(url.hostname).toBe('127.0.0.1');
        got = await linesOf(url);
      },
    );
    expect(code).toBe(0);
    expect(err).toMatch(/^live: http:\/\/127\.0\.0\.1:\d+\/#[\w-]{32}$/m);
    expect(JSON.parse(out)).toMatchObject({ reason: 'done', report: null });
    expect(got[0]).toMatchObject({ k: 'live', hello: { mode: 'run' } });
    const kinds = new Set(got.map(({ k }) => k));
    for (const kind of ['run', 's', 'gc', 'map', 'end', 'live']) expect(kinds, kind).toContain(kind);
    const states = got.flatMap(({ state }) => (state === undefined ? [] : [state as { phase: string }]));
    expect(states.at(-1)?.phase).toBe('over');
    // The token is not in the run file, which tells the command.
    const [file] = readdirSync(join(folder, 'runs'));
    expect(readFileSync(join(folder, 'runs', file), 'utf8')).not.toMatch(/#[\w-]{32}/);
    expect(got.some(({ map }) => map !== undefined)).toBe(true);
  });

  it.concurrent('waits a little for a page that lost its connection just before the end, and tells it that the run is over', async ({
    expect,
  }) => {
    let got: Record<string, unknown>[] = [];
    const { code, err } = await watched(
      ['run', 'git', '--duration', '0.5', '--idle', '0', '--live', '--no-report', '--out', 'lost'],
      async (url, _end, said) => {
        const broken = new AbortController();
        const response = await fetch(new URL('/run', url), {
          headers: { Authorization: `Bearer ${url.hash.slice(1)}` },
          signal: broken.signal,
        });
        await response.body?.getReader().read();
        broken.abort();
        // The page tries again, once the run has ended.
        await expect.poll(said).toContain('it is waited for');
        got = await linesOf(url);
      },
    );
    expect(code).toBe(0);
    expect(err).toContain('a page that watched is not connected: it is waited for, 6 s at most');
    const states = got.flatMap(({ state }) => (state === undefined ? [] : [state as { phase: string }]));
    expect(states.at(-1)?.phase).toBe('over');
  });

  it('is steered, and its file, report and diff tell', async () => {
    let file = '';
    await watched(
      ['run', 'git', '--duration', '1', '--idle', '0.3', '--live', '--out', 'steered'],
      async (url) => {
        const give = async (command: object): Promise<number> => {
          const response = await fetch(new URL('/steer', url), {
            method: 'POST',
            headers: { Authorization: `Bearer ${url.hash.slice(1)}`, 'Content-Type': 'application/json' },
            body: JSON.stringify(command),
          });
          return response.status;
        };
        // Before the run has begun there is nothing to steer.
        await expect.poll(() => give({ what: 'gcPercent', value: 50 }), { interval: 20 }).toBe(200);
        expect(await give({ what: 'freeOSMemory' })).toBe(200);
      },
    );
    file = join(
      folder,
      'steered',
      readdirSync(join(folder, 'steered')).find((name) => name.endsWith('.jsonl')) ?? '',
    );
    const report = await inProcess(['report', file]);
    expect(report.err).toContain('The run was steered by hand: 2 things were changed');
    const html = readFileSync(file.replace('.jsonl', '.html'), 'utf8');
    expect(html).toContain('Changed by hand');
    expect(html).toContain('GOGC 100 % → 50 %');
    const diff = await inProcess(['diff', file, file]);
    expect(diff.err).toContain('steered by hand');
  });

  it('has no port without a page', async () => {
    const { code, err } = await inProcess(['run', 'git', '--port', '8080', '--out', 'none'], { cwd: folder });
    expect([code, err]).toEqual([
      2,
      'pageheap: --port: it is of the live page; add --live (ERR_INVALID_OPTION)\n',
    ]);
    expect(readdirSync(folder)).not.toContain('none');
  });

  it('says that its port is taken, and leaves nothing', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, err } = await inProcess(
      ['run', 'git', '--live', '--port', String(port), '--out', 'taken'],
      {
        cwd: folder,
      },
    );
    expect([code, err]).toEqual([
      1,
      `pageheap: port ${port} is taken: choose another, or none (ERR_SYSTEM)\n`,
    ]);
    expect(readdirSync(folder)).not.toContain('taken');
    await new Promise((resolve) => other.close(resolve));
  });

  it.each([
    ['compare', 'git'],
    ['grid', 'git', '--gogc', '50,100'],
  ])('is refused by %s', async (...args) => {
    const { code, err } = await inProcess([...args, '--live']);
    expect(code).not.toBe(0);
    expect(err).toContain('watch one of them with pageheap run --live');
  });
});

describe('view', () => {
  it('serves a run file until it is ended', async () => {
    const file = join(folder, 'seen.jsonl');
    writeFileSync(
      file,
      [
        '{"k":"run","format":"pageheap-run/2","name":"seen"}',
        '{"k":"s","t":0,"inuse":0,"free":0,"released":0,"rss":0}',
        '',
      ].join('\n'),
    );
    let got: Promise<Record<string, unknown>[]> | undefined;
    const { code, err } = await watched(['view', 'seen.jsonl'], async (url, end) => {
      got = linesOf(url);
      await new Promise((resolve) => setTimeout(resolve, 300));
      end();
    });
    expect(code).toBe(130);
    expect(err).toMatch(
      /^The run did not finish: .*\nview: http:\/\/127\.0\.0\.1:\d+\/#\S+\nCtrl-C ends it\.\n$/,
    );
    const lines = (await got) ?? [];
    expect(lines[0]).toMatchObject({ hello: { mode: 'view' } });
    expect(lines.filter(({ k }) => k !== 'live').map(({ k }) => k)).toEqual(['run', 's']);
    expect(lines.find(({ state }) => state !== undefined)?.state).toMatchObject({
      phase: 'over',
      reason: expect.stringContaining('did not finish'),
    });
  });

  it.each([
    ['no-such-file', 'no-such-file: no such file'],
    [import.meta.filename, 'this seems to be source code'],
  ])('refuses %s', async (name, words) => {
    const { code, err } = await inProcess(['view', name]);
    expect(code).not.toBe(0);
    expect(err).toContain(words);
  });
});

/** A terminal that keeps what it is sent. */
function terminal(columns: number, env: Record<string, string> = {}, more: object = {}) {
  const sent: string[] = [];
  const stream = { isTTY: true, columns, rows: 40, write: (text: string) => sent.push(text) > 0, ...more };
  return { terminal: new Terminal(stream, stream, env), sent };
}

describe('where a chart is drawn in place', () => {
  it.each([
    ['a terminal', {}, {}, true, true],
    ['a pipe', {}, { isTTY: undefined }, true, false],
    ['a CI machine', { CI: 'true' }, {}, true, false],
    ['CI=false', { CI: 'false' }, {}, true, true],
    ['a dumb terminal', { TERM: 'dumb' }, {}, true, false],
    ['40 columns', {}, { columns: 40 }, true, true],
    ['39 columns', {}, { columns: 39 }, true, false],
    ['few rows', {}, { rows: 12 }, true, false],
    ['one to which another writes', {}, {}, false, false],
  ])('%s', (_what, env: Record<string, string>, more, alone, may) => {
    expect(mayDraw(terminal(100, env, more).terminal, alone, env)).toBe(may);
  });

  it('not where standard output is piped', () => {
    const { terminal: t } = terminal(100);
    const piped = new Terminal({ write: () => true }, t.err, {});
    expect(mayDraw(piped, true, {})).toBe(false);
  });
});

/** With a character that can be seen in place of the escape. */
const escapes = (sent: readonly string[]): string => sent.join('').replaceAll('\x1b', '␛');

describe('the chart that grows', () => {
  /** A screen that knows as much of a terminal as the chart uses. */
  function screenOf(sent: readonly string[]): string[] {
    const lines: string[] = [''];
    let [row, column] = [0, 0];
    const text = escapes(sent).replaceAll(/␛\[\?25[lh]|␛\[[\d;]*m/g, '');
    for (const [part] of text.matchAll(/␛\[\d*[A-Z]|\n|\r|[^␛\n\r]+/g)) {
      if (part === '\n') {
        lines[++row] ??= '';
        column = 0;
      } else if (part === '\r') column = 0;
      else if (part.endsWith('A') && part.startsWith('␛')) row -= Number(part.slice(2, -1));
      else if (part === '␛[K' || part === '␛[J') {
        lines[row] = lines[row].slice(0, column);
        if (part === '␛[J') lines.length = row + 1;
      } else {
        lines[row] = lines[row].slice(0, column) + part + lines[row].slice(column + part.length);
        column += part.length;
      }
    }
    return lines;
  }

  const sample = (t: number, rss: number): RunSample => ({
    k: 's',
    t,
    inuse: rss,
    free: 0,
    released: 0,
    rss,
  });

  it.each([
    [100, {}],
    [40, { NO_COLOR: '1' }],
  ])('fits into %d columns, in place, and is taken away', (columns, env: Record<string, string>) => {
    const { terminal: t, sent } = terminal(columns, env);
    let now = 0;
    const chart = new LiveChart(t, () => now);
    chart.showPages({
      t: 0,
      origin: 0,
      ranges: [[0, 8192]],
      pairs: new Uint8Array(8192).fill(14, 0, 4000).fill(8, 4000),
    });
    for (let i = 0; i < 50; i++) {
      now += 100;
      chart.show(
        { phase: 'replay', share: i / 50, ops: i, totalOps: 50, sample: sample(i * 100, i * 2 ** 20) },
        ['40 %', 'replay', '12,345 operations', 'in use 12.0 MiB', 'RSS 13.0 MiB'],
      );
    }
    const screen = screenOf(sent).map(stripVTControlCharacters);
    for (const line of screen) expect(line.length, line).toBeLessThan(columns);
    expect(screen.filter((line) => line.startsWith('believed')).length).toBe(1);
    expect(screen.filter((line) => line.startsWith('resident')).length).toBe(1);
    expect(screen.join('\n')).toContain('replay  12,345 operations');
    expect(screen.join('\n')).toContain('as at 0.00 s');
    if (env.NO_COLOR !== undefined) expect(escapes(sent)).not.toMatch(/␛\[[\d;]+m/);
    chart.stop();
    chart.stop();
    expect(screenOf(sent).join('').trim()).toBe('');
    expect(sent.at(-1)).toContain('\x1b[?25h');
  });

  it('breaks notes between words, on a terminal alone', () => {
    const { terminal: t, sent } = terminal(40, { NO_COLOR: '1' });
    const note = 'Others had the CPU for a third of the time, so this run is partly theirs.';
    t.noteInWords(note);
    expect(
      sent
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => line.length <= 40),
    ).toEqual([true, true]);
    expect(sent.join('').trimEnd().replaceAll('\n', ' ')).toBe(note);
    const piped: string[] = [];
    const stream = { write: (text: string) => piped.push(text) > 0 };
    new Terminal(stream, stream, {}).noteInWords(note);
    expect(piped).toEqual([`${note}\n`]);
  });

  it('has a bounded number of points, and loses no peak', () => {
    const { terminal: t, sent } = terminal(100, { NO_COLOR: '1' });
    let now = 0;
    const chart = new LiveChart(t, () => now);
    for (let i = 0; i < 4000; i++) {
      now += 100;
      chart.show(
        {
          phase: 'idle',
          share: 0,
          ops: 0,
          totalOps: 0,
          sample: sample(i * 100, i === 777 ? 2 ** 30 : 2 ** 20),
        },
        [],
      );
    }
    expect(sent.at(-1)).toContain('1.00 GiB');
    chart.stop();
  });
});

describe('the page map in two lines', () => {
  const plain = picocolors.createColors(false);

  it('shows what most pages of a character are, and how much of them is resident', () => {
    const pairs = new Uint8Array(80);
    pairs.fill(14, 0, 40).fill(4, 40, 60).fill(8, 60, 80);
    expect(mapLines(pairs, 8, plain)).toEqual(['believed   ████▒▒··', 'resident   ████']);
    pairs.fill(13, 0, 20);
    expect(mapLines(pairs, 4, plain)[1]).toBe('resident   ▄█');
    expect(mapLines(pairs, 2, plain).length).toBe(2);
    expect(mapLines(new Uint8Array(2).fill(14), 6, plain)).toEqual([
      'believed   ██████',
      'resident   ██████',
    ]);
    expect(mapLines(new Uint8Array(0), 8, plain)).toEqual([]);
  });

  it('says what the characters mean, as far as there is room', () => {
    expect(mapLegend(80, plain, 'as at 3.1 s').trim()).toBe(
      'as at 3.1 s  █ in use  ▒ free  · released  ▄ in part',
    );
    expect(mapLegend(40, plain, 'as at 33.1 s').length).toBeLessThanOrEqual(40);
  });
});
