/** Views that were kept beyond the end of what they show: the process dies, and the report says of what. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generations } from '../../lib/design/design.ts';
import { Child } from '../os/child.ts';

let child: Child;
beforeAll(async () => {
  child = await Child.bundle('stale-view', join(import.meta.dirname, 'children'));
});
afterAll(() => child.remove());

test.each(['quarantined', 'recycled'])('of a user arena that was freed: %s', async (how) => {
  const ended = await child.run([how, 'radix']);
  expect(ended.signal).toBe('SIGSEGV');
  expect(ended.stderr).toContain('pageheap: SIGSEGV at 0x');
  expect(ended.stderr).toMatch(/span \d+, state (inUse|faulted), 0x[0-9a-f]+ to 0x[0-9a-f]+ \(1024 pages\)/);
  expect(ended.stderr).toContain('used for a user arena that was freed');
});

test.each(generations)('of an object behind an electric fence: %s', async (generation) => {
  const ended = await child.run(['fenced', generation]);
  expect(ended.signal).toBe('SIGSEGV');
  expect(ended.stderr).toMatch(
    /span \d+, state faulted, 0x[0-9a-f]+ to 0x[0-9a-f]+ \(1 page\), span class 1\npageheap: {3}used for an object that was freed\n/,
  );
});
