import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

const golden = fileURLToPath(new URL('../fixtures/golden/radix/pa-1.jsonl.gz', import.meta.url));
const lines = gunzipSync(readFileSync(golden)).toString('utf8').trimEnd().split('\n');

/** The trace with one line changed. */
function changed(name: string, at: number, line: string): string {
  const path = join(folder, name);
  writeFileSync(path, lines.with(at, line).join('\n'));
  return path;
}

const allocation = lines.findIndex((line, i) => i > 500 && line.startsWith('["a"'));
const [op, n, page, scavenged] = JSON.parse(lines[allocation]) as [string, number, number, number];
const wrong = changed('wrong.jsonl', allocation, JSON.stringify([op, n, page + 1, scavenged]));

describe('pageheap verify', () => {
  it('finds the allocator equal to the real one', async () => {
    const { code, out, err } = await inProcess(['verify', golden]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^equal .*pa-1\.jsonl\.gz: [\d,]+ operations, [\d,]+ checkpoints/);
  });

  it('and on mapped pages too', async () => {
    const { code, out } = await inProcess(['verify', '--real', golden, '--json']);
    const [outcome] = JSON.parse(out) as { real: boolean; operations: number }[];
    expect(code).toBe(0);
    expect(outcome).toMatchObject({ real: true, operations: lines.length - 1 });
  });

  it('knows a trace of malloc when it sees one', async () => {
    const malloc = fileURLToPath(new URL('../fixtures/golden/malloc/f1.jsonl.gz', import.meta.url));
    const { code, out } = await inProcess(['verify', malloc]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^equal .*f1\.jsonl\.gz: [\d,]+ operations/)]);
  });

  it('knows a recorded pacer, and tells the answer that differs', async () => {
    const pacer = fileURLToPath(new URL('../fixtures/golden/pacer/pacer-1-8.jsonl.gz', import.meta.url));
    const { code, out } = await inProcess(['verify', pacer]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^equal .*pacer-1-8\.jsonl\.gz: [\d,]+ operations/),
    ]);
    const recorded = gunzipSync(readFileSync(pacer)).toString('utf8');
    const path = join(folder, 'pacer.jsonl');
    writeFileSync(path, recorded.replace('["mark",[7955230,4,', '["mark",[7955230,3,'));
    const differing = await inProcess(['verify', path]);
    expect(differing.code).toBe(1);
    expect(differing.out).toMatch(/pacer\.jsonl:\d+: mismatch/);
    expect(differing.out).toMatch(/expected +dedicated workers 3\nfound +dedicated workers 4\n/);
  });

  it('says of a recorded pacer what the file lacks', async () => {
    const pacer = fileURLToPath(new URL('../fixtures/golden/pacer/pacer-1-8.jsonl.gz', import.meta.url));
    const recorded = gunzipSync(readFileSync(pacer)).toString('utf8').split('\n');
    const path = join(folder, 'cut-pacer.jsonl');
    const first = recorded.findIndex((line) => line.startsWith('["start"'));
    writeFileSync(path, recorded.slice(1, first + 1).join('\n'));
    const { code, out } = await inProcess(['verify', '--real', path]);
    expect(code).toBe(0);
    for (const note of ['has no header', 'it ends within a cycle', 'no page is mapped'])
      expect(out).toContain(note);
    const whole = await inProcess(['verify', pacer]);
    expect(whole.out.trimEnd()).toMatch(/(ms|s)$/);
  });

  it('stops at the first mismatch, and shows what surrounds it', async () => {
    const { code, out } = await pageheap(['verify', wrong]);
    expect(code).toBe(1);
    expect(out).toContain(`wrong.jsonl:${allocation + 1}: mismatch`);
    for (const part of ['operation', 'expected', 'found', 'state', 'before it']) expect(out).toContain(part);
    expect(out.split('before it')[1].trim().split('\n').length).toBe(20);
    expect(out).toContain(`${allocation}: ${lines[allocation - 1]}`.slice(0, 60));
  });

  it('names the field of a checkpoint that differs', async () => {
    const at = lines.findIndex((line) => line.startsWith('["h"'));
    const checkpoint = JSON.parse(lines[at]) as unknown[];
    checkpoint[3] = Number(checkpoint[3]) + 1;
    const { code, out } = await inProcess([
      'verify',
      changed('field.jsonl', at, JSON.stringify(checkpoint)),
      '--json',
    ]);
    const [outcome] = JSON.parse(out) as { mismatch: { fields: { field: string }[] } }[];
    expect(code).toBe(1);
    expect(outcome.mismatch.fields.map((f) => f.field)).toEqual(['free']);
  });

  it('goes on to the next file', async () => {
    const { code, out } = await inProcess(['verify', wrong, golden]);
    expect(code).toBe(1);
    expect(out).toContain('mismatch');
    expect(out).toContain('equal');
  });

  it.each([
    ['a line that is not JSON', changed('json.jsonl', 3, '["a",'), ':4: '],
    ['an unknown operation', changed('op.jsonl', 3, '["z"]'), ':4: '],
    ['a trace', changed('own.mtrace', 0, '= Start'), ':1: this is a trace: pageheap run'],
    ['a page', changed('own.html', 0, '<!doctype html>'), ':1: this seems to be a web page'],
    ['an unknown header', changed('header.jsonl', 0, '{"k":"other"}'), ':1: '],
  ])('refuses %s', async (_what, file, place) => {
    const { code, out, err } = await inProcess(['verify', file]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`${file}${place}`);
    expect(err).toContain('ERR_GOLDEN');
  });

  it('refuses what has no end', async () => {
    for (const file of ['/dev/zero', '/dev/null']) {
      const { err, code } = await inProcess(['verify', file]);
      expect(err).toContain(`${file}: a pipe or a device: save what it gives as a file first (ERR_FILE)`);
      expect(code).toBe(2);
    }
  });
});
