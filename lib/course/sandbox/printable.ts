/**
 * What a hand-in says, so that a terminal and a page can print it: it may hold anything, and a message with control
 * sequences would write over the grade that stands above it.
 *
 * Control characters, and those that turn the direction of a text, become their escapes (`\u{1b}`).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const unprintable = /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export const printable = (text: string): string =>
  text.replace(unprintable, (letter) =>
    letter === '\n' ? '\\n' : letter === '\t' ? ' ' : `\\u{${letter.charCodeAt(0).toString(16)}}`,
  );

/** Reads JSON of a hand-in's process; of what it says all is printable. Most is numbers, and needs no second look. */
export function parsePrintable(text: string): unknown {
  if (!text.includes('\\') && text.search(unprintable) < 0) return JSON.parse(text);
  return JSON.parse(text, (_name, value: unknown) => (typeof value === 'string' ? printable(value) : value));
}
