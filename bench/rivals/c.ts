/**
 * The rival in C: the C library's malloc, and madvise with nothing around it.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Participant } from '../participant.ts';
import { caseWords } from '../participant.ts';

/** Compiles the program into `into`; undefined if there is no compiler, said by `warn`. */
export function buildC(sources: string, into: string, warn: (text: string) => void): Participant | undefined {
  const file = join(into, 'rival');
  const compiled = spawnSync('cc', ['-O2', '-std=c11', '-o', file, join(sources, 'rival.c')], {
    encoding: 'utf8',
  });
  if (compiled.status !== 0) {
    warn(
      compiled.error === undefined
        ? `the C program does not compile:\n${compiled.stderr.trim()}`
        : 'no C compiler was found',
    );
    return undefined;
  }
  const library = spawnSync('getconf', ['GNU_LIBC_VERSION'], { encoding: 'utf8' });
  return {
    id: 'c',
    title: `C, ${library.status === 0 ? library.stdout.trim() : 'the C library'}`,
    command(of) {
      if (of.name !== 'malloc' && of.name !== 'scavenge') return undefined;
      return { file, args: [of.name, ...caseWords(of)] };
    },
  };
}
