/**
 * What the documents say that an example prints: a `js` block and the `text` block after it.
 *
 * The first line of a `text` block says how far it holds:
 *   ```text                       printed as it stands
 *   ```text varies: ms, cycle     numbers before `ms` and those after `cycle` are the machine's; all else as it stands
 *   ```text abridged              `…` on a line of its own stands for lines that are left out
 */

export interface PrintedBlock {
  readonly line: number;
  readonly code: string;
  /** What the document says; undefined where it shows no output. */
  readonly printed: string | undefined;
  /** What stands behind `text`. */
  readonly mark: string;
}

const pattern = /^```js\n(.*?)^```\n(?:\n```text *([^\n]*)\n(.*?)^```\n)?/gms;

export function printedBlocks(document: string): PrintedBlock[] {
  return [...document.matchAll(pattern)].map(({ 1: code, 2: mark, 3: printed, index }) => ({
    line: document.slice(0, index).split('\n').length,
    code,
    printed,
    mark: mark ?? '',
  }));
}

/** A text in which every number that varies is `#`. */
function masked(text: string, mark: string): string {
  const words = /^varies: (.*)$/.exec(mark)?.[1].split(', ') ?? [];
  return words.reduce((rest, word) => {
    const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return rest
      .replace(new RegExp(`[\\d.+/]+(?= ?${escaped}(?!\\w))`, 'g'), '#')
      .replace(new RegExp(`(?<=(?<!\\w)${escaped}(?:":| ))[\\d.]+`, 'g'), '#');
  }, text);
}

/** The lines of `actual` that an abridged text shows: those with the same words, in the same order. */
function shown(actual: string, printed: string): string {
  const lines = actual.split('\n');
  const words = (line: string): string => line.replace(/^ *[\da-f]+ +\d+ /, '');
  let at = 0;
  return printed
    .split('\n')
    .map((line) => {
      if (line.trim() === '…') return line;
      const found = lines.findIndex((one, i) => i >= at && words(one) === words(line));
      if (found < 0) return line;
      at = found + 1;
      return lines[found];
    })
    .join('\n');
}

/** Both texts as they are compared: equal if the document tells the truth. */
export function compared({ printed = '', mark }: PrintedBlock, actual: string): [said: string, is: string] {
  if (mark === 'abridged') return [printed, shown(actual, printed)];
  return [masked(printed, mark), masked(actual, mark)];
}

/** The document with what a block really printed. */
export function corrected(document: string, block: PrintedBlock, actual: string): string {
  if (block.printed === undefined) return document;
  const now = block.mark === 'abridged' ? shown(actual, block.printed) : actual;
  return document.replace(
    `${block.code}\`\`\`\n\n\`\`\`text${block.mark && ` ${block.mark}`}\n${block.printed}`,
    () => `${block.code}\`\`\`\n\n\`\`\`text${block.mark && ` ${block.mark}`}\n${now}`,
  );
}
