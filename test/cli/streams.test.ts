/** What a command does where its streams, its disk or its child fail it. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunFileWriter } from '../../lib/lab/record/run-file.ts';
import { those } from '../support/extent.ts';
import { isAlive, sendSignal } from '../support/signals.ts';
import { inProcess } from './in-process.ts';
import { childrenOf, executable, type Outcome, pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-streams-'));
afterAll(() => rmSync(folder, { recursive: true }));
const trace = join(folder, 'a.mtrace');
writeFileSync(trace, '= Start\n+ 0x10 0x1000\n- 0x10\n');
const fast = ['--duration', '0', '--idle', '0'];

/** Runs a command whose standard output, or standard error, is a file. */
function into(file: string, args: readonly string[], stream: 'out' | 'err' = 'out'): Promise<Outcome> {
  const fd = openSync(file, 'a');
  const child = spawn(process.execPath, [executable, ...args], {
    cwd: folder,
    stdio: ['ignore', stream === 'out' ? fd : 'pipe', stream === 'err' ? fd : 'pipe'],
  });
  let text = '';
  for (const pipe of [child.stdout, child.stderr])
    pipe?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  return new Promise((done) =>
    child.on('close', (code, signal) => done({ code, signal, out: text, err: text })),
  );
}

describe('standard output that takes nothing', () => {
  const printed: readonly (readonly [string, readonly string[]])[] = [
    ['a table', ['workloads']],
    ['JSON', ['workloads', '--json']],
    ['help', ['--help']],
    ['a version', ['--version']],
  ];
  it.each(those(printed, ([what]) => ['a table', 'a version'].includes(what)))(
    '%s: one line, and exit code 1',
    async (_what, args) => {
      const { code, err } = await into('/dev/full', args);
      expect(code).toBe(1);
      expect(err).toMatch(/^pageheap: standard output cannot be written: .*ENOSPC.*\(ERR_FILE\)\n$/);
    },
  );

  it('leaves the record and the report of a run whole', async () => {
    const { code } = await into('/dev/full', ['run', trace, ...fast, '-o', 'full']);
    expect(code).toBe(1);
    const [page, record] = readdirSync(join(folder, 'full')).sort();
    expect(readFileSync(join(folder, 'full', page), 'utf8')).toContain('</html>');
    expect(readFileSync(join(folder, 'full', record), 'utf8')).toContain('"k":"end"');
  });

  it('is no error where a reader has had enough', async () => {
    const child = spawn('bash', [
      '-c',
      `"$0" "$1" workloads | head -1; echo "\${PIPESTATUS[0]}"`,
      process.execPath,
      executable,
    ]);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out += part;
    });
    await new Promise((done) => child.on('close', done));
    expect(out).toMatch(/^Workloads.*\n0\n$/s);
  });

  it('standard error that takes nothing changes nothing', async () => {
    const { code, out } = await into('/dev/full', ['run', trace, ...fast, '--json', '--no-report'], 'err');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ operations: 2 });
  });
});

