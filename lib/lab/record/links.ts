/** Symbolic links: where a name leads at last, also one of a file that is still to be made. */
import { readlinkSync, realpathSync, statSync } from 'node:fs';
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

/**
 * The plain file that the name of a device or a descriptor stands for, as `/dev/fd/7` and `/dev/stdout`: there is nothing beside such a name. Any
 * other path, and the name of what is no file, stays as it is.
 */
export function plainFile(path: string): string {
  if (!/^\/(?:dev|proc)\//.test(resolve(path))) return path;
  try {
    const file = realpathSync(path);
    return statSync(file).isFile() ? file : path;
  } catch {
    return path;
  }
}
