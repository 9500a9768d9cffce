/** Names of classes and files with control characters are shown, on a terminal, in JSON and on a page; none is obeyed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isWhole, those } from '../support/extent.ts';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-names-'));
afterAll(() => rmSync(folder, { recursive: true }));

const firstFit = new URL('../../examples/first-fit.mjs', import.meta.url).href;
const own = (base: string): string =>
  `export default class extends ${base} { static name = '\\x1b[31mred\\n\\x07\\x1b]0;title\\x07'; }\n`;
writeFileSync(
  join(folder, 'plain.mjs'),
  `import FirstFit from ${JSON.stringify(firstFit)};\n${own('FirstFit')}`,
);
const colourful = 'bl\x1b[34mue\x07\x1b[2J';
writeFileSync(join(folder, `${colourful}.mjs`), readFileSync(join(folder, 'plain.mjs')));
writeFileSync(
  join(folder, 'policy.mjs'),
  own('(class { constructor() { throw new Error(1); } onTime() {} })'),
);
const trace = `${colourful}.mtrace`;
writeFileSync(join(folder, trace), '= Start\n@ ./a:[0x1] + 0x5000 0x100\n@ ./a:[0x1] - 0x5000\n');

/** The control characters of a text that a terminal would obey, but for ends of lines and the colours of here. */
const obeyed = (text: string): string[] =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  [...text.replace(/\x1b\[(?:0|[0-9]{1,2})m/g, '').matchAll(/[^\P{Cc}\n\t]/gu)].map(([letter]) =>
    JSON.stringify(letter),
  );

const short = ['--duration', '0', '--idle', '0', '--out'];
const module = ['--page-heap', `${colourful}.mjs`];
const commands = {
  run: ['run', trace, ...module, ...short, `runs-${colourful}`],
  'run, JSON': ['run', trace, ...module, '--json', ...short, `json-${colourful}`],
  compare: ['compare', trace, ...module, '-c', 'radix', '-r', '1', ...short, `compared-${colourful}`],
  grid: ['grid', trace, ...module, '--gogc', '50,100', '-r', '1', ...short, `grid-${colourful}`],
  'a failing policy': ['run', trace, '--scavenge-policy', 'policy.mjs', ...short, 'failed'],
  'no such file': ['run', `${colourful}.none`],
};

describe('in colour', () => {
  // The pages that are looked at below are of these.
  it.each(those(Object.entries(commands), ([name]) => name !== 'run, JSON'))('%s', async (name, args) => {
    const { out, err } = await inProcess(args, { cwd: folder, env: { FORCE_COLOR: '1' } });
    expect(obeyed(out + err)).toEqual([]);
    // The colours of here end; those of names would not.
    for (const begin of ['\x1b[31mred', '\x1b[34mue']) expect(out + err).not.toContain(begin);
    if (name === 'run') expect(err).toContain('\\x1b[31mred\\x0a\\x07\\x1b]0;title\\x07 has not passed');
    if (name === 'a failing policy') expect(err).toContain('the scavenge policy \\x1b[31mred\\x0a\\x07');
  });

  it('pages', () => {
    const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.html'),
    );
    expect(pages.length).toBeGreaterThanOrEqual(3);
    for (const page of pages) expect(obeyed(readFileSync(join(folder, page), 'utf8'))).toEqual([]);
  });

  it('report, diff and export of a folder with such a name', async () => {
    const runs = join(folder, `runs-${colourful}`);
    const [file = ''] = readdirSync(runs).filter((one) => one.endsWith('.jsonl'));
    for (const args of [
      ['report', file],
      ['diff', file, file],
      ['export', file],
    ])
      expect(
        obeyed(Object.values(await inProcess(args, { cwd: runs, env: { FORCE_COLOR: '1' } })).join('')),
      ).toEqual([]);
  });
});

it.runIf(isWhole)('conform', async () => {
  const { out, err } = await pageheap(['conform', 'plain.mjs', '--runs', '2'], { cwd: folder });
  expect(obeyed(out + err)).toEqual([]);
});
