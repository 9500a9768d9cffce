import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../lib/cli/heap-options.ts';
import { pageheap } from './spawn.ts';

const out = mkdtempSync(join(tmpdir(), 'pageheap-cli-compare-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe('a configuration', () => {
  it.each<[string, object]>([
    ['radix', { label: 'radix', heap: { generation: 'radix' } }],
    [
      'treap,advise=dontneed',
      { label: 'treap,advise=dontneed', heap: { generation: 'treap', advise: 'dontneed' } },
    ],
    ['mine:page-heap=./x.mjs', { label: 'mine', heap: {}, pageHeapFile: './x.mjs' }],
    [
      'a b:lists,growth-unit=4MiB,gogc=off',
      { label: 'a b', heap: { generation: 'lists', growthUnit: 2 ** 22, gcPercent: -1 } },
    ],
    [
      'treap,huge-page-hints=off,scavenge-on-reuse',
      { heap: { generation: 'treap', hugePageHints: false, scavengeOnReuse: true } },
    ],
    ['generation=treap,scavenge-after=2.5', { heap: { generation: 'treap', scavengeAfter: 2.5e9 } }],
  ])('%s', (text, made) => expect(parseConfiguration(text)).toMatchObject(made));

  it('has what every configuration has, unless it says otherwise', () => {
    const base = { heap: { gcPercent: 50, advise: 'free' } } as const;
    expect(parseConfiguration('radix,advise=dontneed', base).heap).toEqual({
      gcPercent: 50,
      advise: 'dontneed',
      generation: 'radix',
    });
  });

  it.each<[string, RegExp]>([
    ['', /an empty part/],
    ['radix,', /an empty part/],
    ['slab', /slab is no generation \(lists, treap, radix\), and no part/],
    ['radix,slab=1', /there is no part slab/],
    ['radix,generation=lists', /generation is said twice/],
    ['advise=free,advise=dontneed', /advise is said twice/],
    ['radix,advise', /advise needs a value/],
    ['radix,advise=later', /advise=later: It takes one of dontneed, free/],
    ['radix,growth-unit=10MB', /growth-unit=10MB: It takes bytes/],
    ['radix,page-heap=slab', /page-heap=slab/],
  ])("'%s' is refused", (text, message) => {
    expect(() => parseConfiguration(text)).toThrow(message);
    expect(() => parseConfiguration(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  });
});

describe('pageheap compare', () => {
  const quick = ['--scale', '0.02', '--time-scale', '0.02', '--repeat', '2', '--out', out];

  it('runs three generations and a page heap of one’s own, in turns, and writes one report', async () => {
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
    const { out: stdout, code } = await pageheap([...args, '--json']);
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    expect(told.configurations.map((c: { label: string }) => c.label)).toEqual([
      'lists',
      'treap',
      'radix',
      'own',
    ]);
    for (const c of told.configurations) {
      expect(c.metrics.rssPeak.n).toBe(2);
      expect(c.metrics.rssPeak.mean).toBeGreaterThan(5e6);
      expect(c.phases.map(({ name }: { name: string }) => name).join('')).toBe('ABCDEFG');
      for (const { metrics } of c.phases) expect(metrics.rss.n).toBe(2);
      expect(c.phases[0].metrics.rss.mean).toBeLessThanOrEqual(c.metrics.rssPeak.mean);
    }
    expect(existsSync(told.report)).toBe(true);
    expect(readdirSync(told.folder).filter((f) => f.endsWith('.jsonl'))).toHaveLength(8);

    const again = await pageheap(['report', told.folder, '-o', join(out, 'again.html')]);
    expect([again.code, existsSync(join(out, 'again.html'))]).toEqual([0, true]);
    expect(again.out).toContain('RSS peak');
    expect(again.out).toMatch(/RSS, end of +│ +lists │ +treap │ +radix │ +own/);
    expect(again.out).toMatch(/│ G +│/);
  }, 120_000);

  it.each<[string[], RegExp]>([
    [['compare', 'rsscurve', '-c', 'slab'], /slab is no generation/],
    [
      ['compare', 'rsscurve', '-c', 'lists,memory-limit=100MiB', ...quick],
      /configuration 'lists,memory-limit=100MiB': --memory-limit: .*knows no memory limit/,
    ],
    [['compare', 'rsscurve', '-c', 'radix', '-c', 'radix', ...quick], /two configurations are called radix/],
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
    [['compare', 'no-such-trace', '-r', '1', '--out', out], /no-such-trace/],
  ])(
    '%j is refused with a word about what is wrong',
    async (args, message) => {
      const { err: stderr, code } = await pageheap(args);
      expect(stderr).toMatch(message);
      expect(code).not.toBe(0);
    },
    60_000,
  );

  it('refuses what cannot be before anything runs', async () => {
    const folder = mkdtempSync(join(out, 'refused-'));
    const args = ['compare', 'rsscurve', '-c', 'a:radix', '-c', 'b:lists,page-heap=radix', '--out', folder];
    const { err: stderr, code } = await pageheap(args);
    expect(stderr).toMatch(/configuration 'b': --scavenger: 'age', which lists brings, needs/);
    expect(stderr).not.toMatch(/recorded/);
    expect([code, readdirSync(folder)]).toEqual([2, []]);
  });

  it('tells of a page heap of one’s own that throws as of that, with the place', async () => {
    const file = join(out, 'throws.mjs');
    writeFileSync(
      file,
      `import FirstFit from ${JSON.stringify(new URL('../../examples/first-fit.mjs', import.meta.url).href)};
       export default class Moody extends FirstFit {
         free(page, npages) { throw new Error('not today'); }
       }`,
    );
    for (const command of [
      ['compare', 'rsscurve', ...quick, '-c', `radix,page-heap=${file}`],
      ['run', 'rsscurve', '--scale', '0.02', '--time-scale', '0.02', '--out', out, '--page-heap', file],
    ]) {
      const { err: stderr, code } = await pageheap(command);
      expect(stderr).toMatch(/the page heap Moody threw in free: not today \(ERR_PAGE_HEAP\)/);
      expect(stderr).toContain('throws.mjs:3');
      expect(stderr).not.toContain('defect of pageheap');
      expect(code).toBe(1);
    }
  }, 60_000);

  it('holds one generation for all configurations that name none', async () => {
    const { out: stdout, code } = await pageheap([
      ...['compare', 'rsscurve', '--generation', 'treap', '--scale', '0.02', '--time-scale', '0'],
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
  }, 60_000);

  it('teaches with --help', async () => {
    const { out: stdout } = await pageheap(['compare', '--help']);
    for (const word of ['-c treap,advise=dontneed', 'rsscurve', '--page-heap', '--repeat'])
      expect(stdout).toContain(word);
  });
});
