import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isWhole, those } from '../support/extent.ts';
import { sendSignal } from '../support/signals.ts';
import { disturb } from './disturb-comparison.ts';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const out = mkdtempSync(join(tmpdir(), 'pageheap-cli-compare-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Some objects of all sizes, of which some are freed. */
const some = join(out, 'some.mtrace');
const objects = Array.from({ length: 200 }, (_, i) => `+ 0x${i + 1}000 0x${(i + 1) ** 2}`);
writeFileSync(some, ['= Start', ...objects, '- 0x2000', '= End', ''].join('\n'));

describe('pageheap compare', () => {
  const asFast = ['--duration', '0', '--idle', '0'];
  const quick = ['--scale', '0.01', '--time-scale', '0', '--repeat', '1', '--out', out];

  // The workload says that the heap traces, not the command line.
  it('takes options of marking for a workload that is traced, and no liveness that its subject cannot have', async () => {
    const short = ['--repeat', '1', '--out', out];
    const two = ['compare', 'binary-trees', '--depth', '6', ...short];
    for (const options of those(
      [
        ['-c', 'radix,mark-order=spans'],
        ['--marking', 'stop-the-world', '-c', 'radix', '-c', 'treap'],
      ],
      (_, i) => i === 0,
    )) {
      const { code, err } = await inProcess([...two, ...options]);
      expect([code, err]).toEqual([0, expect.not.stringContaining('liveness')]);
    }
    const { code, err } = await inProcess([
      'compare',
      'git',
      ...short,
      '--liveness',
      'tracing',
      '-c',
      'radix',
    ]);
    expect(code).toBe(2);
    expect(err).toContain(
      "configuration 'radix': --liveness: git says itself when an object dies; it needs 'explicit'",
    );
  });

  it('runs three generations and a custom page heap, in turns, and writes one report', async () => {
    const own = new URL('../../examples/first-fit.mjs', import.meta.url).pathname;
    const args = [
      'compare',
      'rsscurve',
      ...quick,
      '-c',
      'lists',
      '-c',
      'treap',
      '-c',
      'radix',
      '-c',
      `own:radix,page-heap=${own}`,
    ];
    const { out: stdout, code } = await inProcess([...args, '--json']);
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    expect(told.configurations.map((c: { label: string }) => c.label)).toEqual([
      'lists',
      'treap',
      'radix',
      'own',
    ]);
    for (const c of told.configurations) {
      expect(c.metrics.rssPeak.n).toBe(1);
      expect(c.metrics.rssPeak.mean).toBeGreaterThan(5e6);
      expect(c.phases.map(({ name }: { name: string }) => name).join('')).toBe('ABCDEFG');
      for (const { metrics } of c.phases) expect(metrics.rss.n).toBe(1);
      expect(c.phases[0].metrics.rss.mean).toBeLessThanOrEqual(c.metrics.rssPeak.mean);
    }
    expect(existsSync(told.report)).toBe(true);
    expect(readdirSync(told.folder).filter((f) => f.endsWith('.jsonl'))).toHaveLength(4);

    const again = await inProcess(['report', told.folder, '-o', join(out, 'again.html')]);
    expect([again.code, existsSync(join(out, 'again.html'))]).toEqual([0, true]);
    expect(again.out).toContain('RSS peak');
    expect(again.out).toMatch(/RSS, end of +│ +lists │ +treap │ +radix │ +own/);
    expect(again.out).toMatch(/│ G +│/);
  });

  it.each<[string[], RegExp]>([
    [['compare', 'rsscurve', '-c', 'slab'], /slab is no generation/],
    [
      ['compare', 'rsscurve', '-c', 'lists,memory-limit=100MiB', ...quick],
      /configuration 'lists,memory-limit=100MiB': --memory-limit: .*knows no memory limit/,
    ],
    [
      ['compare', 'rsscurve', '-c', 'radix', '-c', 'radix', ...quick],
      /two configurations are called radix; .* as in -c again:radix \(/,
    ],
    [
      ['compare', 'rsscurve', '-c', 'x:radix', '-c', 'x:treap,gogc=50', ...quick],
      /two configurations are called x; .* as in -c again:treap,gogc=50 \(/,
    ],
    [['compare', 'rsscurve', '--generation', 'treap'], /--generation treap: every configuration has its own/],
    [
      ['compare', 'rsscurve', '-c', 'radix,page-heap=./no.mjs', ...quick],
      /configuration 'radix,page-heap=.\/no.mjs': .*there is no such file/,
    ],
    [
      ['compare', 'rsscurve', '-c', 'radix,page-heap=./package.json', ...quick],
      /package.json: .*it is no .js, .mjs or .ts file/,
    ],
    [['compare', 'rsscurve', '-c', 'radix,growth-unit=3MiB', ...quick], /--growth-unit: .*64 KiB to 64 MiB/],
    [['compare', 'rsscurve', '--no-such'], /Try `pageheap compare --help`/],
    [['compare', 'rsscurve', '--duration', '5'], /--duration: rsscurve is a workload/],
    [['compare', 'perl', '--seed', '5'], /--seed: perl is a trace/],
    [['compare', 'no-such-trace', '-r', '1', '--out', out], /^pageheap: no-such-trace: no such file/],
    [['compare', 'git', '--name', ' ', '--out', out], /--name: an empty name is none/],
    [['compare', '-', '--out', out], /standard input can be read only once, and there are 9 runs: save it/],
  ])(
    '%j is refused with a word about what is wrong',
    async (args, message) => {
      const { err: stderr, code } = await inProcess(args);
      expect(stderr).toMatch(message);
      expect(code).not.toBe(0);
    },
    60_000,
  );

  it('refuses what cannot be before anything runs', async () => {
    const folder = mkdtempSync(join(out, 'refused-'));
    const args = ['compare', 'rsscurve', '-c', 'a:radix', '-c', 'b:lists,page-heap=radix', '--out', folder];
    const { err: stderr, code } = await inProcess(args);
    expect(stderr).toMatch(/configuration 'b': --scavenger: 'age', which lists brings, needs/);
    expect(stderr).not.toMatch(/recorded/);
    expect([code, readdirSync(folder)]).toEqual([2, []]);
  });

  it.each<[string, string, string | undefined, RegExp]>([
    ['a malformed trace', 'bad.mtrace', 'bad\n', /bad.mtrace:1: neither/],
    ['an empty file', 'empty.mtrace', '', /empty.mtrace:1: the file is empty/],
    [
      'half an operation',
      'half.rep',
      '1\n1\n1\n1\na 0\n',
      /half.rep:5: not an operation of a .rep trace: "a 0"/,
    ],
    ['a folder', '.', undefined, /this is a folder/],
    ['nothing', 'nothing.mtrace', undefined, /nothing.mtrace: no such file/],
  ])('says of %s what it is before it makes anything', async (_what, name, text, message) => {
    const path = join(out, name);
    if (text !== undefined) writeFileSync(path, text);
    const into = join(out, 'made-for-nothing');
    for (const command of ['compare', 'run']) {
      const { err: stderr, out: stdout, code } = await inProcess([command, path, '--out', into]);
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect([code, stdout, existsSync(into)]).toEqual([2, '', false]);
    }
  });

  it.each([
    ['a file', join(out, 'x.file'), 'x.file: is a file, not a folder'],
    ['in /proc', '/proc/x', '/proc/x: this folder cannot be made'],
    ['in /sys', '/sys/x', '/sys/x: this folder cannot be made'],
  ])('refuses an output folder that is %s', async (_what, path, message) => {
    writeFileSync(join(out, 'x.file'), '');
    for (const command of ['compare', 'run']) {
      const { err: stderr, code } = await inProcess([command, 'git', ...asFast, '--out', path]);
      expect(stderr).toContain(message);
      expect(stderr).toContain('(ERR_FILE)');
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(code).toBe(2);
    }
  });

  it('tells of an irregular trace, and of a memory limit that some do not know', async () => {
    const path = join(out, 'irregular.mtrace');
    writeFileSync(path, '= Start\n+ 0x1000 0x20\n- 0x9999\n- 0x8888\n= End\n');
    const args = [
      'compare',
      path,
      ...asFast,
      '-r',
      '1',
      '--out',
      out,
      '-c',
      'lists',
      '-c',
      'radix',
      '--json',
    ];
    const { err: stderr, out: stdout } = await inProcess(args, { env: { GOMEMLIMIT: '100MiB' } });
    expect(stderr.match(/^in the trace: 2 frees of what was not live/gm)).toHaveLength(1);
    // Once, though each run's heap would say it.
    expect(
      stderr.match(/^lists: GOMEMLIMIT is not held: the scavenger 'age' knows no memory limit/gm),
    ).toHaveLength(1);
    expect(stderr.match(/GOMEMLIMIT/g)).toHaveLength(1);
    const { irregular, configurations } = JSON.parse(stdout);
    expect(irregular).toEqual({ unknownFrees: 2 });
    const payload = { peakLiveBytes: 32, allocations: 1, frees: 0, reallocations: 0, liveObjects: 1 };
    expect(configurations).toMatchObject([{ payload }, { payload }]);
    for (const c of configurations) expect(c.metrics.utilisation.mean).toBe(32 / c.payload.heapBytes);
  });

  it('has JSON where no run was finished, and says whose doing it is', async () => {
    const ending = (label: string, body: string): string[] => {
      const file = join(out, `ends-${label}.mjs`);
      writeFileSync(
        file,
        `import FirstFit from ${JSON.stringify(new URL('../../examples/first-fit.mjs', import.meta.url).href)};
         console.log('a word of my own');
         export default class Ends extends FirstFit {
           alloc(npages) { if (++this.asked > 10) { ${body}; } return super.alloc(npages); }
           asked = 0;
         }`,
      );
      return ['-c', `${label}:radix,page-heap=${file}`];
    };
    const exits = ending('exits', 'process.exit(0)');
    const throws = ending('throws', "throw new Error('no\\x1b[31m more')");
    const {
      out: stdout,
      err: stderr,
      code,
    } = await pageheap([
      ...['compare', some, ...asFast, '-r', '1', '--out', out, ...exits, ...throws, '--json'],
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ report: null, failures: [{ round: 1 }, { round: 1 }] });
    expect(stderr).toMatch(/the process of the run ended with code 0/);
    expect(stderr).toMatch(/threw in alloc: no more/);
    expect(stderr).not.toContain('\x1b');
    expect(stderr).toContain('a word of my own');
    expect(stderr).toContain(`try: pageheap conform ${join(out, 'ends-exits.mjs')}`);
    const { folder } = JSON.parse(stdout) as { folder: string };
    const again = await inProcess(['report', folder]);
    expect(again.err).toMatch(/failed in run 1[\s\S]*no run that was finished/);
  });

  it('takes standard input for a single run', async () => {
    const args = ['compare', '-', ...asFast, '-r', '1', '-c', 'radix', '--out', out, '--json'];
    const { out: stdout, code } = await pageheap(args, { input: '= Start\n+ 0x1000 0x20\n' });
    expect([code, JSON.parse(stdout).name]).toEqual([0, 'stdin']);
  });

  describe('with configurations that fail', () => {
    const failing = (name: string, body: string): string => {
      const file = join(out, `${name}.mjs`);
      writeFileSync(
        file,
        `import FirstFit from ${JSON.stringify(new URL('../../examples/first-fit.mjs', import.meta.url).href)};
         let n = 0;
         export default class Moody extends FirstFit {
           alloc(npages) { if (++n === 40) ${body}; return super.alloc(npages); }
         }`,
      );
      return `${name}:radix,page-heap=${file}`;
    };
    const throwing = failing('throwing', "throw new Error('not today')");
    const exiting = failing('exiting', 'process.exit(7)');

    it('goes on with the others, says which failed and why, and ends with 1', async () => {
      const args = ['compare', some, ...asFast, '-r', '2', '--out', join(out, 'failing')];
      const {
        err: stderr,
        out: stdout,
        code,
      } = await inProcess([...args, ...['-c', 'radix', '-c', throwing, '-c', exiting, '--json']]);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^pageheap: configuration 'throwing', run 1: .*not today \(.*\) \(ERR_PAGE_HEAP\)\n/m,
      );
      expect(stderr).toContain('throwing.mjs:4');
      expect(stderr).toMatch(
        /^pageheap: configuration 'exiting', run 1: .*ended with code 7.*\(ERR_SYSTEM\)$/m,
      );
      expect(stderr).toMatch(/^configuration 'exiting' failed in run 1; it has no figures$/m);
      const told = JSON.parse(stdout);
      expect(told.configurations.map(({ files }: { files: string[] }) => files.length)).toEqual([2, 0, 0]);
      expect(told.failures).toEqual([
        expect.objectContaining({ label: 'throwing', round: 1, code: 'ERR_PAGE_HEAP' }),
        expect.objectContaining({ label: 'exiting', round: 1, code: 'ERR_SYSTEM' }),
      ]);
      expect(existsSync(told.report)).toBe(true);
      const again = await inProcess(['report', told.folder]);
      expect(again.out).toMatch(/│ +radix │ +throwing \(failed\) │ +exiting \(failed\) │/);
      expect(again.err).toMatch(/configuration 'exiting' failed in run 1; it has no figures: .*ERR_SYSTEM/);
    });

    it('has no table and no report where none was finished', async () => {
      const into = join(out, 'all-failing');
      const args = ['compare', some, ...asFast, '-r', '2', '--out', into, '-c', throwing];
      const { err: stderr, out: stdout, code } = await inProcess(args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('no run was finished: there is no table and no report');
      const [folder] = readdirSync(into);
      expect(readdirSync(join(into, folder)).sort()).toEqual(['comparison.json', 'throwing-1.jsonl']);
      const again = await inProcess(['report', join(into, folder)]);
      expect([again.code, again.out]).toEqual([2, '']);
      expect(again.err).toContain('has no run that was finished');
    });
  });

  // Other ways: test/long/cli/compare.test.ts.
  describe.concurrent('when it is stopped', () => {
    it.runIf(isWhole)('in a later run sums up what was finished', async ({ expect }) => {
      const { outcome, folder } = await disturb(
        join(out, 'once'),
        'treap-1.jsonl',
        (parent) => void sendSignal(parent, 'SIGINT'),
      );
      expect(outcome.code).toBe(130);
      expect(outcome.out).toMatch(/│ RSS peak +│ +[\d.]+ MiB │ +– │/);
      expect(outcome.err).toContain('interrupted: this is what was finished until then');
      expect(outcome.err).not.toContain('failed');
      expect(existsSync(join(folder, 'comparison.html'))).toBe(true);
    });

    it.runIf(isWhole)(
      'by the end of a run’s process goes on without that configuration',
      async ({ expect }) => {
        const { outcome } = await disturb(
          join(out, 'lost'),
          'radix-1.jsonl',
          (_p, [child]) => void sendSignal(child, 'SIGKILL'),
        );
        expect(outcome.code).toBe(1);
        expect(outcome.err).toMatch(/configuration 'radix', run 1: the process of the run ended by SIGKILL/);
        expect(outcome.out).toMatch(/│ +radix \(failed\) │ +treap │/);
      },
    );
  });

  it('tells of a custom page heap that throws as of that, with the place', async () => {
    const file = join(out, 'throws.mjs');
    writeFileSync(
      file,
      `import FirstFit from ${JSON.stringify(new URL('../../examples/first-fit.mjs', import.meta.url).href)};
       export default class Moody extends FirstFit {
         free(page, npages) { throw new Error('not today'); }
       }`,
    );
    for (const command of [
      ['compare', 'rsscurve', ...quick, '-r', '1', '-c', `radix,page-heap=${file}`],
      ['run', 'rsscurve', '--scale', '0.01', '--time-scale', '0', '--out', out, '--page-heap', file],
    ]) {
      const { err: stderr, code } = await inProcess(command);
      expect(stderr).toMatch(
        /the page heap Moody threw in free: not today \(.*throws\.mjs:3:\d+\)\) \(ERR_PAGE_HEAP\)/,
      );
      expect(stderr).toContain('throws.mjs:3');
      expect(stderr).not.toContain('defect of pageheap');
      expect(code).toBe(1);
    }
  });

  it.runIf(isWhole)('holds one generation for all configurations that name none', async () => {
    const { out: stdout, code } = await inProcess([
      ...['compare', some, '--generation', 'treap', ...asFast],
      ...['--repeat', '1', '--out', out, '-c', 'advise=free', '-c', 'radix', '--json'],
    ]);
    expect(code).toBe(0);
    const [first, second] = JSON.parse(stdout).configurations as {
      metrics: Record<string, { mean: number }>;
    }[];
    // Of the three, the treaps grow by 64 MiB.
    expect(first.metrics.heapSys.mean % 2 ** 26).toBe(0);
    expect(second.metrics.heapSys.mean % 2 ** 22).toBe(0);
    expect(second.metrics.heapSys.mean).toBeLessThan(first.metrics.heapSys.mean);
  });

  it('teaches with --help', async () => {
    const { out: stdout } = await inProcess(['compare', '--help']);
    for (const word of ['standard input', '-c treap,advise=dontneed', 'rsscurve', '--page-heap', '--repeat'])
      expect(stdout).toContain(word);
  });
});
