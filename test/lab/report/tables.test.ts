/** Tables of the report: which columns a narrow one drops, and what cells are sorted by. */
import { describe, expect, it } from 'vitest';
import { compareKeys, type SortKey, sortKey } from '../../../lib/lab/report/client/sort-key.ts';
import { droppingOrder, fittedTable, textWidth } from '../../../lib/lab/report/fitted-table.ts';

describe('a fitted table', () => {
  const columns = [
    { title: 'a', rank: 0, cells: [{ text: '1' }] },
    { title: 'much longer', rank: 2, cells: [{ text: '1,234,567' }] },
    { title: 'c', rank: 1, cells: [{ text: '2' }] },
    { title: 'd', rank: 2, cells: [{ text: '3' }] },
  ];

  it('drops the least important first, and of equals those further right', () => {
    expect(droppingOrder(columns)).toEqual([3, 1, 2, 0]);
  });

  it('has a rule for each column but the last, with falling bounds, and names what it drops', () => {
    const { html } = fittedTable({
      id: 'x',
      label: 'X',
      heads: { title: 'name', cells: [{ text: 'n' }] },
      columns,
    });
    const dropped = [...html.matchAll(/#x :is\(th, td\):nth-child\((\d)\)/g)].map(([, n]) => Number(n) - 2);
    expect(dropped).toEqual([3, 1, 2]);
    const bounds = [...html.matchAll(/@container \(width < calc\((.*?) \+ (\d+)px\)\)/g)].map(([, , px]) =>
      Number(px),
    );
    expect(bounds).toEqual([95, 95, 76, 57]);
    expect(html).toContain('<span>d</span> <span>much longer</span> <span>c</span>');
  });

  it('takes wide characters for wide', () => {
    expect(textWidth('30.5 MiB')).toBeGreaterThan(6.5);
    expect(textWidth('mm')).toBeGreaterThan(textWidth('11'));
  });
});

describe('what a cell is sorted by', () => {
  it.each<[string, SortKey]>([
    ['1,234', 1234],
    ['−1.5 KiB', -1536],
    ['2.00 MiB', 2 * 2 ** 20],
    ['850 ms', 0.85],
    ['3 min 20 s', 200],
    ['2 h 05 min', 7500],
    ['1:05', 65],
    ['2:00:01', 7201],
    ['12.4 %', 12.4],
    ['1.92 M', 1.92e6],
    ['40\u00a0MiB', 40 * 2 ** 20],
    ['end of replay', 'end of replay'],
    ['large', 'large'],
    ['–', undefined],
    ['', undefined],
  ])('%s', (text, key) => expect(sortKey(text)).toBe(key));

  it('puts less than a tenth before a tenth, and what is not known last either way', () => {
    expect(compareKeys(sortKey('< 0.1 %'), sortKey('0.1 %'), 1)).toBeLessThan(0);
    for (const direction of [1, -1] as const) {
      expect(compareKeys(undefined, 3, direction)).toBe(1);
      expect(compareKeys(3, undefined, direction)).toBe(-1);
    }
    expect(compareKeys(2, 10, -1)).toBeGreaterThan(0);
    expect(compareKeys('B', 'A', 1)).toBeGreaterThan(0);
  });
});
