import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunFile } from '../../lib/lab/record/run-file.ts';
import { isWhole, those } from '../support/extent.ts';
import { isAlive, sendSignal } from '../support/signals.ts';
import { inProcess } from './in-process.ts';
import { childrenOf, executable, type Outcome, pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small = `= Start
@ ./program:[0x1] + 0x1000 0x20
@ ./program:[0x1] - 0x9999
@ ./program:[0x1] < 0x1000
@ ./program:[0x1] > 0x2000 0x4000
`;
writeFileSync(join(folder, 'small.mtrace'), small);

/** Objects of 1 KiB: 10 MiB that are allocated, the second half of which is freed. */
function ramp(): string {
  const lines = ['= Start'];
  for (let i = 1; i <= 10_000; i++) lines.push(`+ 0x${(i * 4096).toString(16)} 0x400`);
  for (let i = 5001; i <= 10_000; i++) lines.push(`- 0x${(i * 4096).toString(16)}`);
  return `${lines.join('\n')}\n= End\n`;
}
writeFileSync(join(folder, 'ramp.mtrace.gz'), gzipSync(ramp()));

interface Summary {
  readonly runFile: string;
  readonly report: string | null;
  readonly name: string;
  readonly reason: string;
  readonly operations: number;
  readonly irregular: Record<string, number>;
  readonly moments: { label: string; inuse: number; rss: number }[];
  readonly collections: number;
}

function run(args: readonly string[], input?: string | Uint8Array): Promise<Outcome> {
  if (input === undefined) return inProcess(['run', ...args], { cwd: folder });
  return pageheap(['run', ...args], { cwd: folder, input });
}

const fast = ['--duration', '0', '--idle', '0'];

describe('pageheap run', () => {
  it('prints a table, and writes a run file and a report', async () => {
    const { code, out, err } = await run(['small.mtrace', ...fast, '-o', 'first']);
    expect(code).toBe(0);
    expect(err).toBe(
      'in the trace: 1 free of what was not live: freed before, or allocated where the trace does not tell\n',
    );
    expect(out).toMatch(/payload +16\.0 KiB alive at most: utilisation 0\.4 % \(HeapSys 4\.00 MiB\)\n/);
    expect(out).toMatch(/asked for +1 allocation, 0 frees, 1 realloc\n/);
    expect(out).toContain('RSS, heap');
    const files = readdirSync(join(folder, 'first')).sort();
    expect(files.map((f) => f.replace(/\d{8}-\d{6}/, 'TIME'))).toEqual([
      'small-TIME.html',
      'small-TIME.jsonl',
    ]);
    for (const file of files) expect(out).toContain(join('first', file));
    const html = readFileSync(join(folder, 'first', files[0]), 'utf8');
    expect(html.startsWith('<!doctype html>')).toBe(true);
  });

  it('reads standard input, and answers in JSON alone', async () => {
    const { code, out } = await run(['-', ...fast, '--json', '--no-report'], small);
    const summary = JSON.parse(out) as Summary;
    expect(code).toBe(0);
    expect(summary).toMatchObject({ name: 'stdin', reason: 'done', operations: 4, report: null });
    expect(summary.irregular).toEqual({ unknownFrees: 1 });
    const data = await readRunFile(join(folder, summary.runFile));
    expect(data.end?.reason).toBe('done');
    expect(data.header.command?.slice(0, 3)).toEqual(['pageheap', 'run', '-']);
  });

  it('hands its options on to the heap, and says them in the run file', async () => {
    const { code, out } = await inProcess(
      [
        'run',
        'ramp.mtrace.gz',
        ...fast,
        '--json',
        '--gogc',
        'off',
        '--advise',
        'free',
        '--touch',
        'page',
        '--beat',
        '20',
      ],
      { cwd: folder, env: { GOGC: '50', GOMEMLIMIT: '1GiB', GODEBUG: 'madvdontneed=1' } },
    );
    const { runFile, collections } = JSON.parse(out) as Summary;
    const { header } = await readRunFile(join(folder, runFile));
    expect([code, collections]).toEqual([0, 0]);
    expect(header.options).toMatchObject({
      gcPercent: -1,
      memoryLimit: 2 ** 30,
      advise: 'free',
      touch: 'page',
    });
    expect(header.pace).toMatchObject({ seconds: 0, idle: 0, collections: 2, beatMs: 20 });
  });

  it('collects when idle, though GOGC is none, which it says, and tells what GODEBUG asks for', async () => {
    const { code, out, err } = await pageheap(
      ['run', 'ramp.mtrace.gz', '--duration', '0', '--idle', '0.1', '--no-report', '--json'],
      { cwd: folder, env: { GODEBUG: 'gctrace=1', GOGC: 'x' } },
    );
    expect(code).toBe(0);
    expect(err).toMatch(/^gc 1 @\d/m);
    expect(err).toContain('GOGC=x');
    const { collections, moments } = JSON.parse(out) as Summary;
    expect(collections).toBeGreaterThan(0);
    expect(moments[moments.length - 1].inuse).toBeLessThan(0.7 * moments[0].inuse);
  });

  it('finds a shipped trace by its name, and paces it', async () => {
    const start = performance.now();
    const { code, out } = await run(['git', '--duration', '0.3', '--idle', '0', '--json', '--no-report']);
    const took = performance.now() - start;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'git', operations: 8655, irregular: {} });
    expect(took).toBeGreaterThan(300);
  });
});

