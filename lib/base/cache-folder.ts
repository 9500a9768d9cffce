/**
 * The user's cache folder for pageheap: what can be made again, kept from one command to the next.
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Its path; it need not be there. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: cache = '' } = process.env;
  // A relative path in that variable does not count, by its specification.
  return join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'pageheap');
}
