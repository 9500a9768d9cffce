/** Ways in which a comparison is stopped, beyond those in test/cli/compare.test.ts. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { disturb } from '../../cli/disturb-comparison.ts';
import { inProcess } from '../../cli/in-process.ts';
import { sendSignal } from '../../support/signals.ts';

const out = mkdtempSync(join(tmpdir(), 'pageheap-compare-long-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe('a comparison that is stopped', () => {
  it('in its first run tells no figures of nothing', async () => {
    const { outcome, folder } = await disturb(
      join(out, 'first'),
      'radix-1.jsonl',
      (p) => void sendSignal(p, 'SIGINT'),
    );
    expect([outcome.code, outcome.out]).toEqual([130, '']);
    expect(outcome.err).toContain('interrupted before a run was finished: there is no table and no report');
    expect(readdirSync(folder).sort()).toEqual(['comparison.json', 'radix-1.jsonl']);
  }, 60_000);

  it('twice in a later run sums up what was finished', async () => {
    const { outcome, folder } = await disturb(
      join(out, 'twice'),
      'treap-1.jsonl',
      async (parent, [child]) => {
        sendSignal(child, 'SIGSTOP');
        sendSignal(parent, 'SIGINT');
        await pause(200);
        sendSignal(parent, 'SIGINT');
      },
    );
    expect(outcome.code).toBe(130);
    expect(outcome.out).toMatch(/│ RSS peak +│ +[\d.]+ MiB │ +– │/);
    expect(outcome.err).toContain('interrupted: this is what was finished until then');
    expect(outcome.err).not.toContain('failed');
    expect(existsSync(join(folder, 'comparison.html'))).toBe(true);
  });

  it('by the end of its process has an index, and can be drawn', async () => {
    const { outcome, folder } = await disturb(
      join(out, 'killed'),
      'treap-1.jsonl',
      (p) => void sendSignal(p, 'SIGKILL'),
    );
    expect(outcome.signal).toBe('SIGKILL');
    const { code, out: stdout, err: stderr } = await inProcess(['report', folder]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ RSS peak +│ +[\d.]+ MiB │ +– │/);
    expect(stderr).toContain('interrupted');
  }, 60_000);
});
