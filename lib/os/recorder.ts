/**
 * The recorder, a library that is preloaded into programs, and the clock by which it tells time: the processor's counter.
 *
 * The library lies beside the addon, with which it is built.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { addonCandidates, buildCommand, loadAddon } from './addon.ts';

/** Its file. @throws PageHeapError ERR_ADDON if it is missing */
export function recorderLibrary(candidates: readonly string[] = addonCandidates()): string {
  const beside = candidates.map((file) => join(dirname(file), 'pageheap-record.so'));
  const file = beside.find((path) => existsSync(path));
  if (file !== undefined) return file;
  throw new PageHeapError(
    'ERR_ADDON',
    `the recorder is not built: run \`${buildCommand()}\` (looked for ${beside.join(', ')})`,
  );
}

/** The counter, and CLOCK_MONOTONIC in nanoseconds, read together. */
export function readCounter(): { readonly count: number; readonly ns: number } {
  const pair = new Float64Array(2);
  loadAddon().counter(pair);
  return { count: pair[0], ns: pair[1] };
}
