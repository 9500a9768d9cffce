/** Page traces as runs: pages come from the page heap, and go back when the record says so, or the scavenger. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generations } from '../../../lib/design/design.ts';
import { PageTrace, pageEvent } from '../../../lib/heap/page-trace.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import type { RunOptions } from '../../../lib/lab/run/run-options.ts';
import { isPageTrace } from '../../../lib/lab/trace/page-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-page-run-'));
afterAll(() => rmSync(folder, { recursive: true }));
const trace = join(folder, 'pages');

/** 1000 runs of 4 pages, of which every second is freed; then 1000 pages go back; and some that no record began with. */
beforeAll(() => {
  const chunks: Uint8Array[] = [];
  let now = 5e9;
  const to = new PageTrace(
    (bytes) => chunks.push(bytes),
    () => (now += 1000),
    0,
  );
  const at = (i: number) => 0xc000000000 + i * 4 * 8192;
  for (let i = 0; i < 1000; i++) to.add(pageEvent.allocated, at(i), 4);
  for (let i = 0; i < 1000; i += 2) to.add(pageEvent.freed, at(i), 4);
  to.add(pageEvent.released, at(0), 1000);
  to.add(pageEvent.freed, 0xd000000000, 4);
  to.add(pageEvent.allocated, at(1), 2);
  to.flush();
  writeFileSync(trace, Buffer.concat(chunks));
  writeFileSync(`${trace}.gz`, gzipSync(Buffer.concat(chunks)));
});

async function runOf(options: Partial<RunOptions>) {
  const output = join(folder, 'run.jsonl');
  await makeRun({ trace, seconds: 0, idle: 0, collections: 0, output, ...options });
  return readRunFile(output);
}

test('one that was cut off counts up to there and says so; strict refuses it', async () => {
  const whole = readFileSync(trace);
  const heap = { environment: false, generation: 'radix' } as const;
  const cutOff = join(folder, 'cut');
  const text = 'pages 1\na 1 4\na 2 8\nf 1\n';
  const cases: readonly [name: string, bytes: Uint8Array | string, fault: object, ops?: number][] = [
    ['in an event', whole.subarray(0, 3001), { cutLine: 374, gzipCutLine: 0 }, 373],
    ['in its stream', gzipSync(whole).subarray(0, 500), { cutLine: 0, gzipCutLine: expect.any(Number) }],
    ['in a line', `${text}a 3`, { cutLine: 5, gzipCutLine: 0 }, 3],
  ];
  for (const [name, bytes, fault, ops] of cases) {
    writeFileSync(cutOff, bytes);
    const { end } = await runOf({ trace: cutOff, heap });
    expect(end?.trace, name).toMatchObject(fault);
    if (ops !== undefined) expect(end?.ops, name).toBe(ops);
    await expect(runOf({ trace: cutOff, heap, strict: true }), name).rejects.toMatchObject({
      code: 'ERR_TRACE',
    });
  }
  // A line that is wrong and ended is none that was cut off.
  writeFileSync(cutOff, `${text}a 3\n`);
  await expect(runOf({ trace: cutOff, heap })).rejects.toMatchObject({ code: 'ERR_TRACE' });
});

describe.each(generations)('%s', (generation) => {
  const heap = { environment: false, generation } as const;

  test('gives back what the record says, when it says so', async () => {
    const { header, end } = await runOf({ heap });
    expect(header.trace).toMatchObject({ name: 'pages', ops: 1503, pages: true, releases: 'recorded' });
    expect(header.options).toMatchObject({ scavenge: false });
    expect(end?.trace).toMatchObject({
      format: 'pagetrace',
      allocs: 1001,
      frees: 500,
      unknownFrees: 1,
      lostFrees: 1,
    });
    // The older designs give whole runs back.
    const releases = Number(end?.trace?.releases);
    if (generation === 'radix') expect(releases).toBe(1000);
    else expect(releases).toBeGreaterThanOrEqual(996);
  });

  test('or leaves it to the scavenger', async () => {
    const { header, end } = await runOf({ heap, releases: 'own', trace: `${trace}.gz` });
    expect(header.trace).toMatchObject({ releases: 'own' });
    expect(header.options).toMatchObject({ scavenge: true });
    expect(end?.trace).toMatchObject({ allocs: 1001, releases: 0 });
  });
});

test('only a page trace is one', async () => {
  expect(await isPageTrace(trace)).toBe(true);
  expect(await isPageTrace(`${trace}.gz`)).toBe(true);
  const other = join(folder, 'other');
  for (const text of [
    '',
    '4',
    '40000000\n0000000\n00000000\n',
    '+ 0x10 0x20\n',
    'tracealloc(0x10, 0x20)\n',
  ]) {
    writeFileSync(other, text);
    expect(await isPageTrace(other), text).toBe(false);
  }
  expect(await isPageTrace(join(folder, 'none'))).toBe(false);
  expect(await isPageTrace('-')).toBe(false);
  writeFileSync(other, '+ 0x10 0x20\n');
  await expect(runOf({ trace: other, releases: 'own' })).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
  });
});
