import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const reference = join(root, 'docs', 'api');
const pages = readdirSync(reference, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);

/** Names that an index of the sources exports. */
function exported(index: string): string[] {
  const text = readFileSync(join(root, 'lib', index), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names]) =>
    names
      .split(',')
      .map((name) =>
        name
          .trim()
          .replace(/^type /, '')
          .replace(/^.* as /, ''),
      )
      .filter((name) => name !== ''),
  );
}

describe('docs/api, which `npm run docs:api` writes', () => {
  it.each([
    ['pageheap', 'api/index.ts'],
    ['conformance', 'lab/conformance/index.ts'],
    ['lab', 'lab/library/index.ts'],
  ])('%s: has a page for everything exported', (module, index) => {
    const have = new Set(
      pages
        .filter((name) => name.startsWith(`${module}/`))
        .map((name) => name.replace(/^.*\//, '').replace('.md', '')),
    );
    const names = exported(index);
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !have.has(name))).toEqual([]);
  });

  it('leads to files that are there', () => {
    const missing = pages.flatMap((page) => {
      const text = readFileSync(join(reference, page), 'utf8');
      return [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target]) => join(dirname(join(reference, page)), target))
        .filter((target) => !existsSync(target));
    });
    expect(missing).toEqual([]);
  });
});
