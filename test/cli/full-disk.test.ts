/** A disk that takes no more: what was measured is told first, what cannot be written after it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { mountSmallDisk, unmount } from '../support/small-disk.ts';
import { inProcess } from './in-process.ts';
import type { Outcome } from './spawn.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-full-disk-'));
afterAll(() => rmSync(root, { recursive: true }));

const trace = join(root, 'small.mtrace');
const lines = Array.from({ length: 300 }, (_, i) => `@ ./a:[0x1] + 0x${(i + 16).toString(16)} 0x${64 + i}`);
writeFileSync(trace, `= Start\n${lines.join('\n')}\n= End\n`);
const quick = ['--duration', '0', '--idle', '0', '--idle-gcs', '0', '-r', '3'];

/** Runs commands on a disk of so many KiB, of which so many are taken. */
async function onDisk(
  { size, taken = 0 }: { readonly size: number; readonly taken?: number },
  skip: (why: string) => void,
  commands: readonly (readonly string[])[],
): Promise<{ outcomes: Outcome[]; left: string[] }> {
  const cwd = mountSmallDisk(mkdtempSync(join(root, 'disk-')), `${size}k`, skip);
  try {
    if (taken > 0) writeFileSync(join(cwd, 'taken'), Buffer.alloc(taken * 1024));
    const outcomes: Outcome[] = [];
    for (const args of commands) outcomes.push(await inProcess(args, { cwd }));
    return { outcomes, left: readdirSync(cwd) };
  } finally {
    unmount(cwd);
  }
}

const noSpace = /no space is left on the device \(ERR_FILE\)\n$/;

it('question: the answer, also as JSON', async ({ skip }) => {
  const asked = ['question', 'limit-goal', '--scale', '0.05'];
  const { outcomes } = await onDisk({ size: 64, taken: 64 }, skip, [asked, [...asked, '--json']]);
  const [told, json] = outcomes;
  expect([told?.code, told?.err]).toEqual([2, expect.stringMatching(noSpace)]);
  expect(told?.err).toMatch(/answer\.json: no space/);
  expect(told?.out).toMatch(/\nQuestion 14: /);
  // Nothing is where nothing could be written.
  expect(told?.out).not.toContain('page:');
  expect([json?.code, json?.err]).toEqual([2, expect.stringMatching(noSpace)]);
  expect(JSON.parse(json?.out ?? '')).toMatchObject({ number: 14, folder: null });
});

it('question: the page cannot be written, and the answer is', async ({ skip }) => {
  const { outcomes } = await onDisk({ size: 16 }, skip, [['question', 'limit-goal', '--scale', '0.05']]);
  expect(outcomes[0]?.err).toMatch(/what could be written of question 14 is in runs\/question-14/);
  expect(outcomes[0]?.err).toMatch(/index\.html: .*no space/);
});

it.for(['grid', 'compare'])('%s: the runs that were finished', async (name, { skip }) => {
  const cells = name === 'grid' ? ['--gogc', '50,100', '-o', 'out'] : ['-c', 'radix', '-c', 'lists'];
  const args = [name, trace, ...quick, ...cells];
  // Of a run 56 KiB are written.
  const { outcomes } = await onDisk({ size: 92 }, skip, [args]);
  expect([outcomes[0]?.code, outcomes[0]?.err]).toEqual([2, expect.stringMatching(noSpace)]);
  expect(outcomes[0]?.out).toMatch(/RSS mean/);
});
