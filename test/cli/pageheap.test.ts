import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from './in-process.ts';
import { executable, pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

// ESC, and a bell.
writeFileSync(join(folder, 'controls.jsonl'), Uint8Array.of(7, 27, 27));

const commands = ['run', 'report', 'view', 'workloads', 'verify', 'doctor'];
const escapeCode = String.fromCharCode(27);

describe('help', () => {
  it('without arguments teaches, and is no error', async () => {
    const { code, out, err } = await pageheap([]);
    expect([code, err]).toEqual([0, '']);
    for (const word of [...commands, 'Start here', 'GOMEMLIMIT', 'Exit codes', '130'])
      expect(out).toContain(word);
  });

  it.each(commands)('of %s has examples and exit codes', async (command) => {
    const { code, out, err } = await inProcess([command, '--help']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: pageheap ${command}`);
    expect(out).toContain(`$ pageheap ${command}`);
    expect(out).toContain('Exit codes');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(82);
  });

  it.each(commands)('of %s names files that are there', async (command) => {
    const { out } = await inProcess([command, '--help']);
    for (const [, name] of out.matchAll(/ ((?:test|examples|traces)\/[\w./-]+\w)/g))
      expect([name, existsSync(new URL(`../../${name}`, import.meta.url))]).toEqual([name, true]);
    if (command === 'verify') expect(out).toMatch(/verify test\/fixtures\/golden\/\S+\.jsonl\.gz/);
  });

  it('is the same by `help run`', async () => {
    expect((await inProcess(['help', 'run'])).out).toBe((await inProcess(['run', '--help'])).out);
  });

  it('knows the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await inProcess(['--version'])).out).toBe(`${version}\n`);
  });
});

/** The compiled files that one file loads at once: its imports, and theirs, but for those by `import()`. */
function loadedWith(entry: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(entry.href)) return seen;
  seen.add(entry.href);
  const source = readFileSync(entry, 'utf8');
  for (const [, specifier] of source.matchAll(/^(?:import|export)\s[^;]*?['"](\.[^'"]+)['"];/gm))
    loadedWith(new URL(specifier, entry), seen);
  return seen;
}

describe('a command is loaded when it is named', () => {
  const root = new URL('../../dist/lib/', import.meta.url);

  it('so that `--version` loads nothing but itself, and `run` no heap', () => {
    const chunksOf = (name: string): string[] =>
      [...loadedWith(new URL(name, root))].flatMap((file) => /chunks\/(\w+)-/.exec(file)?.[1] ?? []).sort();
    expect(chunksOf('cli/main.js')).toEqual(['base', 'start']);
    // Without a heap: that is made by another process.
    const ofRun = ['base', 'command', 'options', 'process', 'start', 'subject'];
    expect(chunksOf('cli/run.js')).toEqual(ofRun);
    // Nor does what tells of a run load one.
    expect(chunksOf('cli/run-result.js')).toEqual([...ofRun, 'result', 'summary'].sort());
    // The process of a run is started before the rest is there.
    expect(chunksOf('cli/run-ahead.js')).toEqual(['base', 'process']);
    // And who uses the library loads nothing of the command line.
    expect(chunksOf('index.js')).toEqual(['base', 'core', 'options']);
    const ofChild = ['base', 'core', 'options', 'process', 'run', 'subject', 'summary'];
    expect(chunksOf('lab/run/run-child.js')).toEqual(ofChild);
  });

  it.each([
    ['--version', 'run'],
    ['help', '--', 'run'],
    ['--', 'workloads'],
  ])('in whatever way: %j', async (...args) => {
    const { code, out, err } = await inProcess(args);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(args[0] === '--version' ? /^\d/ : args[0] === 'help' ? /--duration/ : /rsscurve/);
  });
});

describe('a wrong command line ends with 2 and says what was wrong', () => {
  it.each([
    [['runn'], 'Did you mean run?'],
    [['run', '--durationn', '1'], 'Did you mean --duration?'],
    [['run', 'a', 'b'], 'too many arguments'],
    [['run', '--duration', '-1'], 'It takes seconds'],
    [['run', '--duration', '2000000'], 'It takes seconds, 0 to 1000000, as in 2.5.'],
    [['run', '--gogc', '99999999999'], 'It takes an integer below 2^31, or off.'],
    [
      ['run', '--memory-limit', '10MB'],
      'It takes bytes, or an integer with B, KiB, MiB, GiB or TiB, or off.',
    ],
    [['run', '--growth-unit', '4MB'], 'It takes bytes, a power of two from 64KiB to 64MiB, as in 4MiB.'],
    [['run', '--advise', 'never'], 'Allowed choices are dontneed, free'],
    [['run', '--touch', 'some'], 'Allowed choices are all, page, none'],
    [['run', '--idle-gcs', '1.5'], 'It takes a whole number'],
    [['run', 'no-such-trace'], 'no-such-trace'],
    [['run', 'rsscurve', '--duration', '1'], '--duration: rsscurve is a workload'],
    [['run', 'rsscurve', '--strict', '--touch', 'page'], '--touch, --strict: rsscurve is a workload'],
    [['run', 'perl', '--scale', '0.1'], '--scale: perl is a trace'],
    [['run', 'stripes', '--more-collections'], '--more-collections: stripes is a workload without'],
    [['run', 'rsscurve', '--scale', '0'], 'It takes'],
    [['run', 'rsscurve', '--seed', '1.5'], 'It takes a whole number'],
    [['verify'], "missing required argument 'file'"],
    [['run', 'git', '--name', ''], '--name: an empty name is none'],
    [['report', 'controls.jsonl'], 'controls.jsonl:1: not JSON: '],
    [['verify', 'no-such-file'], 'no-such-file: no such file'],
    [['verify', '.'], '.: this is a folder'],
    [['report', 'no-such-file'], 'no-such-file: no such file'],
    [['report'], 'there is no run file in runs/'],
  ])('%j', async (args, message) => {
    const { code, out, err } = await inProcess(args, { cwd: folder });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
    expect(err).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it.each([
    [{ GOMEMLIMIT: '10MB' }, 'malformed GOMEMLIMIT=10MB'],
    [{ GOMEMLIMIT: '-1' }, 'malformed GOMEMLIMIT=-1'],
  ])('%j in the environment', async (env, message) => {
    const { code, out, err } = await inProcess(['run', 'perl'], { cwd: folder, env });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toContain('ERR_INVALID_OPTION');
  });
});

describe('colour', () => {
  it('is not used where output is no terminal, not even under CI', async () => {
    const { out } = await pageheap(['doctor'], { env: { CI: '1' } });
    expect(out).not.toContain(escapeCode);
  });

  it('is used when forced, unless NO_COLOR says no', async () => {
    expect((await inProcess(['doctor'], { env: { FORCE_COLOR: '1' } })).out).toContain(escapeCode);
    expect((await inProcess(['doctor'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).out).not.toContain(
      escape,
    );
    expect((await inProcess(['--help'], { env: { FORCE_COLOR: '1' } })).out).toContain(escapeCode);
  });
});

describe('doctor', () => {
  it('tells the machine in words', async () => {
    const { code, out, err } = await inProcess(['doctor']);
    expect([code, err]).toEqual([0, '']);
    for (const word of ['kernel', 'MADV_DONTNEED', 'overcommit', 'pagemap']) expect(out).toContain(word);
  });

  it('and in JSON', async () => {
    const { code, out } = await inProcess(['doctor', '--json']);
    const { machine, findings } = JSON.parse(out) as {
      machine: { pageSize: number; kernel: string };
      findings: { what: string; verdict: string }[];
    };
    expect(code).toBe(0);
    expect(machine.pageSize).toBeGreaterThanOrEqual(4096);
    expect(findings.every((f) => ['ok', 'note', 'fallback'].includes(f.verdict))).toBe(true);
    expect(findings.length).toBeGreaterThan(10);
  });
});

describe('an installation that is not whole', () => {
  it('names the build when the compiled code is missing', async () => {
    mkdirSync(join(folder, 'bin'), { recursive: true });
    const script = join(folder, 'bin', 'pageheap.js');
    copyFileSync(executable, script);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const { code, out, err } = await pageheap(['doctor'], { script });
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('is not built yet');
    expect(err).toContain('npm ci');
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('says so when the addon is missing', async () => {
    const { code, out, err } = await pageheap(['doctor'], {
      env: { PAGEHEAP_ADDON: join(folder, 'none.node') },
    });
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('ERR_ADDON');
    expect(err).not.toMatch(/\n\s+at /);
  });
});
