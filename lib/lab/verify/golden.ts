/**
 * Reads golden traces: one JSON value a line, plain or gzipped, as a stream, so that memory does not
 * grow with the file. What is malformed is `ERR_GOLDEN` with file and line; a file that cannot be
 * opened or read is `ERR_FILE`.
 *
 * Not here: what the lines mean (radix.ts and its neighbours).
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { PageHeapError } from '../../base/errors.ts';

export interface GoldenLine {
  /** Counted from 1. */
  readonly line: number;
  readonly value: unknown;
}

/** A line of a golden trace that is not what it should be: ERR_GOLDEN. */
export function goldenError(file: string, line: number, message: string, value?: unknown): PageHeapError {
  return new PageHeapError('ERR_GOLDEN', message, { file, line, value });
}

/** @throws ERR_FILE for a pipe or a device, which is read only once and may have no end */
async function isGzip(file: string): Promise<boolean> {
  const stats = await stat(file);
  if (stats.isFIFO() || stats.isSocket() || stats.isCharacterDevice())
    throw new PageHeapError('ERR_FILE', 'a pipe or a device: save what it gives as a file first', { file });
  const handle = await open(file, 'r');
  try {
    const head = new Uint8Array(2);
    const { bytesRead } = await handle.read(head, 0, 2, 0);
    return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function parse(file: string, line: number, text: string): GoldenLine {
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch (cause) {
    throw new PageHeapError('ERR_GOLDEN', 'not a JSON value', {
      file,
      line,
      value: text.slice(0, 200),
      cause,
    });
  }
}

/** The values of a golden trace in order. Empty lines are passed over. */
export async function* readGolden(file: string): AsyncGenerator<GoldenLine> {
  let compressed: boolean;
  try {
    compressed = await isGzip(file);
  } catch (cause) {
    if (cause instanceof PageHeapError) throw cause;
    throw new PageHeapError('ERR_FILE', 'cannot be read', { file, cause });
  }
  const source = createReadStream(file);
  const stream = compressed ? source.pipe(createGunzip()) : source;
  if (compressed) source.on('error', (error) => stream.destroy(error));
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 0;
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      let next: IteratorResult<Buffer>;
      try {
        next = await chunks.next();
      } catch (cause) {
        const code = compressed ? 'ERR_GOLDEN' : 'ERR_FILE';
        const message = compressed ? 'a broken gzip stream' : 'cannot be read';
        throw new PageHeapError(code, message, { file, line: line + 1, cause });
      }
      if (next.done === true) break;
      const lines = (rest + decoder.write(next.value)).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) {
        line++;
        if (text.trim() !== '') yield parse(file, line, text);
      }
    }
    rest += decoder.end();
    if (rest.trim() !== '') yield parse(file, line + 1, rest);
  } finally {
    stream.destroy();
    source.destroy();
  }
}
