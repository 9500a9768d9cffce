/** The package's types under every way in which a project resolves modules. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { typeFaults } from '../../../lab/library/types.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-types-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('resolve under module %s, resolution %s', (module, resolution) => {
  expect(typeFaults(folder, module, resolution)).toBe('');
});
