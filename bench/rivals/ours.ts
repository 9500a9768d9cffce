/**
 * This project as a participant, and the bare loop of madvise in its own addon as another.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Participant } from '../participant.ts';
import { caseWords } from '../participant.ts';

/** Entries are found beside this file's folder as they were compiled: `ours/<case>.js`. */
export function ours(folder: string): Participant {
  return {
    id: 'ours',
    title: `pageheap on Node ${process.versions.node}`,
    command(of) {
      const file = join(folder, `${of.name}.js`);
      if (!existsSync(file)) return undefined;
      return { file: process.execPath, args: ['--expose-gc', file, ...caseWords(of)] };
    },
  };
}

/** The addon's own loop of madvise: what scavenging would cost with no policy at all. */
export function addon(folder: string): Participant {
  return {
    id: 'addon',
    title: 'a bare loop of madvise in the addon',
    command(of) {
      if (of.name !== 'scavenge') return undefined;
      return { file: process.execPath, args: [join(folder, 'madvise.js'), ...caseWords(of)] };
    },
  };
}