describe('a trace that cannot be replayed', () => {
  const holdRefused = ({ code, out, err }: Outcome, wanted: number, name: string, place: string): void => {
    expect([code, out]).toEqual([wanted, '']);
    expect(err).toContain(name);
    expect(err).toContain(place);
    expect(err).not.toMatch(/\n\s+at /);
  };

  it('nothing', async () => {
    holdRefused(await run(['-', ...fast], ''), 2, 'ERR_TRACE', 'standard input:1: the file is empty');
  });

  // In a file, which is read in fewer processes.
  it.each<[string, string, string, number?, string?]>([
    ['garbage', 'garbage\n', ':1:'],
    ['a web page', '\n<html>\n', ':2: no trace; it seems to be a web page'],
    ['an absurd size', '1\n1\n1\n1000\na 0 270000000000000000\n', ':5:'],
    ['more than there is', '= Start\n+ 0x1000 0x7f0000000000\n', ':2:', 1, 'ERR_OUT_OF_MEMORY'],
  ])('%s', async (what, text, place, wanted = 2, name = 'ERR_TRACE') => {
    const file = join(folder, `${what}.mtrace`);
    writeFileSync(file, text);
    holdRefused(await run([file, ...fast]), wanted, name, `${file}${place}`);
  });

  it('is only irregular, unless --strict; then the run file says so', async () => {
    const { code, err } = await run(['small.mtrace', ...fast, '--strict', '-o', 'strict']);
    expect(code).toBe(2);
    expect(err).toContain('small.mtrace:3: ');
    const file = join('strict', readdirSync(join(folder, 'strict'))[0]);
    expect(err).toContain(file);
    expect((await readRunFile(join(folder, file))).end?.reason).toBe('error');
  });
});

