import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { wholeNumber } from '../../lib/cli/arguments.ts';
import { type ChartPlace, type ChartPoint, drawChart, resample } from '../../lib/cli/chart.ts';
import { type Flag, flagsOf, parseFlag } from '../../lib/cli/declared-options.ts';
import { drawGroups, drawTable, fits } from '../../lib/cli/table.ts';
import { Terminal, usesColor } from '../../lib/cli/terminal.ts';
import { widthOf, wrap } from '../../lib/cli/wrap.ts';
import { heapOptions } from '../../lib/design/options.ts';
import { traceOptions } from '../../lib/lab/subject/subject-options.ts';

const plain = picocolors.createColors(false);
const coloured = picocolors.createColors(true);

function streamOf(isTTY: boolean, columns?: number) {
  return { isTTY, ...(columns === undefined ? {} : { columns }), write: () => true };
}

describe('colour', () => {
  it.each([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['no terminal, under CI', false, { CI: '1' }, false],
    ['a terminal, NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['a terminal, empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['no terminal, FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
    ['a terminal, FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['both', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ])('%s', (_what, isTTY, env, wanted) => {
    expect(usesColor(streamOf(isTTY), env)).toBe(wanted);
  });

  it('is decided for each stream alone', () => {
    const terminal = new Terminal(streamOf(false), streamOf(true, 100), {});
    expect(terminal.outColors.red('x')).toBe('x');
    expect(terminal.errColors.red('x')).not.toBe('x');
    expect([terminal.columnsOf(terminal.out), terminal.columnsOf(terminal.err)]).toEqual([80, 100]);
  });
});

describe('a table', () => {
  const shape = {
    head: ['', 'heap', 'kernel'],
    numeric: [1],
    rows: [
      ['in use', '307 MiB', 'what the heap holds for objects at this very moment'],
      ['released', '12 KiB', coloured.red('gone')],
    ],
  };

  it.each([200, 80, 60])('fits %i columns, ruled', (columns) => {
    const lines = drawTable(shape, columns, plain).split('\n');
    expect(lines[0].startsWith('┌')).toBe(true);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(new Set(lines.map(widthOf)).size).toBe(1);
  });

  it.each([45, 30])('becomes a list in %i columns', (columns) => {
    const text = drawTable(shape, columns, plain);
    expect(text).not.toContain('┌');
    expect(text).toMatch(/^in use:/);
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  it('says the same at every width', () => {
    for (const columns of [200, 60, 30]) {
      const words = drawTable(shape, columns, plain)
        .replaceAll(/[^\w ]+/g, ' ')
        .split(/\s+/);
      for (const word of ['released', '307', 'MiB', 'moment']) expect(words).toContain(word);
    }
  });

  it('wraps at spaces', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('aaaaaaa b', 5)).toEqual(['aaaaaaa', 'b']);
    expect(wrap('', 5)).toEqual(['']);
  });
});

describe('a table whose cells have lines', () => {
  const shape = {
    head: ['', 'a', 'b'],
    numeric: [1, 2],
    rows: [['RSS peak', '7.94 MiB\n± 45.4 KiB', '8.58 MiB\n± 10.1 KiB']],
  };

  it('is as wide as its longest line, and breaks none', () => {
    const width = 40;
    expect(fits(shape, width)).toBe(true);
    const text = drawTable(shape, width, plain);
    expect(text).toMatch(/│ RSS peak │ {3}7.94 MiB │ {3}8.58 MiB │/);
    expect(text).toMatch(/│ {10}│ ± 45.4 KiB │ ± 10.1 KiB │/);
  });

  it('has no colour where it has no title', () => {
    const [, head] = drawTable(shape, 40, coloured).split('\n');
    expect(head.startsWith('│          │')).toBe(true);
    expect(head).toContain(coloured.bold('a'));
  });
});

describe('a table turned round', () => {
  const shape = {
    head: ['', 'lists', 'treap,advise=dontneed,huge-page-hints=off'],
    rows: [
      ['RSS peak', '7.94 MiB ± 45.4 KiB', '8.71 MiB'],
      ['faults', '–', '9,130'],
    ],
  };

  it('has a line for each column, aligned', () => {
    expect(drawGroups(shape, 70, plain).split('\n')).toEqual([
      'RSS peak',
      '  lists                                      7.94 MiB ± 45.4 KiB',
      '  treap,advise=dontneed,huge-page-hints=off             8.71 MiB',
      'faults',
      '  lists                                                        –',
      '  treap,advise=dontneed,huge-page-hints=off                9,130',
    ]);
    expect(drawGroups(shape, 70, coloured)).toContain(coloured.bold('faults'));
  });

  it('breaks a title that is too long, a figure never', () => {
    expect(drawGroups(shape, 46, plain).split('\n').slice(0, 4)).toEqual([
      'RSS peak',
      '  lists                    7.94 MiB ± 45.4 KiB',
      '  treap,advise=dontneed,              8.71 MiB',
      '  huge-page-hints=off',
    ]);
    for (const line of drawGroups(shape, 40, plain).split('\n'))
      expect(widthOf(line)).toBeLessThanOrEqual(40);
  });
});

describe('a chart', () => {
  const points: ChartPoint[] = Array.from({ length: 400 }, (_, i) => ({
    t: i * 100,
    inuse: i * 2 ** 20,
    rss: i === 200 ? 2 ** 30 : 0,
  }));

  const place = (columns: number, hasColors: boolean): ChartPlace => ({
    columns,
    height: 8,
    hasColors,
    colors: hasColors ? coloured : plain,
  });

  it('marks where no sample was taken', () => {
    const broken = points.filter(({ t }) => t <= 10_000 || t >= 30_000);
    const lines = drawChart(broken, [{ from: 10_000, to: 30_000 }], place(80, false)).split('\n');
    const row = lines.find((line) => line.startsWith('no sample'));
    expect(row?.match(/×+/)?.[0].length).toBeGreaterThan(30);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });

  it('shows what is in use where nobody knows what is resident', () => {
    const unknown = points.map((point) => ({ ...point, rss: null }));
    for (const hasColors of [false, true]) {
      const text = drawChart(unknown, [], place(80, hasColors));
      expect(text).toContain('in use over time');
      expect(text).toContain('399 MiB');
    }
  });

  it('keeps a peak that one sample alone saw', () => {
    expect(Math.max(...resample(points, 20, (p) => p.rss ?? 0))).toBe(2 ** 30);
  });

  it('holds the last value where no sample was taken', () => {
    const sparse = [points[0], points[399]];
    expect(resample(sparse, 4, (p) => p.inuse ?? 0)).toEqual([0, 0, 0, 399 * 2 ** 20]);
  });

  it.each([40, 80, 200])('fits %i columns', (columns) => {
    for (const hasColors of [false, true]) {
      const text = drawChart(points, [], place(columns, hasColors));
      for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      expect(text).toContain('1.00 GiB');
      expect(text.includes('[31m')).toBe(hasColors);
    }
  });

  it('is not drawn of nothing, nor in no room', () => {
    expect(drawChart([points[0]], [], place(80, false))).toBe('');
    expect(drawChart(points, [], place(20, false))).toBe('');
  });

  it('bears a run in which nothing was ever in use', () => {
    const still = points.map(({ t }) => ({ t, inuse: 0, rss: 0 }));
    expect(drawChart(still, [], place(80, true))).toContain('39.9 s');
  });
});

describe('option values', () => {
  type Parse = (text: string) => unknown;
  const parserOf =
    (name: string): Parse =>
    (text) =>
      parseFlag(flagsOf({ ...heapOptions, ...traceOptions }).find((f) => f.key === name) as Flag, text);
  const [seconds, gcPercent, memoryLimit] = ['seconds', 'gcPercent', 'memoryLimit'].map(parserOf) as [
    Parse,
    Parse,
    Parse,
  ];

  it.each([
    [seconds, '0', 0],
    [seconds, '2.5', 2.5],
    [wholeNumber(1, 5), '5', 5],
    [gcPercent, 'off', -1],
    [gcPercent, '50', 50],
    [memoryLimit, '1GiB', 2 ** 30],
  ])('%o takes %j', (parse, text, wanted) => {
    expect(parse(text)).toBe(wanted);
  });

  it.each([
    [seconds, '-1'],
    [seconds, 'NaN'],
    [seconds, 'Infinity'],
    [seconds, '1e9'],
    [seconds, ''],
    [wholeNumber(1, 5), '0'],
    [wholeNumber(1, 5), '6'],
    [wholeNumber(1, 5), '1.5'],
    [gcPercent, '5%'],
    [memoryLimit, '10MB'],
    [memoryLimit, '-1'],
  ])('%o refuses %j', (parse, text) => {
    expect(() => parse(text)).toThrow(/^It takes /);
  });
});
