/**
 * Text in lines of so many columns of a terminal.
 */
import { stripVTControlCharacters } from 'node:util';

/** Characters that a text takes on a terminal, its colour sequences not counted. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Breaks a text at spaces into lines of at most `width`; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** Beside a column that leaves less than this, a text begins on a line of its own. */
const leastBeside = 20;

/** A line that is too long: what stands in a second column stays in it, and a command is not broken. */
function wrapLine(line: string, width: number): string[] {
  const [, indent = '', rest = ''] = /^(\s*)(.*)$/.exec(line) ?? [];
  const [, first, gap = '', second = ''] = /^(.*?\S)(\s{2,})(\S.*)$/.exec(rest) ?? [];
  if (first === undefined)
    return rest.startsWith('$ ') ? [line] : wrap(rest, width - indent.length).map((one) => indent + one);
  const column = indent.length + widthOf(first) + gap.length;
  if (width - column >= leastBeside)
    return wrap(second, width - column).map((one, i) =>
      i === 0 ? `${indent}${first}${gap}${one}` : ' '.repeat(column) + one,
    );
  const deeper = `${indent}    `;
  return [`${indent}${first}`, ...wrap(second, width - deeper.length).map((one) => deeper + one)];
}

/**
 * A text of help, of paragraphs, lists and tables, in lines of at most `width`. What fits stays as it is; a paragraph with a line
 * that does not is broken anew. Commands, and words without a space, may be longer.
 */
export function wrapHelp(text: string, width: number): string {
  const fits = (line: string): boolean => widthOf(line) <= width;
  const isProse = (line: string | undefined): line is string =>
    line !== undefined && /^\S/.test(line) && !/\S\s{2,}\S/.test(line);
  const lines = text.split('\n');
  const made: string[] = [];
  for (let i = 0; i < lines.length; ) {
    let end = i;
    while (isProse(lines[end])) end++;
    if (end === i) {
      const line = lines[i++] ?? '';
      made.push(...(fits(line) ? [line] : wrapLine(line, width)));
    } else {
      const paragraph = lines.slice(i, end);
      made.push(...(paragraph.every(fits) ? paragraph : wrap(paragraph.join(' '), width)));
      i = end;
    }
  }
  return made.join('\n');
}