describe('a trace that is not whole', () => {
  const whole = `= Start\n${'@ ./a:[0x11b8] + 0x5000 0x10\n@ ./a:[0x11b8] - 0x5000\n'.repeat(500)}`;
  const killed = `${whole}@ ./a:[0x11b8] + 0x60`;
  writeFileSync(join(folder, 'killed.mtrace'), killed);
  const packed = gzipSync(
    `${whole}${Array.from({ length: 900 }, (_, i) => `+ 0x${i}0 0x${i * 7}\n`).join('')}`,
  );
  writeFileSync(join(folder, 'killed.mtrace.gz'), packed.subarray(0, packed.length - 900));
  writeFileSync(join(folder, 'start.mtrace'), '= Start\n');

  it.each([
    ['killed.mtrace', /^in the trace: the file was cut off in line 1,002, as when a program is killed/],
    ['killed.mtrace.gz', /^in the trace: the gzip stream was cut off in line 1,\d\d\d, as when/],
    ['start.mtrace', /^in the trace: it has no operation: [^\n]*\n$/],
  ])('%s runs to its end and report, and tells; --strict refuses', async (name, message) => {
    const { code, out, err } = await run([name, ...fast, '-o', 'cut']);
    expect([code, err]).toEqual([0, expect.stringMatching(message)]);
    expect(out).toContain('report: ');
    // That the reader refuses each: test/lab/trace/reader.test.ts.
    if (!isWhole && name !== 'killed.mtrace') return;
    const strict = await run([name, ...fast, '-o', 'cut', '--strict']);
    expect([strict.code, strict.err]).toEqual([2, expect.stringContaining('ERR_TRACE')]);
  });

  it('does so from a pipe, and from a file that the shell has opened', async () => {
    if (isWhole) {
      const { code, err } = await run(['/dev/stdin', ...fast, '--no-report'], packed.subarray(0, 100));
      expect([code, err]).toEqual([0, expect.stringMatching(/the gzip stream was cut off in line/)]);
    }
    const child = await promisify(execFile)(
      'bash',
      [
        '-c',
        `"$0" "$1" run <(cat killed.mtrace) --duration 0 --idle 0 --no-report --json`,
        process.execPath,
        executable,
      ],
      { cwd: folder },
    );
    expect(JSON.parse(child.stdout)).toMatchObject({
      operations: 1000,
      irregular: { cutLine: 1002 },
      payload: { peakLiveBytes: 16, allocations: 500, frees: 500, reallocations: 0, liveObjects: 0 },
    });
  });

  it('says what is wrong with a subject that is there, in a way', async () => {
    symlinkSync('gone', join(folder, 'dangling'));
    const dangling = await run(['dangling', ...fast]);
    expect([dangling.code, dangling.err]).toEqual([
      2,
      'pageheap: dangling: a link that leads nowhere: there is no file gone (ERR_FILE)\n',
    ]);
    for (const command of ['run', 'compare', 'report', 'verify', 'conform']) {
      const { code, err } = await inProcess([command, ''], { cwd: folder });
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/^pageheap: the name of the \w+ is empty \(ERR_FILE\)\n$/),
      ]);
    }
    const zeros = await run(['/dev/zero', ...fast]);
    expect([zeros.code, zeros.err]).toEqual([2, expect.stringContaining('a device that gives zeros')]);
    const child = execFile('bash', ['-c', '"$0" "$1" run - --no-report < .', process.execPath, executable], {
      cwd: folder,
    });
    let said = '';
    child.stderr?.on('data', (text: string) => {
      said += text;
    });
    await once(child, 'close');
    expect([child.exitCode, said]).toEqual([2, expect.stringContaining('standard input: this is a folder')]);
  });

  it('names the subject that was meant', async () => {
    const names = [
      ['sqlite-rmap', 'sqlite-ramp'],
      ['Ledger-churn', 'ledger-churn'],
      ['smal.mtrace', 'small.mtrace'],
      [join(folder, 'klled.mtrace'), join(folder, 'killed.mtrace')],
    ];
    for (const [typed, meant] of names) {
      const { code, err } = await run([typed, ...fast]);
      expect([code, err]).toEqual([2, expect.stringContaining(`; did you mean ${meant}? (ERR_FILE)`)]);
    }
    const { err } = await run(['nothing-like-it', ...fast]);
    expect(err).toBe('pageheap: nothing-like-it: no such file, shipped trace or workload (ERR_FILE)\n');
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a long run, waits until its file has samples, does `act` and waits for its end. */
async function disturb(
  out: string,
  act: (parent: number, children: readonly number[]) => void | Promise<void>,
): Promise<{ outcome: Outcome; children: number[] }> {
  const into = join(folder, out);
  let children: number[] = [];
  const outcome = await pageheap(['run', 'ramp.mtrace.gz', '--duration', '60', '-o', into], {
    cwd: folder,
    started: async (child) => {
      const hasSamples = (): boolean =>
        existsSync(into) &&
        readdirSync(into).some((f) => /"k":"s".*"ops":[1-9]/.test(readFileSync(join(into, f), 'utf8')));
      while (!hasSamples() && child.exitCode === null) await pause(20);
      const parent = child.pid ?? 0;
      children = childrenOf(parent);
      await act(parent, children);
    },
  });
  return { outcome, children };
}

describe('an interrupted run', () => {
  // SIGINT is also what comes twice, below.
  it.each(those(['SIGINT', 'SIGTERM'] as const, (signal) => signal === 'SIGTERM'))(
    'by %s leaves a whole run file, a report and no process',
    async (signal) => {
      const { outcome, children } = await disturb(signal, (parent) => void sendSignal(parent, signal));
      expect(outcome.code).toBe(130);
      expect(outcome.out).toContain('RSS, heap');
      expect(outcome.err).toContain('interrupted');
      const files = readdirSync(join(folder, signal)).sort();
      expect(files.length).toBe(2);
      const data = await readRunFile(join(folder, signal, files[1]));
      const said = [
        expect.stringMatching(/^The run was interrupted after [\d,]+ of [\d,]+ operations: its figures/),
      ];
      expect([data.end?.reason, data.remarks]).toEqual(['interrupted', said]);
      expect(children.length).toBe(1);
      expect(children.filter(isAlive)).toEqual([]);
    },
  );

  it('ends at the second SIGINT, even if its process does nothing any more', async () => {
    const { outcome, children } = await disturb('twice', async (parent, [child]) => {
      sendSignal(child, 'SIGSTOP');
      sendSignal(parent, 'SIGINT');
      await pause(200);
      expect(isAlive(parent)).toBe(true);
      sendSignal(parent, 'SIGINT');
    });
    expect([outcome.code, outcome.out]).toEqual([130, '']);
    expect(outcome.err).toContain('What was recorded until then: ');
    expect(children.filter(isAlive)).toEqual([]);
  });

  it('that is killed leaves no process either, and a file that can be read', async () => {
    const { outcome, children } = await disturb('killed', (parent) => void sendSignal(parent, 'SIGKILL'));
    expect(outcome.signal).toBe('SIGKILL');
    for (let i = 0; i < 500 && children.some(isAlive); i++) await pause(20);
    expect(children.length).toBe(1);
    expect(children.filter(isAlive)).toEqual([]);
    const [file] = readdirSync(join(folder, 'killed'));
    expect((await readRunFile(join(folder, 'killed', file))).samples.length).toBeGreaterThan(0);
  });
});

describe('pageheap report', () => {
  let runFile = '';
  beforeAll(async () => {
    const { out } = await run(['small.mtrace', ...fast, '--json', '--no-report']);
    ({ runFile } = JSON.parse(out) as Summary);
  });

  it('draws a run file that was cut off', async () => {
    const text = readFileSync(join(folder, runFile), 'utf8');
    writeFileSync(join(folder, 'cut.jsonl'), text.slice(0, text.lastIndexOf('{"k":"end"') + 20));
    const { code, err } = await inProcess(['report', 'cut.jsonl'], { cwd: folder });
    expect(code).toBe(0);
    expect(err).toContain('did not finish');
    expect(readFileSync(join(folder, 'cut.html'), 'utf8')).toContain('</html>');
  });

  it('takes the newest run, and writes to where it is told', async () => {
    const { code, out } = await inProcess(['report', '-o', '-'], { cwd: folder });
    expect(code).toBe(0);
    expect(out.startsWith('<!doctype html>')).toBe(true);
  });

  describe('of a folder', () => {
    const name = (path: string): string => join(folder, 'reports', path);
    const write = (path: string, text: string, age: number): void => {
      mkdirSync(dirname(name(path)), { recursive: true });
      writeFileSync(name(path), text);
      const then = Date.now() / 1000 - age;
      utimesSync(name(path), then, then);
    };
    const lines =
      '{"k":"run","format":"pageheap-run/1"}\n{"k":"s","t":0,"inuse":1,"free":0,"released":0,"rss":1}\n';
    const index = (runs: string[]): string =>
      JSON.stringify({
        format: 'pageheap-comparison/1',
        name: 'made',
        started: '2026-01-01T00:00:00Z',
        repeat: 1,
        configurations: [{ label: 'radix', runs }],
        seconds: 1,
        interrupted: false,
      });
    write('runs/old.jsonl', lines, 300);
    write('runs/compare-a/radix-1.jsonl', lines, 200);
    write('runs/compare-a/comparison.json', index(['radix-1.jsonl']), 200);
    write('loose/x.jsonl', lines, 100);
    write('none/x.txt', '', 100);
    const report = (...args: string[]): Promise<Outcome> =>
      inProcess(['report', ...args], { cwd: name('.') });

    it('takes the newest of runs and comparisons', async () => {
      expect((await report('--json')).out).toMatch(/"report": "runs\/compare-a\/comparison.html"/);
      write('runs/new.jsonl', lines, 50);
      expect((await report('--json')).out).toMatch(/"report": "runs\/new.html"/);
    });

    it('says that a run is incomplete', async () => {
      const { out, err } = await report('runs/compare-a', '--json');
      expect(JSON.parse(out).incomplete).toEqual(['radix-1.jsonl']);
      expect(err).toContain('run 1 (radix-1.jsonl): The run did not finish: its file has no end line');
      expect(JSON.parse(out).remarks).toEqual([expect.stringContaining('run 1: The run did not finish')]);
    });

    it.each([
      [
        'runs',
        /^pageheap: runs: is a folder without comparison.json.* holds 1 comparison and \d run files?\. Name/,
      ],
      ['loose', /holds 1 run file\. Name one of them: pageheap report loose\/x.jsonl/],
      ['none', /without comparison.json and without run files/],
    ])('without an index, %s, says what it is', async (path, message) => {
      const { code, out, err } = await report(path);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(message);
    });

    it.each(['runs/old.jsonl', 'runs/compare-a'])('writes not both, HTML and JSON, of %s', async (path) => {
      const { code, out, err } = await report(path, '-o', '-', '--json');
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('--json and --output -');
    });
  });

  it.each([
    ['not JSON', 'not a run file\n', 'bad.jsonl:1: '],
    ['of another kind', '{"k":"x"}\n', 'bad.jsonl:1: '],
    ['empty', '', 'bad.jsonl:1: '],
    ['broken in the middle', '{"k":"run","format":"pageheap-run/1"}\n{"k":\n{}\n', 'bad.jsonl:2: '],
  ])('refuses a file that is %s', async (_what, text, place) => {
    writeFileSync(join(folder, 'bad.jsonl'), text);
    const { code, out, err } = await inProcess(['report', 'bad.jsonl'], { cwd: folder });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(place);
    expect(err).toContain('ERR_RUN_FILE');
  });

  it('says when it cannot write', async () => {
    const { code, err } = await inProcess(['report', runFile, '-o', 'no/such/folder/x.html'], {
      cwd: folder,
    });
    expect(code).toBe(2);
    expect(err).toContain('no/such/folder/x.html: the report cannot be written: no such folder');
  });
});
