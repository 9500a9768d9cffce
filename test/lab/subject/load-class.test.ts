/** What is said of a module that gives no class of a page heap. What ends or stops its process is in test/cli. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadClass } from '../../../lib/lab/subject/load-class.ts';
import type { PageHeapClass } from '../../../lib/pages/contract.ts';

const loadPageHeap = (path: string): Promise<PageHeapClass> => loadClass(path, 'PageHeap');

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
const example = pathToFileURL(join(examples, 'first-fit.mjs')).href;
const folder = mkdtempSync(join(tmpdir(), 'pageheap-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function module(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('loading a page heap', () => {
  it.each<[what: string, path: string, message: RegExp, code?: string]>([
    ['a file that is not there', './nothing.mjs', /nothing\.mjs: cannot be loaded as a module/],
    [
      'a file that is no module',
      module('x.mjs', 'let a;\n]['),
      /cannot be loaded as a module: .*x\.mjs:2:1\)$/,
    ],
    [
      'a module that imports what is none',
      module('imports.mjs', "import './x.mjs';"),
      /imports\.mjs: cannot be loaded as a module: .*[/ (]x\.mjs:2:1\)$/,
    ],
    [
      'a module that imports what is not there',
      module('missing.mjs', `// first\nimport { no } from ${JSON.stringify(example)};`),
      /does not provide an export named 'no' \(.*missing\.mjs:2:10\)$/,
    ],
    ['a folder', examples, /examples: cannot be loaded as a module: it is a folder$/],
    [
      'a module that throws',
      module('throws.mjs', '\nconst none = undefined;\nnone.of;'),
      /throws\.mjs: cannot be loaded as a module: Cannot read .* \(.*throws\.mjs:3:\d+\)$/,
    ],
    [
      'a module that throws no error',
      module('nulls.mjs', 'throw null;'),
      /nulls\.mjs: cannot be loaded as a module: null, which is no Error and tells no place$/,
    ],
    ['an unknown kind of file', module('x.txt', ''), /it is no \.js, \.mjs or \.ts file/],
    [
      'a module without a class',
      module('none.mjs', 'export const a = 1'),
      /exports no class/,
      'ERR_INVALID_OPTION',
    ],
    [
      'an arrow function',
      module('f.mjs', 'export default () => 1'),
      /exports no class/,
      'ERR_INVALID_OPTION',
    ],
  ])('refuses %s', async (_what, path, message, code = 'ERR_FILE') => {
    const refused = { code, message: expect.stringMatching(message) };
    await expect(loadPageHeap(path)).rejects.toMatchObject(refused);
  });

  it.each([
    ['of the default export', 'c.mjs', 'export default class C { alloc() {} }', 'C'],
    ['of the export PageHeap', 'named.mjs', 'export class PageHeap {}', 'PageHeap'],
    [
      'of the file, where the class has none',
      'anonymous.mjs',
      'export default class { alloc() {} }',
      'anonymous.mjs',
    ],
  ])('has the name %s', async (_what, file, text, name) => {
    expect((await loadPageHeap(module(file, text))).name).toBe(name);
  });
});
