/**
 * Records that earlier versions left behind: run files and comparisons of every kind stay readable, and say what
 * they said then. They are in test/fixtures/records, gzipped, with what `pageheap report … --json` printed of each.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../cli/in-process.ts';

const kept = fileURLToPath(new URL('../../fixtures/records', import.meta.url));
const expected = JSON.parse(readFileSync(join(kept, 'expected.json'), 'utf8')) as Record<string, object>;

describe('records of format 1', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-kept-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(() => {
    for (const name of readdirSync(kept, { recursive: true, encoding: 'utf8' })) {
      const from = join(kept, name);
      if (statSync(from).isDirectory()) continue;
      const to = join(folder, name.replace(/\.gz$/, ''));
      mkdirSync(dirname(to), { recursive: true });
      const bytes = readFileSync(from);
      writeFileSync(to, name.endsWith('.gz') ? gunzipSync(bytes) : bytes);
    }
  });

  it('are all told of', () => {
    const names = readdirSync(folder).filter((name) => !/^(README\.md|expected\.json)$/.test(name));
    expect(names.toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  it.each(Object.keys(expected))('%s says what it said', async (name) => {
    const page = join(folder, `${name}.html`);
    const { code, out, err } = await inProcess(['report', join(folder, name), '--json', '-o', page]);
    expect(code, err).toBe(0);
    const said = JSON.parse(out);
    const { report } = said;
    for (const path of ['report', 'runFile', 'folder']) delete said[path];
    // More may be said today; nothing is said otherwise.
    expect(said).toMatchObject(expected[name]);
    expect(report).toBe(page);
    expect(statSync(page).size).toBeGreaterThan(50_000);
  });
});
