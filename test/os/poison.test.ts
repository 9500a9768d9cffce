/** Poisoning: in sanitizer builds a look at freed pages through the addon is reported; in others it is none. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child, sanitized } from './child.ts';

let child: Child;
beforeAll(async () => {
  child = await Child.bundle('poison');
});
afterAll(() => child.remove());

test('what is used is no poison', async () => {
  expect(await child.run(['none'])).toMatchObject({ code: 0, stdout: 'freed\ndone\n' });
});

test.each(['read', 'fill', 'copy'])('a %s of a page that was freed', async (look) => {
  const ended = await child.run([look]);
  if (!sanitized) {
    expect(ended).toMatchObject({ code: 0, stdout: 'freed\ndone\n' });
    return;
  }
  expect(ended.stdout).toBe('freed\n');
  expect(ended.stderr).toContain('AddressSanitizer: use-after-poison');
});
