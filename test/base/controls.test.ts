/** Names that a terminal would obey. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { controlsShown, controlsShownInColour, controlsShownInLines } from '../../lib/base/controls.ts';
import { nameOfClass } from '../../lib/base/describe.ts';
import { shellWords } from '../../lib/base/shell-words.ts';
import { escapeHtml } from '../../lib/lab/report/html.ts';

const name = '\x1b[31mred\n\t\x07\x9b2J é→';

it.each([
  ['a name', controlsShown, '\\x1b[31mred\\x0a\\x09\\x07\\x9b2J é→'],
  ['lines', controlsShownInLines, '\\x1b[31mred\n\t\\x07\\x9b2J é→'],
  ['lines with colours', controlsShownInColour, '\x1b[31mred\n\t\\x07\\x9b2J é→'],
  ['a page', escapeHtml, '\\x1b[31mred\n\t\\x07\\x9b2J é→'],
] as const)('%s', (_, of, shown) => {
  expect(of(name)).toBe(shown);
});

it('a sequence that is no colour is obeyed nowhere', () => {
  for (const sequence of ['\x1b]0;title\x07', '\x1b[2J', '\x1b[1;1H', '\x1bc', '\x1b[?25l', '\r'])
    expect(controlsShownInColour(sequence)).not.toMatch(/\p{Cc}/u);
});

it('a class has a name without them', () => {
  expect(nameOfClass({ name })).toBe(controlsShown(name));
});

it('a command that names such a file can be typed', () => {
  for (const word of ["it's\x1b[31m\\x41\x07", '\n', 'a\tb', '\x9bé']) {
    const typed = shellWords('printf', '%s', word);
    expect(typed).not.toMatch(/\p{Cc}/u);
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    expect(execFileSync('bash', ['-c', typed], { encoding: 'utf8', env })).toBe(word);
  }
});
