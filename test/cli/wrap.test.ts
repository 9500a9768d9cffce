/** Help fits into its window: texts, lists and tables of it. */
import { describe, expect, it } from 'vitest';
import { wrapHelp } from '../../lib/cli/wrap.ts';
import { inProcess } from './in-process.ts';

describe('a text of help', () => {
  it('stays as it is where it fits', () => {
    const text = 'One line.\nAnother, short.\n\n  a     b\n  $ x   y\n';
    expect(wrapHelp(text, 20)).toBe(text);
  });

  it('a paragraph is broken anew, and its words stay', () => {
    expect(wrapHelp('a\n\none two three\nfour five', 12)).toBe('a\n\none two\nthree four\nfive');
  });

  it('what stands in a column stays in it; where there is no room it goes below', () => {
    expect(wrapHelp('  -x  some words that are many more', 28)).toBe(
      '  -x  some words that are\n      many more',
    );
    expect(wrapHelp('  --much-too-long-flag <n>  some words that are many', 30)).toBe(
      '  --much-too-long-flag <n>\n      some words that are many',
    );
  });

  it('a command is not broken', () => {
    expect(wrapHelp('  $ pageheap run one two three', 12)).toBe('  $ pageheap run one two three');
  });
});

const commands = [
  ...[
    'run',
    'compare',
    'grid',
    'record',
    'export',
    'diff',
    'question',
    'view',
    'report',
    'conform',
    'verify',
  ],
  ...['doctor', 'lab', 'grade', 'build', 'workloads', 'completion', 'grid merge', 'lab start', 'lab check'],
];

it.each(['', ...commands])('%s --help has no line above 80 columns but commands', async (command) => {
  const { out } = await inProcess([...command.split(' ').filter((word) => word !== ''), '--help']);
  expect(out.split('\n').filter((line) => line.length > 80 && !/^\s*\$ /.test(line))).toEqual([]);
});
