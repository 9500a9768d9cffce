import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { OperationBatch } from '../../../lib/lab/trace/operations.ts';
import { forEachBatch, measureTrace, TraceReader } from '../../../lib/lab/trace/reader.ts';
import { isWhole, those } from '../../support/extent.ts';
import { heldByBuffers } from '../../support/garbage.ts';
import { known } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-reader-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function file(bytes: string | Uint8Array): string {
  const path = join(folder, `${++files}.trace`);
  writeFileSync(path, bytes);
  return path;
}

async function opsOf(path: string): Promise<number> {
  let ops = 0;
  await forEachBatch(path, (batch) => {
    ops += batch.count;
  });
  return ops;
}

/** Operations, and the faults that were counted. */
async function readAll(path: string, strict = false): Promise<[number, Record<string, number>]> {
  const reader = await TraceReader.open(path, strict);
  const batch = new OperationBatch();
  let ops = 0;
  try {
    while (await reader.fill(batch)) ops += batch.count;
    return [ops, known(reader.faults)];
  } finally {
    await reader.close();
  }
}

const text = `= Start\n${Array.from({ length: 20_000 }, (_, i) => `@ prog:[0x1] + 0x${(i + 1).toString(16)}0 0x${i.toString(16)}\n`).join('')}= End\n`;

