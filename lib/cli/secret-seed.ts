/**
 * The option `--secret-seed`: the secret itself, or the file that has it.
 */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { whileWaiting } from '../base/waits.ts';
import { fileError } from '../os/file-error.ts';

const leastCharacters = 8;

export const secretSeedOption = (what: string): Option => new Option('--secret-seed <text>', what);

/** The file that has it, if one has. */
export const secretFile = (given: string | undefined): string | undefined =>
  given?.startsWith('@') === true ? given.slice(1) : undefined;

/** @throws PageHeapError ERR_INVALID_OPTION for one that is too short, ERR_FILE for a file that cannot be read */
export function secretOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const file = secretFile(given);
  let secret = given;
  if (file !== undefined) {
    try {
      secret = whileWaiting(file, () => readFileSync(file, 'utf8')).trim();
    } catch (error) {
      throw fileError(file, error);
    }
  }
  if (secret.length >= leastCharacters) return secret;
  throw new PageHeapError('ERR_INVALID_OPTION', '--secret-seed: a secret has at least eight characters');
}
