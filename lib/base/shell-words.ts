import { controlsShown } from './controls.ts';

/** A word in quotes; with control characters as their escapes, which bash, zsh and others read so. */
function quoted(word: string): string {
  const text = word.replaceAll("'", "'\\''");
  if (!/\p{Cc}/u.test(word)) return `'${text}'`;
  // By `\x` a shell means one byte, which these are not.
  const wide = (letter: string): string => `\\u00${letter.charCodeAt(0).toString(16)}`;
  return `$'${controlsShown(word.replace(/[\\']/g, '\\$&').replace(/[\x80-\x9f]/g, wide))}'`;
}

/** A command line as it can be typed: words that a shell would take apart are quoted. */
export function shellWords(...words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(' ');
}