describe('reading a trace', () => {
  it('knows compression by content, not by name', async () => {
    expect(await opsOf(file(text))).toBe(20_000);
    expect(await opsOf(file(gzipSync(text)))).toBe(20_000);
  });

  it('reads what several gzip members make together', async () => {
    const half = text.length >> 1;
    expect(
      await opsOf(file(Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]))),
    ).toBe(20_000);
  });

  it('says how far it is', async () => {
    const packed = gzipSync(text);
    const path = file(packed);
    const reader = await TraceReader.open(path);
    const batch = new OperationBatch(100);
    expect([reader.size, reader.format, reader.lines]).toEqual([packed.length, undefined, 0]);
    expect(await reader.fill(batch)).toBe(true);
    expect([reader.format, reader.lines, batch.count, batch.lineOf(0)]).toEqual(['mtrace', 101, 100, 2]);
    while (await reader.fill(batch)) expect(reader.consumed).toBeLessThanOrEqual(packed.length);
    expect([reader.lines, reader.consumed]).toEqual([20_002, packed.length]);
    expect(await reader.fill(batch)).toBe(false);
    await reader.close();
  });

  it.each([2, 17, 1000, 20_000])(
    'a gzip stream that ends early, %i bytes before its end, counts as far as it goes',
    async (missing) => {
      const packed = gzipSync(text);
      const path = file(packed.subarray(0, packed.length - missing));
      const [ops, faults] = await readAll(path);
      const line = faults.gzipCutLine ?? 0;
      // The less is missing, the further it came.
      expect(line).toBeGreaterThan(missing < 1000 ? 19_000 : 1);
      expect(line).toBeLessThanOrEqual(20_003);
      expect([ops, faults]).toEqual([Math.min(20_000, line - 2), { gzipCutLine: line }]);
      await expect(readAll(path, true)).rejects.toMatchObject({
        code: 'ERR_TRACE',
        file: path,
        line,
        message: expect.stringContaining('the gzip stream was cut off at this line or after it'),
      });
    },
  );

  it('a gzip stream that was cut off counts as far as it goes, at every byte', async () => {
    const part = text.slice(0, 6000);
    // The second one ends within a member, and once between two.
    const halves = Buffer.concat([gzipSync(part.slice(0, 2000)), gzipSync(part.slice(2000))]);
    for (const packed of [gzipSync(part), halves]) {
      let before = 0;
      for (let n = 1; n < packed.length; n += n < 200 || packed.length - n < 20 ? 1 : 37) {
        const path = file(packed.subarray(0, n));
        const outcome = await readAll(path).catch((error: Error) => error.message);
        if (typeof outcome === 'string') {
          expect(outcome).toContain('the gzip stream was cut off before anything can be unpacked');
          expect(before).toBe(0);
          continue;
        }
        const [ops, { gzipCutLine = 0, cutLine = 0, noOperations: _none, ...others }] = outcome;
        expect(ops).toBeGreaterThanOrEqual(before);
        expect(others).toEqual({});
        // The line after the last whole one; the mark is the first.
        expect(gzipCutLine + cutLine).toBe(ops === 0 ? gzipCutLine || 1 : ops + 2);
        before = ops;
      }
      expect(before).toBeGreaterThan(150);
    }
  });

  it('gzip members may end at any byte of a piece', async () => {
    const body = `= Start\n${'+ 0x10 0x20\n- 0x10\n'.repeat(1600)}`;
    const second = gzipSync('- 0x20\n'.repeat(100));
    for (const length of [-2, -1, 0, 1, 2].map((d) => 32 * 1024 + d)) {
      // Not compressed, so that blank lines make it as long as wanted.
      const first = gzipSync(body + '\n'.repeat(length - gzipSync(body, { level: 0 }).length), { level: 0 });
      expect(first.length).toBe(length);
      expect(await readAll(file(Buffer.concat([first, second])))).toEqual([3300, {}]);
      expect(await readAll(file(Buffer.concat([first, Buffer.alloc(100)])))).toEqual([3200, {}]);
      const path = file(Buffer.concat([first, Buffer.from('no gzip at all')]));
      await expect(readAll(path)).rejects.toThrow(/broken at this line or after it: what follows is no gzip/);
    }
  });

  it('a file counts as it was when it was opened', async () => {
    const lines = '+ 0x10 0x20\n- 0x10\n'.repeat(20_000);
    const path = file(`= Start\n${lines}`);
    const readWhile = async (act: () => void, strict = false): Promise<[number, Record<string, number>]> => {
      const reader = await TraceReader.open(path, strict);
      const batch = new OperationBatch();
      let ops = 0;
      try {
        while (await reader.fill(batch)) {
          if (ops === 0) act();
          ops += batch.count;
        }
        return [ops, known(reader.faults)];
      } finally {
        await reader.close();
      }
    };
    const grow = (): void => appendFileSync(path, '- 0x30\n'.repeat(10));
    expect(await readWhile(grow)).toEqual([40_000, { grownBytes: 70 }]);
    await expect(readWhile(grow, true)).rejects.toThrow(/:40012: the file grew while it was read/);
    const [ops, faults] = await readWhile(() => truncateSync(path, 300_001));
    expect([ops, faults]).toEqual([31_578, { lostBytes: 80_147, cutLine: 31_580 }]);
    expect(await measureTrace(path, undefined, 8 + 19 * 10)).toEqual({ lines: 21, ops: 20 });
  });

  it('a gzip stream with wrong bytes names the line after the last sound one', async () => {
    const packed = gzipSync(text);
    packed.fill(0xff, packed.length >> 1, (packed.length >> 1) + 64);
    const path = file(packed);
    const failure = await opsOf(path).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_TRACE', file: path });
    const { line } = failure as { line: number };
    expect(line).toBeGreaterThan(5_000);
    expect(line).toBeLessThan(15_000);
  });

  it('a wrong checksum is an error too', async () => {
    const packed = gzipSync(text);
    packed[packed.length - 8] ^= 1;
    const failure = await opsOf(file(packed)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'ERR_TRACE',
      message: expect.stringContaining('incorrect data check'),
    });
    expect((failure as { line: number }).line).toBeGreaterThan(10_000);
  });

  it.each([
    ['compressed with xz; unpack it: xz -dc', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ['compressed with lzma; unpack it: xz -dc', [0x5d, 0, 0, 0x80, 0, 0xff, 0xff]],
    ['text in UTF-32; turn it into UTF-8: iconv -f UTF-32 -t UTF-8', [0xff, 0xfe, 0, 0, 0x3d, 0, 0, 0]],
    ['text in UTF-32; turn it into UTF-8: iconv -f UTF-32 -t UTF-8', [0, 0, 0xfe, 0xff, 0, 0, 0, 0x3d]],
    ['a zip archive; unpack it: unzip -p', [0x50, 0x4b, 3, 4, 0]],
    ['a program, a library or a core dump (ELF)', [0x7f, 0x45, 0x4c, 0x46, 2, 1]],
  ])('says that it is %s', async (words, bytes) => {
    await expect(opsOf(file(Uint8Array.from(bytes)))).rejects.toMatchObject({
      code: 'ERR_TRACE',
      line: 1,
      message: expect.stringContaining(`no trace; it seems to be ${words}`),
    });
  });

  it.each<[string, string, Buffer]>([
    ['gzipped twice; unpack it: gunzip -c', 'FILE | pageheap run -', gzipSync(gzipSync(text))],
    [
      'compressed with xz; unpack it: gunzip -c',
      'FILE | xz -dc | pageheap run -',
      gzipSync(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])),
    ],
    [
      'a zip archive; take it out of its gzip stream first (gunzip -c), then unpack it: unzip -p',
      'FILE',
      gzipSync('PK\x03\x04\n'),
    ],
  ])('says of what is in a gzip stream that it is %s', async (words, rest, bytes) => {
    const path = file(bytes);
    await expect(opsOf(path)).rejects.toMatchObject({
      code: 'ERR_TRACE',
      line: 1,
      message: expect.stringContaining(`no trace; it seems to be ${words} ${rest.replace('FILE', path)}`),
    });
  });

  const endless: readonly (readonly [string, string])[] = [
    ['zeros', 'cat /dev/zero'],
    ['blank lines', "yes ''"],
    ['comments', "yes '# not yet'"],
    ['lines after a mark', '(echo = Start; yes nothing)'],
  ];
  it.each(those(endless, ([what]) => what === 'blank lines' || what === 'lines after a mark'))(
    'a pipe without end and without an operation: %s',
    async (_what, command) => {
      const pipe = join(folder, `pipe-${command.length}`);
      execFileSync('mkfifo', [pipe]);
      // It ends by the pipe that nobody reads any more.
      const writer = spawn('bash', ['-c', `${command} > ${pipe}`], { stdio: 'ignore' });
      const ended = new Promise((done) => writer.once('close', done));
      await expect(opsOf(pipe)).rejects.toMatchObject({
        code: 'ERR_TRACE',
        file: pipe,
        message: expect.stringContaining('neither a recording, mtrace text nor another trace'),
      });
      await ended;
    },
  );

  it('a device that gives zeros without end', async () => {
    await expect(opsOf('/dev/zero')).rejects.toMatchObject({
      code: 'ERR_FILE',
      file: '/dev/zero',
      message: expect.stringContaining('a device that gives zeros'),
    });
    await expect(opsOf('/dev/null')).rejects.toThrow(/the file is empty/);
    // A file may hold as many, and go on.
    const hole = Buffer.alloc(9 * 1024 * 1024);
    expect(await readAll(file(Buffer.concat([hole, Buffer.from('- 0x10\n')])))).toEqual([
      1,
      { holeBytes: hole.length },
    ]);
  });

  it('a link that leads nowhere, and an empty name', async () => {
    const link = join(folder, 'dangling');
    symlinkSync('not-there', link);
    await expect(opsOf(link)).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: `${link}: a link that leads nowhere: there is no file not-there`,
    });
    await expect(opsOf('')).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: 'the name of the file is empty',
    });
  });

  it('an empty file, and two bytes', async () => {
    await expect(opsOf(file(''))).rejects.toMatchObject({ code: 'ERR_TRACE', line: 1 });
    expect(await readAll(file('= '))).toEqual([0, { cutLine: 1, noOperations: 1 }]);
    expect(await readAll(file('= Start\n= End\n'))).toEqual([0, { noOperations: 1 }]);
    await expect(readAll(file('= Start\n= End\n'), true)).rejects.toThrow(/:2: the trace has no operation/);
  });

  it('a file that is not there, and a folder', async () => {
    const missing = join(folder, 'none');
    await expect(opsOf(missing)).rejects.toMatchObject({ code: 'ERR_FILE', file: missing });
    await expect(opsOf(folder)).rejects.toMatchObject({ code: 'ERR_FILE', file: folder });
  });

  it('keeps memory flat in the length of the trace', async () => {
    // Copies of a real trace as gzip members: 10 MB of text; 66 MB where everything is tried.
    const git = readFileSync('traces/git.mtrace.gz');
    const copies = isWhole ? 200 : 30;
    const path = file(Buffer.concat(Array.from({ length: copies }, () => git)));
    let ops = 0;
    let batches = 0;
    // What is made once, at the first use, is there.
    await forEachBatch('traces/git.mtrace.gz', () => undefined);
    const before = heldByBuffers();
    let most = 0;
    await forEachBatch(path, (batch) => {
      ops += batch.count;
      if (batches++ % 20 === 0) most = Math.max(most, heldByBuffers());
    });
    expect([ops, batches > copies]).toEqual([copies * 8655, true]);
    expect(most - before).toBeLessThan(6 * 2 ** 20);
  });
});

describe('measuring a trace', () => {
  it('counts lines and operations', async () => {
    expect(await measureTrace(file(text))).toEqual({ lines: 20_002, ops: 20_000 });
    expect(await measureTrace('traces/git.mtrace.gz')).toEqual({ lines: 8656, ops: 8655 });
    expect(await measureTrace('test/fixtures/traces/short1.rep')).toEqual({ lines: 16, ops: 12 });
  });

  it('stops when told to, and leaves errors of the trace to the reader', async () => {
    expect(await measureTrace(file(text), () => true)).toBeUndefined();
    expect(await measureTrace(file(gzipSync(text).subarray(0, 12)))).toBeUndefined();
    expect(await measureTrace(file('?'))).toBeUndefined();
    await expect(measureTrace(join(folder, 'none'))).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});
