/** Texts of /proc and /sys, which may not be there to be read. */
import { readFileSync } from 'node:fs';

/** The text of a file of /proc or /sys, or undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined;

export function readSystemText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