describe('an output that would be lost', () => {
  let path = '';
  beforeAll(async () => {
    const { out } = await inProcess(['run', trace, ...fast, '--json', '--no-report'], { cwd: folder });
    path = join(folder, (JSON.parse(out) as { runFile: string }).runFile);
  });

  it('is the run file itself, by whatever name', async () => {
    const before = readFileSync(path, 'utf8');
    linkSync(path, `${path}.hard`);
    for (const name of [path, `${path}.hard`]) {
      const { code, err } = await inProcess(['report', path, '-o', name], { cwd: folder });
      expect([code, err]).toEqual([2, expect.stringContaining('this is the input')]);
    }
    const { code } = await into(path, ['report', path, '-o', '-']);
    expect(code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('is a trace that a run would print into', async () => {
    const before = readFileSync(trace, 'utf8');
    const { code } = await into(trace, ['run', trace, ...fast, '-o', 'into']);
    expect([code, readFileSync(trace, 'utf8'), existsSync(join(folder, 'into'))]).toEqual([2, before, false]);
  });

  it('is the trace that a verification reads, the module that conform reads', async () => {
    for (const command of those(['verify', 'conform'], (name) => name === 'conform')) {
      const before = readFileSync(trace, 'utf8');
      expect([(await into(trace, [command, trace])).code, readFileSync(trace, 'utf8')]).toEqual([2, before]);
    }
  });

  it('is the file of a run that has not ended, which a shell leads standard output to', async () => {
    const live = join(folder, 'live.jsonl');
    const writer = new RunFileWriter(live);
    const commands = those(
      [
        ['report', path, '-o', '-'],
        ['run', trace, ...fast, '-o', 'beside'],
        ['compare', trace, ...fast, '-o', 'beside'],
        ['doctor'],
      ],
      ([command]) => command === 'report' || command === 'compare',
    );
    const outcomes = await Promise.all(commands.map((args) => into(live, args)));
    writer.close();
    for (const { code, err } of outcomes)
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/live\.jsonl: a run that has not ended .* leads there/),
      ]);
    expect([readFileSync(live, 'utf8'), existsSync(join(folder, 'beside'))]).toEqual(['', false]);
  });

  it('is what standard error leads to; then the other one tells', async () => {
    const live = join(folder, 'live-errors.jsonl');
    const writer = new RunFileWriter(live);
    const commands = those([['run', trace, ...fast, '-o', 'beside'], ['doctor']], ([name]) => name === 'run');
    const outcomes = await Promise.all(commands.map((args) => into(live, args, 'err')));
    writer.close();
    for (const { code, out } of outcomes)
      expect([code, out]).toEqual([
        2,
        expect.stringMatching(/live-errors\.jsonl: a run that has not ended .* standard error leads there/),
      ]);
    expect([readFileSync(live, 'utf8'), existsSync(join(folder, 'beside'))]).toEqual(['', false]);
    const before = readFileSync(trace, 'utf8');
    const { code } = await into(trace, ['run', trace, ...fast, '-o', 'beside'], 'err');
    expect([code, readFileSync(trace, 'utf8')]).toEqual([2, before]);
  });

  it('of a report that fails is printed all the same', async () => {
    const { code, out, err } = await inProcess(['report', path, '-o', '/dev/full'], { cwd: folder });
    expect([code, out]).toEqual([2, expect.stringContaining('RSS, heap')]);
    expect(err).toContain('/dev/full: the report cannot be written: no space is left on the device');
  });
});

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** A run, and what is done to it as soon as its process is there. */
async function early(out: string, act: (parent: number, child: number) => void): Promise<Outcome> {
  let child: number | undefined;
  const outcome = await pageheap(['run', trace, '--duration', '0', '--idle', '30', '-o', out], {
    cwd: folder,
    started: async ({ pid = 0 }) => {
      while (child === undefined && isAlive(pid)) {
        [child] = childrenOf(pid);
        if (child === undefined) await pause(1);
      }
      if (child !== undefined) act(pid, child);
    },
  });
  if (child === undefined) throw new Error(`the command ended before it began a run: ${outcome.err}`);
  // It was killed; on a busy machine it takes its time to go.
  for (let n = 0; n < 1000 && isAlive(child); n++) await pause(5);
  expect(isAlive(child)).toBe(false);
  return outcome;
}

describe('a run whose process has only just begun', () => {
  it('is interrupted with 130, and leaves nothing', async () => {
    const { code, err } = await early('early', (parent, child) => {
      // As a terminal does: to both.
      sendSignal(child, 'SIGINT');
      sendSignal(parent, 'SIGINT');
    });
    expect(code).toBe(130);
    expect(err).not.toContain('What was recorded');
    expect(existsSync(join(folder, 'early'))).toBe(false);
  });

  it('says that it died, and names no recording that is not there', async () => {
    const { code, err } = await early('died', (_parent, child) => void sendSignal(child, 'SIGKILL'));
    expect(code).toBe(1);
    expect(err).toMatch(
      /the process of the run ended by SIGKILL \(.*\); it had recorded nothing \(ERR_SYSTEM\)\n$/,
    );
    expect(existsSync(join(folder, 'died'))).toBe(false);
  });
});

it('two runs that begin in one second have a file each', async () => {
  const both = await Promise.all(
    [1, 2].map(() =>
      pageheap(['run', trace, ...fast, '--json', '--no-report', '-o', 'both'], { cwd: folder }),
    ),
  );
  const files = both.map(({ out }) => (JSON.parse(out) as { runFile: string }).runFile);
  expect(new Set(files).size).toBe(2);
  for (const file of files) expect(statSync(join(folder, file)).size).toBeGreaterThan(100);
});
