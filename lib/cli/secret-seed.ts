/**
 * The option `--secret-seed`: the secret itself, or the file that has it.
 */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { fileError } from '../os/file-error.ts';

const leastCharacters = 8;

export const secretSeedOption = (what: string): Option => new Option('--secret-seed <text>', what);

/** @throws PageHeapError ERR_INVALID_OPTION for one that is too short, ERR_FILE for a file that cannot be read */
export function secretOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  let secret = given;
  if (given.startsWith('@')) {
    try {
      secret = readFileSync(given.slice(1), 'utf8').trim();
    } catch (error) {
      throw fileError(given.slice(1), error);
    }
  }
  if (secret.length >= leastCharacters) return secret;
  throw new PageHeapError('ERR_INVALID_OPTION', '--secret-seed: a secret has at least eight characters');
}
