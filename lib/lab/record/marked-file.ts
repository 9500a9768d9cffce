/**
 * Files of JSON that say what they are: an object whose member `format` is a certain text. The index of a comparison and the
 * plan of a grid are such.
 */
import { readFileSync } from 'node:fs';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import { isJsonObject, type JsonObject, memberFault, type Shape } from './shapes.ts';

export interface Mark {
  readonly format: string;
  /** In words: `a grid`. */
  readonly kind: string;
  /** The file, in words: `the plan of a grid`. */
  readonly called: string;
  /** What its members must be. */
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** @throws PageHeapError ERR_FILE where it cannot be read, ERR_RUN_FILE for what is no such file */
export function readMarked(path: string, { format, kind, called, shapes }: Mark): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new PageHeapError('ERR_RUN_FILE', 'not JSON', { file: path, cause });
    throw fileError(path, cause);
  }
  if (!isJsonObject(value) || value.format !== format)
    throw new PageHeapError('ERR_RUN_FILE', `not ${kind} of format ${format}`, { file: path });
  const fault = memberFault(shapes, value);
  if (fault !== undefined)
    throw new PageHeapError('ERR_RUN_FILE', `${called} needs ${fault}`, { file: path });
  return value;
}
