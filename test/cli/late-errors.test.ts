/** What a module's code does outside of its calls is its failing, with its place; and never a stack of Node's. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { those } from '../support/extent.ts';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-late-'));
afterAll(() => rmSync(folder, { recursive: true }));

const firstFit = new URL('../../examples/first-fit.mjs', import.meta.url).href;
writeFileSync(
  join(folder, 'ok.mtrace'),
  '= Start\n@ ./a:[0x1] + 0x5000 0x100\n@ ./a:[0x1] + 0x6000 0x200\n@ ./a:[0x1] - 0x5000\n',
);

/** What is done in a call, what is said of it, and of which option the class is. */
const modules = {
  rejection: [
    "Promise.reject(new Error('late'));",
    'the page heap Mine left a rejected promise to nobody: Error: late (Mine.alloc (rejection.mjs:2:',
    '--page-heap',
  ],
  immediate: [
    "setImmediate(() => { throw new Error('late'); });",
    'the page heap Mine threw outside of its calls: Error: late (Immediate.<anonymous> (immediate.mjs:2:',
    '--page-heap',
  ],
  timer: [
    "setTimeout(() => { throw new Error('late'); }, 30);",
    'the page heap Mine threw outside of its calls: Error: late (Timeout._onTimeout (timer.mjs:2:',
    '--page-heap',
  ],
  policy: [
    'Promise.reject(3);',
    'the scavenge policy Mine left a rejected promise to nobody: 3, which is no Error and tells no place',
    '--scavenge-policy',
  ],
} as const;

for (const [name, [act, , option]] of Object.entries(modules))
  writeFileSync(
    join(folder, `${name}.mjs`),
    option === '--page-heap'
      ? `import FirstFit from ${JSON.stringify(firstFit)};\nexport default class Mine extends FirstFit { alloc(n) { ${act} return super.alloc(n); } }\n`
      : `export default class Mine {\n  onTime() { ${act} return { pages: 0, sleep: 1e9 }; } }\n`,
  );

const short = ['--duration', '0.1', '--idle', '0.1', '--out'];
const commands = {
  run: ['run', 'ok.mtrace', ...short],
  compare: ['compare', 'ok.mtrace', '-c', 'radix', '-r', '1', ...short],
  grid: ['grid', 'ok.mtrace', '--gogc', '50,100', '-r', '1', ...short],
};

describe.concurrent('outside of its calls', () => {
  const all = Object.entries(modules).flatMap(([name, module]) =>
    Object.entries(commands).map(([command, args]) => [command, name, args, module] as const),
  );
  it.each(those(all, ([command, name]) => command === 'run' && name === 'immediate'))(
    '%s, %s',
    async (command, name, args, [, said, option]) => {
      const out = `${command}-${name}`;
      const words = [...args, out, option, `${name}.mjs`];
      const { code, err } = await pageheap(words, { cwd: folder });
      expect(err).toContain(said);
      expect(err).not.toMatch(/defect|node:internal|with code/);
      expect(code).toBe(1);
      if (command !== 'run' || name === 'policy') return;
      const [file = ''] = readdirSync(join(folder, out)).filter((one) => one.endsWith('.jsonl'));
      expect(readFileSync(join(folder, out, file), 'utf8')).toContain('"reason":"error"');
    },
  );

  it.each(those(Object.entries(modules), ([name]) => name === 'rejection'))(
    'conform, %s',
    async (name, [, said, option]) => {
      const part = option === '--page-heap' ? [] : ['--part', option.slice(2)];
      const words = ['conform', `${name}.mjs`, '--runs', '2', ...part];
      const { code, out } = await pageheap(words, { cwd: folder });
      expect(code).toBe(1);
      expect(out).toContain(`1. ${said}`);
      expect(out).not.toContain('2. ');
      expect(out).toMatch(/^broken /m);
    },
  );
});

/** What was thrown may throw itself when it is looked at. */
it.each(
  those(
    [
      ['alloc(n) { throw odd(); }', 'alloc(1) threw an Error that cannot be read'],
      [
        'constructor(host) { super(host); throw odd(); }',
        'its constructor threw an Error that cannot be read',
      ],
      [
        'alloc(n) { Promise.reject(odd()); return super.alloc(n); }',
        'the page heap Mine left a rejected promise to nobody: an Error that cannot be read',
      ],
    ],
    (_, i) => i === 1,
  ),
)('a proxy, in %s', async (method, said) => {
  writeFileSync(
    join(folder, 'proxy.mjs'),
    `import FirstFit from ${JSON.stringify(firstFit)};
const fail = () => { throw 2; };
const odd = () => new Proxy(new Error('x'), { getPrototypeOf: fail, get: fail, has: fail });
export default class Mine extends FirstFit { ${method} }
`,
  );
  const { code, out } = await inProcess(['conform', 'proxy.mjs', '--runs', '2'], { cwd: folder });
  expect(code).toBe(1);
  expect(out).toContain(`1. ${said}\n`);
});
