/**
 * Recordings of the real Go 1.21, made while tests run: its runtime with this project's recorders in it (bench/go/runtime), built once
 * for the tests of a file, which are skipped where there is no such Go.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { Participant } from '../../bench/participant.ts';
import { buildGo, findGo, is121, recordGo } from '../../bench/rivals/go.ts';

const go = findGo();

export const hasGo121 = go !== undefined && is121(go);

/**
 * To be called within a `describe` that is skipped without Go 1.21.
 * @returns records a trace into a file, whose path it answers
 */
export function goRecorder(): (name: string, params: Readonly<Record<string, string>>) => string {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-go-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let runtime: Participant;
  beforeAll(() => {
    // Other tests have no folder for caches; the go command refuses to build without one.
    delete process.env.XDG_CACHE_HOME;
    const sources = fileURLToPath(new URL('../../bench/go', import.meta.url));
    runtime = buildGo(go!, sources, folder, (text) => process.stderr.write(`${text}\n`));
  });
  return (name, params) => {
    const file = join(folder, `${Object.values(params).join('-')}.jsonl`);
    writeFileSync(file, recordGo(runtime, name, params));
    return file;
  };
}
