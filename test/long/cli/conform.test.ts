/**
 * `pageheap conform` on every page heap that is shipped, and on those that do to their process what they like: each is
 * named, and the suite goes on.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { pageheap } from '../../cli/spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-conform-long-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const example = new URL('../../../examples/first-fit.mjs', import.meta.url).href;

/** What is in the way of a call: said of the call, and where it is known of the place. */
const ways: readonly (readonly [what: string, members: string, said: RegExp])[] = [
  [
    'loops in check',
    'check() {\n for (;;); }',
    /^1\. check\(\) after alloc\(1\) did not end within 1 s.*\n {5}at Mine\.check \(.*:3:\d+\)$/m,
  ],
  [
    'loops in stats',
    'stats() {\n for (;;); }',
    /^1\. stats\(\) after alloc\(1\) did not end within 1 s.*\n {5}at Mine\.stats \(.*:3:\d+\)$/m,
  ],
  [
    'loops in free',
    'free() {\n for (;;); }',
    /^1\. free\(\d+, \d+\) did not end within 1 s.*\n {5}at Mine\.free \(.*:3:\d+\)$/m,
  ],
  [
    'loops in release',
    'release() {\n for (;;); }',
    /^1\. release\(\d+, true\) did not end within 1 s.*\n {5}at Mine\.release \(.*:3:\d+\)$/m,
  ],
  [
    'loops in grow',
    'grow() {\n for (;;); }',
    /^1\. grow\(\d+, \d+\) did not end within 1 s.*\n {5}at Mine\.grow \(.*:3:\d+\)$/m,
  ],
  [
    'loops in some calls',
    'alloc(n) {\n let i = 0;\n if (n === 7) while (i >= 0) i = 1;\n return super.alloc(n); }',
    /^1\. alloc\(7\) did not end within 1 s, and was stopped\n {5}at Mine\.alloc \(.*:4:\d+\)\n {3}in: hands out every page once.*\n {3}after: grow 1024 1024$/m,
  ],
  [
    'ends the process in some calls',
    'alloc(n) { if (n === 7) process.exit(0); return super.alloc(n); }',
    /^1\. alloc\(7\) ended the process, with code 0$/m,
  ],
  [
    'loops when it is made',
    'constructor(host) {\n super(host);\n for (;;); }',
    /^1\. its constructor did not end within 1 s, and was stopped\n {5}at new Mine \(.*:4:\d+\)$/m,
  ],
  [
    'waits for ever',
    'alloc(n) {\n Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }',
    /^1\. alloc\(1\) did not end within 1 s.*\n {5}at Mine\.alloc \(.*:3:\d+\)$/m,
  ],
  [
    'loops in a pattern',
    "alloc(n) {\n /^(a+)+$/.test('a'.repeat(40) + 'b'); }",
    /^1\. alloc\(1\) did not end within 1 s.*\n {5}at Mine\.alloc \(.*:3:\d+\)$/m,
  ],
  [
    'ends the process while it looks',
    'check() { process.exit(3); }',
    /^1\. check\(\) after alloc\(1\) ended the process, with code 3$/m,
  ],
  [
    'kills the process',
    "free() { process.kill(process.pid, 'SIGTERM'); for (;;); }",
    /^1\. free\(\d+, \d+\) ended the process, by SIGTERM$/m,
  ],
  [
    'aborts',
    'free() { process.abort(); }',
    /^1\. free\(\d+, \d+\) ended the process, by SIGABRT; most likely it ran out of memory(?:, or may start no more threads)?$/m,
  ],
  [
    'uses up the memory',
    '#all = [];\n free() { for (;;) this.#all.push(new Array(1000).fill(this.#all.length)); }',
    /^1\. free\(\d+, \d+\) (?:ended the process, by SIG\w+; most likely it ran out of memory(?:, or may start no more threads)?|did not end within)/m,
  ],
];

describe('what is shipped keeps the contract:', () => {
  const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
  it.each(['lists', 'treap', 'radix', join(examples, 'first-fit.mjs'), join(examples, 'buddy.mjs')])(
    '%s',
    async (subject) => {
      const { out, code } = await pageheap(['conform', subject, '--json']);
      const { pageHeap, checks } = JSON.parse(out) as { pageHeap: string; checks: { passed: boolean }[] };
      expect(checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(checks.length).toBeGreaterThan(14);
      expect(pageHeap).toBe(subject);
      expect(code).toBe(0);
    },
  );
});

it('failures are told as JSON with all the calls that led to them', async () => {
  const file = join(folder, 'late.mjs');
  const late = '#calls = 0; alloc(n) { return ++this.#calls > 100 ? -2 : super.alloc(n); }';
  writeFileSync(
    file,
    `import FirstFit from ${JSON.stringify(example)}; export default class Mine extends FirstFit { ${late} }\n`,
  );
  const { out } = await pageheap(['conform', file, '--runs', '1', '--json']);
  const { checks } = JSON.parse(out) as { checks: { name: string; steps?: string[] }[] };
  const steps = checks.find(({ name }) => name.startsWith('hands out every page'))?.steps ?? [];
  expect(steps[0]).toMatch(/^grow/);
  expect(steps.length).toBeGreaterThan(200);
});

it('a policy that does not end is stopped, with its place', async () => {
  const file = join(folder, 'endless.mjs');
  writeFileSync(file, 'export class DenseRule {\n  keeps() {\n    for (;;);\n  }\n}\n');
  const part = ['--part', 'dense-rule', file];
  const { code, out } = await pageheap(['conform', ...part, '--timeout', '0.4', '--runs', '10']);
  expect(code).toBe(1);
  expect(out).toMatch(/1\. keeps(?:\(.*\))? did not end within 0\.4 s, and was stopped\n.*endless\.mjs:3/);
});

describe('a page heap that', () => {
  it.each(ways)('%s is named', async (what, members, said) => {
    const file = join(folder, `${what.replaceAll(' ', '-')}.mjs`);
    writeFileSync(
      file,
      `import FirstFit from ${JSON.stringify(example)}; export default class Mine extends FirstFit {\n ${members}\n}\n`,
    );
    const limit = what.includes('memory') ? '60' : '1';
    const { out, code } = await pageheap(['conform', file, '--timeout', limit, '--runs', '1']);
    expect(out).toMatch(said);
    expect(out.match(/^broken /gm)?.length).toBeLessThanOrEqual(3);
    expect(code).toBe(1);
  });
});
