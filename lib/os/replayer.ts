/**
 * The native replayer, a program that lies beside the addon, with which it is built; and the C library that it runs with.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { addonCandidates, buildCommand, libcFamily } from './addon.ts';

/** Its file. @throws PageHeapError ERR_ADDON if it is missing */
export function replayerFile(candidates: readonly string[] = addonCandidates()): string {
  const beside = candidates.map((file) => join(dirname(file), 'pageheap-replay'));
  const file = beside.find((path) => existsSync(path));
  if (file !== undefined) return file;
  throw new PageHeapError(
    'ERR_ADDON',
    `the replayer is not built: run \`${buildCommand()}\` (looked for ${beside.join(', ')})`,
  );
}

export { libcFamily };
