import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { record } from '../../lib/lab/recorder/record.ts';
import { childrenOf, compileScenes, told } from '../lab/recorder/scenes.ts';
import { sendSignal } from '../support/signals.ts';
import { mountSmallDisk, unmount } from '../support/small-disk.ts';
import { inProcess } from './in-process.ts';
import { pageheap, childrenOf as processesBelow } from './spawn.ts';

let folder = '';
let scenes = '';

beforeAll(() => {
  ({ folder, program: scenes } = compileScenes());
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder for one recording. */
const place = (): string => mkdtempSync(join(folder, 'r-'));

/** Records a scene in this process, which is quicker than to start the command. */
async function recordHere(
  words: readonly (string | number)[],
): Promise<{ cwd: string; file: string; code: number | null }> {
  const cwd = place();
  const file = join(cwd, 'my.rec.gz');
  const { code } = await record({ command: [scenes, ...words.map(String)], output: file });
  return { cwd, file, code };
}

/** Records a scene as a user does. */
async function recordScene(
  words: readonly (string | number)[],
  options: Parameters<typeof pageheap>[1] = {},
): Promise<{ cwd: string; file: string } & Awaited<ReturnType<typeof pageheap>>> {
  const cwd = place();
  const outcome = await pageheap(['record', '-o', 'my.rec.gz', '--', scenes, ...words.map(String)], {
    ...options,
    cwd,
  });
  return { cwd, file: join(cwd, 'my.rec.gz'), ...outcome };
}

const isRoot = process.getuid?.() === 0;

describe('pageheap record', () => {
  it('records the whole family, each call once', async () => {
    const { file, code, err } = await recordScene(['family']);
    expect([code, err]).toEqual([0, expect.stringContaining('recorded: my.rec.gz: scenes, ')]);
    const { sizes, calls, twice, unknown, recorded, backwards } = await told(file);
    const expected = [10007, 20011, 30021, 7063, 6400, 10009, 10037, 10039, 12288, 10067, 2 ** 62, 10069];
    expect(expected.map((size) => [size, sizes.get(size)])).toEqual(expected.map((size) => [size, 1]));
    expect([7063, 6400, 10009, 10037, 10039, 12288, 10067].map((size) => calls.get(size))).toEqual([
      'calloc(1, 7063)',
      'memalign(64, 6400)',
      'memalign(256, 10009)',
      'memalign(4096, 10037)',
      'memalign(4096, 10039)',
      'memalign(4096, 12288)',
      'malloc(10067)',
    ]);
    expect([twice, unknown, backwards]).toEqual([0, 0, false]);
    expect(recorded).toMatchObject({ command: [scenes, 'family'], executable: scenes, threads: 1 });
  });

  it('holds the order of eight threads that pass objects on', async () => {
    const { file } = await recordHere(['threads', 20_000]);
    const { ops, threads, twice, unknown } = await told(file);
    expect([threads, twice, unknown]).toEqual([9, 0, 0]);
    expect(ops).toBeGreaterThan(8 * 20_000 * 1.9);
  });

  it('loses nothing of a program that is killed, and ends by its signal', async () => {
    const { file, signal, code } = await recordScene(['kill', 12_345]);
    expect([code, signal]).toEqual([null, 'SIGKILL']);
    expect((await told(file)).sizes.get(10111)).toBe(12_345);
  });

  it('leaves input and outputs to the program, and passes on its exit code', async () => {
    const cwd = place();
    const { out, err, code } = await pageheap(['record', '--', 'sh', '-c', 'cat; echo to-err >&2; exit 3'], {
      cwd,
      input: 'through\n',
    });
    expect([out, code]).toEqual(['through\n', 3]);
    expect(err.startsWith('to-err\n')).toBe(true);
    expect(existsSync(join(cwd, 'sh.rec.gz'))).toBe(true);
  });

  it('follows fork: a file a process, and no operation in two', async () => {
    const { cwd, file } = await recordHere(['fork']);
    const [child] = childrenOf(cwd, 'my');
    const [parentSizes, childSizes] = [(await told(file)).sizes, (await told(child)).sizes];
    expect([10111, 10133, 10139].map((size) => parentSizes.get(size) ?? 0)).toEqual([100, 0, 300]);
    expect([10111, 10133, 10139].map((size) => childSizes.get(size) ?? 0)).toEqual([0, 200, 0]);
  });

  it('follows fork while other threads allocate', async () => {
    const { cwd, file, code } = await recordHere(['fork-threads', 5]);
    expect(code).toBe(0);
    expect((await told(file)).twice).toBe(0);
    const children = childrenOf(cwd, 'my');
    expect(children).toHaveLength(5);
    for (const child of children) expect((await told(child)).sizes.get(10141)).toBe(50);
  });

  it.each([
    ['vfork and exec', ['vfork'], 100, 200],
    ['posix_spawn', ['spawn'], 0, 200],
    ['posix_spawn with an empty environment', ['spawn', 1], 0, 200],
    ['posix_spawn by a thread with the smallest stack', ['spawn-small'], 0, 200],
  ])('follows %s', async (_name, words, own, others) => {
    const { cwd, file } = await recordHere(words);
    const { sizes } = await told(file);
    expect([sizes.get(10111) ?? 0, sizes.get(10139)]).toEqual([own, 100]);
    const [child] = childrenOf(cwd, 'my');
    expect((await told(child)).sizes.get(10111)).toBe(others);
  });

  it.each([
    ['exec', ['exec']],
    ['exec with a LD_PRELOAD of its own', ['exec-clean']],
  ])('names the image with the most operations after %s', async (_name, words) => {
    const { cwd, file } = await recordHere(words);
    expect((await told(file)).sizes.get(10111)).toBe(500);
    if (words[0] === 'exec') expect((await told(childrenOf(cwd, 'my')[0])).sizes.get(10139)).toBe(100);
  });

  it('records what closes all descriptors, takes their numbers and changes its folder', async () => {
    const { file, code } = await recordHere(['close', 50_000]);
    expect(code).toBe(0);
    expect((await told(file)).sizes.get(10111)).toBe(50_000);
  });

  it.skipIf(!isRoot)('records what gives up its rights (needs root)', async () => {
    const { cwd, file } = await recordHere(['drop', 50_000]);
    expect((await told(file)).sizes.get(10111)).toBe(50_100);
    // The next image of it may make no file in a folder of root's.
    expect(existsSync(join(cwd, 'my.children'))).toBe(false);
  });

  it('stops at a limit of the size of files, and says so; the program goes on', async () => {
    const { file, out, err, code } = await recordScene(['limit', 100_000]);
    expect([code, out]).toEqual([0, 'went on\n']);
    expect(err).toContain('RLIMIT_FSIZE');
    const { ops, recorded } = await told(file);
    expect(ops).toBeGreaterThan(30_000);
    expect(recorded?.stopped).toBe('fileLimit');
  });

  it('says of which image nothing is recorded, and why, and leaves no file of it', async () => {
    const cwd = place();
    const { code, err } = await inProcess(
      ['record', '-o', 'my.rec.gz', '--', 'sh', '-c', `ulimit -f 100; exec ${scenes} allocate 500`],
      { cwd },
    );
    expect(code).toBe(0);
    expect(err).toMatch(
      /of scenes: nothing is recorded: its limit of a file’s size \(RLIMIT_FSIZE\) was reached/,
    );
    expect(err).not.toContain('as it was written');
    // What is recorded is the shell's, and not to be taken for the program's.
    expect(err).toMatch(
      /the program itself, scenes, is not recorded: its limit of .*; what is recorded of its process is sh/,
    );
    expect(err).not.toContain('next:');
    expect(readdirSync(cwd)).toEqual(['my.children']);
  });

  it('names the process that did the work, where the program has others do it', async () => {
    const { err } = await inProcess(
      ['record', '-o', 'my.rec.gz', '--', 'sh', '-c', `${scenes} allocate 5000; exit 0`],
      { cwd: place() },
    );
    expect(err).toMatch(
      /\nnext: \S+ run my\.children\/\d+-scenes\.rec\.gz\nthat is scenes, which has the most operations of \d recordings\n$/,
    );
  });

  const smallDisk = (size: string, skip: (why: string) => void): string =>
    mountSmallDisk(place(), size, skip);

  it('says that a disk has no room for anything of it, and leaves nothing', async ({ skip }) => {
    const cwd = smallDisk('128k', skip);
    try {
      const { err } = await inProcess(['record', '-o', 'my.rec.gz', '--', scenes, 'allocate', '2000'], {
        cwd,
      });
      expect(err).toMatch(/of scenes: nothing is recorded: the disk is full/);
      expect(readdirSync(cwd)).toEqual([]);
    } finally {
      unmount(cwd);
    }
  });

  it('says of a program that a script started on a full disk that it is not recorded, and leads to nothing else', async ({
    skip,
  }) => {
    const cwd = smallDisk('1m', skip);
    try {
      const script = `for i in $(seq 40); do seq 1 > /dev/null; done; exec ${scenes} late`;
      const { err } = await inProcess(['record', '-o', 'my.rec.gz', '--', 'sh', '-c', script], { cwd });
      expect(err).toMatch(
        /\nof \d+ processes, or programs in them, nothing is recorded: the disk is full: [a-z (),0-9]+\n/,
      );
      expect(err.match(/nothing is recorded/g)).toHaveLength(1);
      expect(err).toMatch(
        /\nthe program itself, scenes, is not recorded: the disk is full; .* is sh, which started it/,
      );
      expect(err).toMatch(/\nnext: record again, with -o on a disk that has more room\n$/);
      expect(err).not.toContain('pageheap run');
      expect(readdirSync(cwd)).toEqual(['my.children']);
    } finally {
      unmount(cwd);
    }
  });

  it('leaves no folder on a disk that has no room at all', async ({ skip }) => {
    const cwd = smallDisk('64k', skip);
    try {
      writeFileSync(join(cwd, 'full'), Buffer.alloc(64 * 1024));
      const { code, err } = await inProcess(['record', '-o', 'my.rec.gz', '--', scenes, 'late'], { cwd });
      expect([code, err]).toEqual([2, expect.stringContaining('my.rec.gz')]);
      expect(readdirSync(cwd)).toEqual(['full']);
    } finally {
      unmount(cwd);
    }
  });

  it('stops where the disk is full, and says so; the program goes on', async ({ skip }) => {
    const cwd = smallDisk('3m', skip);
    try {
      const { code, err } = await inProcess(
        ['record', '-o', 'my.rec.gz', '--', scenes, 'allocate', '200000'],
        { cwd },
      );
      expect([code, err]).toEqual([0, expect.stringContaining('the disk is full')]);
      const { ops, recorded, twice } = await told(join(cwd, 'my.rec.gz'));
      expect(ops).toBeGreaterThan(100_000);
      expect([recorded?.stopped, twice]).toEqual(['diskFull', 0]);
    } finally {
      unmount(cwd);
    }
  });

  it('records handlers of signals', async () => {
    const { file } = await recordHere(['signals', 300]);
    const { sizes, twice } = await told(file);
    expect(sizes.get(10103) ?? 0).toBeGreaterThan(3);
    expect(twice).toBe(0);
  });

  it('says what is linked statically', async () => {
    const { program, folder: own } = compileScenes(['-static']);
    const cwd = place();
    const { err, code } = await inProcess(['record', '--', program, 'allocate', '10'], { cwd });
    rmSync(own, { recursive: true });
    expect(code).toBe(0);
    expect(err).toContain('is linked statically');
    expect(err).toContain('nothing was recorded');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('says that a program allocated nothing', async () => {
    const cwd = place();
    writeFileSync(join(cwd, 'none.c'), 'int main(void) { return 3; }\n');
    execFileSync('cc', ['-o', 'none', 'none.c'], { cwd });
    const { err, code } = await inProcess(['record', '--', './none'], { cwd });
    expect([code, err]).toEqual([3, 'nothing was recorded: the program called neither malloc nor free\n']);
    expect(readdirSync(cwd).sort()).toEqual(['none', 'none.c']);
  });

  it('says that an executable has a malloc of its own', async () => {
    const cwd = place();
    writeFileSync(
      join(cwd, 'own.c'),
      '#include <stddef.h>\nstatic char a[4096]; static size_t n;\nvoid *malloc(size_t s) { n += (s + 15) / 16 * 16; return a + n - s; }\nvoid free(void *p) {}\nint main(void) { return malloc(10) == 0; }\n',
    );
    execFileSync('cc', ['-fno-builtin', '-rdynamic', '-o', 'own', 'own.c'], { cwd });
    const { err } = await inProcess(['record', '--', './own'], { cwd });
    expect(err).toContain('malloc of its own');
  });

  it('records the memory that the program had, and run shows it', async () => {
    const { cwd, file } = await recordHere(['alive', 5000]);
    const samples = (await told(file)).recorded?.samples ?? [];
    const most = Math.max(...samples.map(({ anon }) => anon));
    expect(most).toBeGreaterThan(19 * 2 ** 20);
    expect(most).toBeLessThan(24 * 2 ** 20);
    // The first is from before the first operation: nothing of what it asks for is there yet.
    const [before] = samples;
    expect(before).toMatchObject({ ms: 0, ops: 0 });
    expect(before.rss).toBeGreaterThan(100 * 1024);
    expect(before.anon).toBeLessThan(1024 * 1024);
    const { out, code } = await inProcess(
      ['run', 'my.rec.gz', '--duration', '0', '--idle', '0', '--no-report', '--out', '.'],
      { cwd },
    );
    expect([code, out]).toEqual([0, expect.stringContaining('RSS, as it ran')]);
  });

  it('leaves raw files where it is killed, which run reads and --finish packs', async () => {
    const cwd = place();
    await new Promise<void>((resolve) => {
      void pageheap(['record', '-o', 'my.rec.gz', '--', scenes, 'wait', '5000'], {
        cwd,
        started: (child) => {
          child.stderr?.on('data', (text: string) => {
            if (text.includes('ready')) child.kill('SIGKILL');
            resolve();
          });
        },
      }).catch(() => undefined);
    });
    const [raw = ''] = readdirSync(cwd).filter((name) => name.includes('.raw-'));
    const [file = ''] = readdirSync(join(cwd, raw)).filter((name) => name.endsWith('.raw'));
    sendSignal(Number.parseInt(file, 10), 'SIGKILL');
    const ahead = ['--duration', '0', '--idle', '0', '--no-report', '--json'];
    const byFolder = JSON.parse((await inProcess(['run', raw, ...ahead], { cwd })).out) as object;
    expect(byFolder).toMatchObject({ name: 'my', reason: 'done' });
    writeFileSync(join(cwd, raw, '999999-0.raw'), '');
    const several = await inProcess(['run', raw, ...ahead], { cwd });
    expect([several.code, several.err]).toEqual([
      2,
      expect.stringMatching(
        /is a folder with the raw files of 2 processes, .*: name one of them \(\S+\d+-0\.raw, \S+\.raw\), or pack/,
      ),
    ]);
    rmSync(join(cwd, raw, '999999-0.raw'));
    expect((await told(join(cwd, raw, file))).sizes.get(10111)).toBeGreaterThanOrEqual(5000);
    const { err, code } = await inProcess(['record', '--finish', raw, '-o', 'my.rec.gz'], { cwd });
    expect([code, err]).toEqual([0, expect.stringContaining('recorded: my.rec.gz')]);
    expect((await told(join(cwd, 'my.rec.gz'))).sizes.get(10111)).toBeGreaterThanOrEqual(5000);
    expect(existsSync(join(cwd, raw))).toBe(false);
  });

  it('writes into the file of an open descriptor, and what belongs to it beside that file', async () => {
    const cwd = place();
    const fd = openSync(join(cwd, 'my.rec.gz'), 'w');
    try {
      const { made } = await record({ command: ['sh', '-c', 'ls; :'], output: `/dev/fd/${fd}` });
      const real = realpathSync(cwd);
      expect(made.map(({ file }) => file.replace(/\d+-ls/, 'N-ls'))).toEqual([
        join(real, 'my.rec.gz'),
        join(real, 'my.children', 'N-ls.rec.gz'),
      ]);
      expect(readdirSync(cwd).sort()).toEqual(['my.children', 'my.rec.gz']);
    } finally {
      closeSync(fd);
    }
  });

  it('records until Ctrl-C, and packs what there was', async () => {
    const { file, signal, err } = await recordScene(['wait', 5000], {
      started: (child) => {
        child.stderr?.on('data', (text: string) => text.includes('ready') && child.kill('SIGINT'));
      },
    });
    expect([signal, err]).toEqual(['SIGINT', expect.stringContaining('recorded: my.rec.gz')]);
    expect((await told(file)).sizes.get(10111)).toBeGreaterThanOrEqual(5000);
  });

  // As on a busy machine: the program has died of Ctrl-C, and this process learns of its own signal later.
  it('takes a Ctrl-C that its program was told of first for no second one', async () => {
    const { file, signal, err } = await recordScene(['wait', 5000], {
      started: (child) => {
        child.stderr?.on('data', (text: string) => {
          if (!text.includes('ready')) return;
          for (const pid of processesBelow(child.pid ?? 0)) sendSignal(pid, 'SIGINT');
          setTimeout(() => child.kill('SIGINT'), 10);
        });
      },
    });
    expect([signal, err]).toEqual(['SIGINT', expect.stringContaining('recorded: my.rec.gz')]);
    expect((await told(file)).sizes.get(10111)).toBeGreaterThanOrEqual(5000);
  });

  it('says what still runs, and leaves its raw file', async () => {
    const cwd = place();
    const { err } = await pageheap(
      [
        'record',
        '-o',
        'my.rec.gz',
        '--',
        'sh',
        '-c',
        `${scenes} wait 10 2>/dev/null >/dev/null </dev/null & sleep 0.3; echo $!`,
      ],
      { cwd },
    );
    const left = /raw, as it was written: .*\/(\d+)-\d+\.raw/.exec(err);
    sendSignal(Number(left?.[1]), 'SIGKILL');
  });

  it('replaces a recording only by a whole one, and refuses what is read', async () => {
    const cwd = place();
    writeFileSync(join(cwd, 'script.sh'), 'echo hello\n');
    const { code, err } = await inProcess(['record', '-o', 'script.sh', '--', 'sh', 'script.sh'], { cwd });
    expect([code, err]).toEqual([2, expect.stringContaining('this is the input')]);
    expect(readFileSync(join(cwd, 'script.sh'), 'utf8')).toBe('echo hello\n');
    expect(readdirSync(cwd)).toEqual(['script.sh']);
  });

  it.each([
    ['no program', ['record'], 'name a program'],
    [
      'a program that is not there',
      ['record', '--', 'no-such-program'],
      'no such program in PATH (ERR_FILE)',
    ],
    ['a path that is not there', ['record', '--', './none'], 'no such file'],
    ['an output in no folder', ['record', '-o', 'none/my.rec.gz', '--', 'true'], 'ERR_FILE'],
    ['an output that is a folder', ['record', '-o', '.', '--', 'true'], 'this is no file'],
    ['a folder without raw files', ['record', '--finish', '.', '-o', 'x'], 'ERR_FILE'],
  ])('refuses %s', async (_name, args, words) => {
    const { code, err } = await inProcess(args, { cwd: place() });
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });

  it('takes at most 8 bytes an operation', async () => {
    const { file } = await recordHere(['threads', 20_000]);
    expect(statSync(file).size / (await told(file)).ops).toBeLessThan(8);
  });
});
