/**
 * A command ends when its work is done and its words are written: whatever a module of the user's has left in the event loop,
 * and however slowly somebody reads.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { isWhole, those } from '../support/extent.ts';
import { cacheFolder, executable, pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-leftovers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const firstFit = new URL('../../examples/first-fit.mjs', import.meta.url).href;
writeFileSync(
  join(folder, 'ok.mtrace'),
  '= Start\n@ ./a:[0x1] + 0x5000 0x100\n@ ./a:[0x1] + 0x6000 0x200\n@ ./a:[0x1] - 0x5000\n',
);

const leftovers = {
  timer: 'setInterval(() => {}, 10);',
  socket: "import net from 'node:net'; net.createServer().listen(0);",
  worker:
    "import { Worker } from 'node:worker_threads'; new Worker('setInterval(() => {}, 10)', { eval: true });",
};

function module(name: string, text: string): string {
  const file = `${name}.mjs`;
  writeFileSync(join(folder, file), `${text}\nexport { default } from ${JSON.stringify(firstFit)};\n`);
  return file;
}

const short = ['--duration', '0', '--idle', '0'];
const commands = {
  run: ['run', 'ok.mtrace', '--out', 'runs', ...short],
  compare: ['compare', 'ok.mtrace', '-c', 'radix', '-r', '1', '--out', 'compared', ...short],
  grid: ['grid', 'ok.mtrace', '--gogc', '50,100', '-r', '1', ...short],
};

describe.concurrent('a module that leaves something in the event loop', () => {
  const left = Object.entries(leftovers);
  it.each(
    those(
      Object.entries(commands).flatMap(([name, args]) =>
        left.map(([what, text]) => [`${name}, ${what}`, args, text] as const),
      ),
      ([name]) => name === 'run, timer',
    ),
  )('%s', async (name, args, text) => {
    const file = module(name.replace(', ', '-'), text);
    const own = name.startsWith('grid') ? ['-o', name.replace(', ', '-')] : [];
    const { code, signal, out } = await pageheap([...args, ...own, '--page-heap', file], { cwd: folder });
    expect([code, signal]).toEqual([0, null]);
    expect(out).toMatch(/report: .*html\n$/);
  });

  it('a usage error', async () => {
    const file = module('usage', leftovers.timer);
    const { code, err } = await pageheap(['run', 'ok.mtrace', '--scavenge-policy', file], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain('says nothing (ERR_INVALID_OPTION)');
  });
});

describe.concurrent('a top-level await that never settles', () => {
  it.each(those(Object.entries(commands), ([name]) => name === 'run'))('%s', async (name, args) => {
    const file = module(`never-${name}`, 'await new Promise(() => {});');
    const own = name === 'grid' ? ['-o', 'grid-never'] : [];
    const { code, err } = await pageheap([...args, ...own, '--page-heap', file], { cwd: folder });
    expect([code, err]).toEqual([2, expect.stringContaining('its top-level await never settles (ERR_FILE)')]);
  });
});

it.runIf(isWhole)(
  'one that never settles while a timer runs is told after some seconds, and Ctrl-C ends it',
  async () => {
    const file = module('never-timer', 'setInterval(() => {}, 10); await new Promise(() => {});');
    const { signal, err } = await pageheap([...commands.run, '--page-heap', file], {
      cwd: folder,
      started: (child) => void child.stderr?.once('data', () => child.kill('SIGINT')),
    });
    expect([signal, err]).toEqual([
      'SIGINT',
      'never-timer.mjs is not loaded yet, and is waited for; Ctrl-C ends it\n',
    ]);
  },
);

it.runIf(isWhole)('a thread that waits for a FIFO keeps the exit, and Ctrl-C ends it', async () => {
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  const file = module('fifo', "import fs from 'node:fs'; fs.readFile('fifo', () => {});");
  const { signal, out } = await pageheap([...commands.run, '--page-heap', file], {
    cwd: folder,
    started: (child) =>
      child.stdout?.on('data', (text: string) => {
        if (text.includes('report: ')) setTimeout(() => child.kill('SIGINT'), 1000);
      }),
  });
  expect(signal).toBe('SIGINT');
  expect(out).toMatch(/report: .*html\n$/);
});

it('what is written comes whole to who reads slowly', () => {
  const samples = Array.from(
    { length: 20_000 },
    (_, t) => `{"k":"s","t":${t},"inuse":0,"free":0,"released":0,"rss":0}\n`,
  );
  writeFileSync(
    join(folder, 'seen.jsonl'),
    `{"k":"run","format":"pageheap-run/2","name":"seen"}\n${samples.join('')}`,
  );
  const command = `"${process.execPath}" "${executable}" export seen.jsonl --table samples | (sleep 0.5; cat)`;
  const text = execFileSync('sh', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(text.length).toBeGreaterThan(200_000);
  expect(text.endsWith('\n')).toBe(true);
  expect(text.trimEnd().split('\n')).toHaveLength(samples.length + 1);
});

/** Opens a terminal, begins a command there, and closes it when a word is seen. Building the addon wants Python already. */
const closer = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b''
while sys.argv[1].encode() not in seen:
    try: more = os.read(fd, 65536)
    except OSError: break
    if not more: break
    seen += more
os.close(fd)
_, status = os.waitpid(pid, 0)
print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1)
`;

/** How a command ends whose terminal is closed when it shows `word`: a signal, 0 for none, and its exit code. */
async function closed(word: string, args: readonly string[]): Promise<number[]> {
  const command = ['-c', closer, word, process.execPath, executable, ...args];
  const env = { ...process.env, XDG_CACHE_HOME: cacheFolder, TERM: 'xterm' };
  const { stdout } = await promisify(execFile)('python3', command, { cwd: folder, env });
  return stdout.trim().split(' ').map(Number);
}

describe.concurrent('a terminal that is closed', () => {
  it.each(
    those(
      [
        ['run', ['run', 'git', '--duration', '20', '--out', 'closed'], 'replay'],
        ['run, live', ['run', 'git', '--duration', '20', '--out', 'closed-live', '--live'], 'replay'],
        ['compare', ['compare', 'git', '--duration', '20', '--out', 'closed-compared'], 'replay'],
        ['grid', ['grid', 'git', '--duration', '20', '--gogc', '50,100', '-o', 'closed-grid'], 'replay'],
        ['conform', ['conform', 'treap'], 'kept'],
        ['view', ['view', 'viewed.jsonl'], 'Ctrl-C'],
        ['question', ['question', 'refault', '-o', 'closed-question'], 'question 18'],
      ] as const,
      ([name]) => name === 'run',
    ),
  )('%s', async (name, args, when) => {
    if (name === 'view')
      writeFileSync(
        join(folder, 'viewed.jsonl'),
        '{"k":"run","format":"pageheap-run/2","name":"seen"}\n{"k":"s","t":0,"inuse":0,"free":0,"released":0,"rss":0}\n',
      );
    const [signal, code] = await closed(when, args);
    // Results have nowhere to go: 1 where somebody tried.
    expect([signal, code === 1 || code === 130], `${code}`).toEqual([0, true]);
  });
});
