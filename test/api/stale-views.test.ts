/** Views that were kept beyond the end of what they show: the process dies, and the report says of what. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generations } from '../../lib/design/design.ts';
import { Child } from '../os/child.ts';
import { those } from '../support/extent.ts';

let child: Child;
let bump: Child;
beforeAll(async () => {
  const folder = join(import.meta.dirname, 'children');
  child = await Child.bundle('stale-view', folder);
  bump = await Child.bundle('bump-view', folder);
});
afterAll(() => {
  child.remove();
  bump.remove();
});

test.each(['quarantined', 'recycled'])('of a user arena that was freed: %s', async (how) => {
  const ended = await child.run([how, 'radix']);
  expect(ended.signal).toBe('SIGSEGV');
  expect(ended.stderr).toContain('pageheap: SIGSEGV at 0x');
  expect(ended.stderr).toMatch(/span \d+, state (inUse|faulted), 0x[0-9a-f]+ to 0x[0-9a-f]+ \(1024 pages\)/);
  expect(ended.stderr).toContain('used for a user arena that was freed');
});

test.each(those(generations, (each) => each === 'radix'))(
  'of an object behind an electric fence: %s',
  async (generation) => {
    const ended = await child.run(['fenced', generation]);
    expect(ended.signal).toBe('SIGSEGV');
    expect(ended.stderr).toMatch(
      /span \d+, state faulted, 0x[0-9a-f]+ to 0x[0-9a-f]+ \(1 page\), span class 1\npageheap: {3}used for an object that was freed\n/,
    );
  },
);

test.each(those(generations, (each) => each === 'lists'))(
  'of memory that GODEBUG=sbrk=1 has not handed out, and of what it has: %s',
  async (generation) => {
    const beyond = await bump.run(['beyond', generation]);
    expect(beyond.signal).toBe('SIGSEGV');
    expect(beyond.stderr).toMatch(
      /, in the heap range .*\npageheap: {3}page \d+ of the heap with origin .*\n/,
    );
    expect(beyond.stderr).toContain(
      'pageheap:   objects are in blocks here (GODEBUG=sbrk=1), and no block has this page\n',
    );
    const within = await bump.run(['within', generation]);
    expect(within.signal).toBe('SIGSEGV');
    expect(within.stderr).toContain(
      `pageheap:   the page is of a block of objects that are never freed (GODEBUG=sbrk=1), from 0x${within.stdout.split('\n')[0]}\n`,
    );
    for (const { stderr } of [beyond, within]) expect(stderr).not.toMatch(/page map|no span/);
  },
);
