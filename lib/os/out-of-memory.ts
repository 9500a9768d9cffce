/**
 * The error for memory that is out: why, as far as it is known. Mappings are looked at before what the system said: the
 * kernel says ENOMEM for them, too.
 */
import { PageHeapError } from '../base/errors.ts';
import { errnoName } from './errno.ts';
import type { Sys } from './sys.ts';

/**
 * `message: ENOMEM`, with the errno of the last refusal, which counts as told from now on.
 * @param otherwise why, where the system refused nothing
 */
export function outOfMemory(sys: Sys, message: string, value: unknown, otherwise?: string): PageHeapError {
  const errno = sys.lastErrno;
  sys.forgetErrno();
  const why = sys.mappings.shortage() ?? (errno === 0 ? otherwise : errnoName(errno));
  return new PageHeapError('ERR_OUT_OF_MEMORY', why === undefined ? message : `${message}: ${why}`, {
    value,
    ...(errno === 0 ? {} : { errno }),
  });
}
