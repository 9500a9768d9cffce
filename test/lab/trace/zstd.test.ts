/** zstd streams as people have them: cut, with frames to skip, with a window for which there is no array, with gzip within. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FaultCounts } from '../../../lib/lab/trace/faults.ts';
import { OperationBatch } from '../../../lib/lab/trace/operations.ts';
import { TraceReader } from '../../../lib/lab/trace/reader.ts';
import { fileOf } from './support.ts';

const blockBytes = 100;

/** One frame of raw blocks, which is what no packer writes and every reader takes. @param window exponent above 10 */
function framed(bytes: Uint8Array, window = 11): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window << 3])];
  for (let at = 0; at === 0 || at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    const header = (block.length << 3) | (at + blockBytes >= bytes.length ? 1 : 0);
    parts.push(Buffer.from([header & 0xff, header >> 8, 0]), block);
  }
  return Buffer.concat(parts);
}
const skipped = (n: number): Buffer =>
  Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, n, 0, 0, 0]), Buffer.alloc(n, 7)]);

const lines = ['= Start', ...Array.from({ length: 100 }, (_, i) => `+ 0x${i + 1}000 0x40`), '= End', ''];
const text = Buffer.from(lines.join('\n'));
async function counts(bytes: Uint8Array): Promise<FaultCounts> {
  const reader = await TraceReader.open(fileOf(bytes, 'x.zst'));
  try {
    const batch = new OperationBatch();
    while (await reader.fill(batch)) if (batch.count === 0) throw new Error('an empty batch');
    return reader.faults;
  } finally {
    await reader.close();
  }
}

describe('a zstd stream', () => {
  it('that is cut off within a line tells that line once', async () => {
    const whole = framed(text);
    expect(await counts(whole)).toMatchObject({ cutLine: 0 });
    const cut = text.subarray(0, 5 * blockBytes).toString();
    expect(cut).toMatch(/[^\n]$/);
    expect(await counts(whole.subarray(0, 6 + 5 * (3 + blockBytes) + 1))).toMatchObject({
      cutLine: cut.split('\n').length,
    });
  });

  it('may begin with frames to be skipped', async () => {
    expect(await counts(Buffer.concat([skipped(4), framed(text), skipped(0)]))).toMatchObject({ cutLine: 0 });
  });

  it.each([
    [
      'cut before its data',
      framed(text).subarray(0, 12),
      'the compressed stream was cut off before anything',
    ],
    ['with nothing in it', framed(Buffer.alloc(0)), 'the file is compressed, and nothing is in it'],
    [
      'with a window of 2 GiB',
      framed(text, 21),
      'larger than can be had here; unpack it: zstd -dc --long=31 ',
    ],
    [
      'with gzip within',
      framed(gzipSync(text)),
      'gzipped, and then compressed with zstd; unpack it: zstd -dc ',
    ],
    [
      'with zstd within',
      framed(framed(text)),
      /compressed with zstd; unpack it: zstd -dc \S+ \| zstd -dc \|/,
    ],
  ])('%s is refused by what it is', async (_what, bytes, words) => {
    await expect(counts(bytes)).rejects.toThrow(words);
  });
});

it.each([
  ['no bytes', Buffer.alloc(0), 'the file is empty: mtrace writes'],
  ['zero bytes', Buffer.alloc(5000), 'the file has zero bytes only'],
  ['no bytes, gzipped', gzipSync(''), 'the file is compressed, and nothing is in it'],
  ['blank lines', Buffer.from('\n \n'), 'the file has blank lines only'],
])('a file of %s is told as that', async (_what, bytes, words) => {
  await expect(counts(bytes)).rejects.toThrow(words);
});
