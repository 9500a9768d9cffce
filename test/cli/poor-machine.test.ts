/**
 * Commands where the system gives less than usual: no /proc, little address space. What cannot be known is told as not known, and is no fault of whoever
 * is judged.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isWhole } from '../support/extent.ts';
import { cacheFolder, executable, type Outcome } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-poor-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small = join(folder, 'small.mtrace');
writeFileSync(small, '= Start\n@ ./a:[0x1] + 0x10 0x100000\n= End\n');
const quick = ['--duration', '0', '--idle', '0', '--idle-gcs', '0'];

/** Runs a command in a shell that has made its surroundings poorer. */
function given(
  prelude: string,
  args: readonly string[],
  shell = ['sh'],
  flags: readonly string[] = [],
): Promise<Outcome> {
  const [program = 'sh', ...words] = shell;
  const script = `${prelude} && exec "$0" "$@"`;
  const child = spawn(program, [...words, '-c', script, process.execPath, ...flags, executable, ...args], {
    cwd: folder,
    env: { ...process.env, XDG_CACHE_HOME: cacheFolder, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

const ownMounts = ['unshare', '-m', 'sh'];
const noProc = 'mount -t tmpfs none /proc';
const mayMount = spawnSync('unshare', ['-m', 'sh', '-c', noProc]).status === 0;

describe.runIf(mayMount)('without /proc', () => {
  const poor = (...args: string[]): Promise<Outcome> => given(noProc, args, ownMounts);

  it.runIf(isWhole)('conform skips what it cannot look at', async () => {
    const { code, out } = await poor('conform', 'radix', '--runs', '1');
    expect(out).toMatch(
      /skipped in a heap: under MADV_FREE .*\n\s+the rest is kept; .* cannot be looked at here: smaps: ENOENT\n/,
    );
    expect(out).not.toContain('broken');
    expect(code).toBe(0);
  });

  it.concurrent('doctor tells what is not known, and finds what is installed', async () => {
    const { findings } = JSON.parse((await poor('doctor', '--json')).out) as {
      findings: { what: string; found: string }[];
    };
    const found = (what: string): string | undefined => findings.find((one) => one.what === what)?.found;
    expect(found('processor')).toMatch(/ [1-9]\d* CPUs$/);
    expect(found('cgroup memory limit')).toBe('unknown');
    expect(found('address space limit (RLIMIT_AS)')).toBe('unknown');
    const { findings: usual } = JSON.parse((await given('true', ['doctor', '--json'])).out) as {
      findings: { what: string; found: string }[];
    };
    for (const { what, found: there } of usual.filter((one) => /^contender [^g]/.test(one.what)))
      expect(found(what)).toBe(there);
  });

  it.concurrent('record names the program', async () => {
    const { code, err } = await poor('record', '-o', 'np.rec.gz', '--', 'ls');
    expect(code).toBe(0);
    expect(err).toMatch(/^recorded: np\.rec\.gz: ls, /m);
  });
});

it.runIf(process.getuid?.() === 0)('build where nothing can be written says the place once', async () => {
  const place = join(folder, 'of-root');
  mkdirSync(place);
  chmodSync(folder, 0o711);
  // The package may lie where others may not look.
  const asNobody = await given('true', ['build', '-o', place], ['setpriv', '--reuid', '65534', 'sh']);
  if (asNobody.err.includes('pageheap:')) expect(asNobody.err.match(new RegExp(place, 'g'))?.length).toBe(1);
});

describe('with little address space', () => {
  // Node alone takes half of it; a heap that reaches 1 GiB would take most of the rest for its tables.
  const poor = (...args: string[]): Promise<Outcome> => given('ulimit -v 2000000', args);

  it.concurrent('a heap leaves room for its objects', async () => {
    const { code, err } = await poor('run', small, ...quick, '--no-report');
    expect([code, err]).toEqual([0, expect.not.stringContaining('ENOMEM')]);
  });

  it.runIf(isWhole)('conform does not blame the page heap', async () => {
    const { code, out } = await poor('conform', 'radix', '--runs', '1');
    expect([code, out]).toEqual([0, expect.not.stringContaining('broken')]);
  });

  it.concurrent('doctor tries a heap, and says where none can be made', async () => {
    const { code, out } = await poor('doctor');
    expect(out).toMatch(/heaps[\s│]+reach less far/);
    expect([code, out]).toEqual([0, expect.stringContaining('a heap works here.')]);
    const none = await given('ulimit -v 1150000', ['doctor']);
    // Another Node may need more for itself.
    if (none.out !== '')
      expect([none.code, none.out]).toEqual([
        1,
        expect.stringMatching(/No heap can be made here: .*ENOMEM\n$/),
      ]);
  });
});

describe('under Node’s permission model', () => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const files = ['--allow-fs-read=*', '--allow-fs-write=*'];
  const node = (flags: readonly string[], ...args: string[]): Promise<Outcome> =>
    given('true', args, undefined, ['--no-warnings', flag, ...flags]);

  it.runIf(isWhole)('a report is written without fsync, and keeps the mode of what it replaces', async () => {
    const all = [...files, '--allow-child-process', '--allow-worker', '--allow-addons'];
    const run = await node(all, 'run', small, ...quick, '-o', 'wp');
    expect([run.code, run.err]).toEqual([0, expect.not.stringContaining('ERR_')]);
    const report = join(folder, /report: +(\S+)/.exec(run.out)?.[1] ?? '');
    chmodSync(report, 0o600);
    const again = await node(all, 'report', report.replace(/html$/, 'jsonl'), '-o', report);
    expect(again.code).toBe(0);
    expect(statSync(report).mode & 0o777).toBe(0o600);
  });

  it.concurrent.each([
    [
      'doctor',
      [],
      /cannot be loaded: .* wants --allow-addons, and --no-addons forbids them \(ERR_ADDON\)\n$/,
    ],
    [
      'run',
      ['--allow-addons'],
      /cannot be started: .*refuses it; it wants --allow-child-process \(ERR_SYSTEM\)\n$/,
    ],
  ] as const)('%s says what is missing', async (command, flags, told) => {
    const { code, err } = await node([...files, ...flags], command);
    expect([code, err]).toEqual([1, expect.stringMatching(told)]);
  });
});
