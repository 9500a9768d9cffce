/**
 * Names as text: of a class, of a file, of a program. They may hold anything, and what a terminal obeys (colours, a bell, a new title) it
 * is to show.
 */

const hex = (letter: string): string => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** Control characters as their escapes, `\x1b[31mred`: those that end a line, too. */
export const controlsShown = (text: string): string => text.replace(/\p{Cc}/gu, hex);

/** As `controlsShown`, of a text that has lines and columns. */
export const controlsShownInLines = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, hex);

/** As `controlsShownInLines`, of one that has colours as well. */
export const controlsShownInColour = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one.
  text.replace(/\x1b\[[\d;]*m|[^\P{Cc}\n\t]/gu, (found) => (found.length > 1 ? found : hex(found)));
