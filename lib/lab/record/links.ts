/** Symbolic links: where a name leads at last, also one of a file that is still to be made. */
import { readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The kernel follows as many links. */
const mostLinks = 40;

/** Where the links of a path lead, also if nothing is there. */
export function followLinks(path: string): string {
  let at = resolve(path);
  for (let n = 0; n < mostLinks; n++) {
    let link: string;
    try {
      link = readlinkSync(at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINVAL' || code === 'ENOENT') return at;
      throw error;
    }
    at = resolve(dirname(at), link);
  }
  return at;
}
