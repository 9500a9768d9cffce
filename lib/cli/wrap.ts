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
