import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { countImports, importsOf, violations } from './support/import-rules.ts';

const lib = fileURLToPath(new URL('../lib', import.meta.url));

describe('the layers of lib/', () => {
  it('import only downwards, and only lib/os the addon', () => {
    expect(countImports(lib)).toBeGreaterThan(10);
    expect(violations(lib)).toEqual([]);
  });
});

/** Files of a folder, but for one, whose text has a match. */
const matching = (folder: string, but: string, pattern: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== but)
    .filter((path) => pattern.test(readFileSync(join(folder, path), 'utf8')));

// A pid of 0, which a look that found nothing answers, is the whole group: the test runner and whoever began it.
it('tests send signals by test/support/signals.ts alone', () => {
  const tests = fileURLToPath(new URL('.', import.meta.url));
  expect(matching(tests, 'support/signals.ts', /process\.kill\((?!process\.pid\b)/)).toEqual([]);
});

// ChildProcess.kill of one that could not be started is as much.
it('lib/ sends signals by lib/base/signal-child.ts alone, or to its own process', () => {
  expect(matching(lib, 'base/signal-child.ts', /\.kill\((?!process\.pid\b|pid, 0\)|\))/)).toEqual([]);
});

describe('the check itself', () => {
  const root = mkdtempSync(join(tmpdir(), 'pageheap-layers-'));
  afterAll(() => rmSync(root, { recursive: true }));
  let cases = 0;

  function violationsOf(files: Record<string, string>): string[] {
    const folder = join(root, `${++cases}`, 'lib');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return violations(folder);
  }

  it('reads every form of import', () => {
    const source = `/**
 * import './not/this.ts'; and import('./nor/this.ts')
 */
import './a.ts';
import type { B } from './b.ts';
import {
  c,
} from './c.ts';
export * from './d.ts';
export type { E } from "./e.ts";
const f = await import('./f.ts');
type G = import('./g.ts').G;
// const h = import('./h.ts');
export const i = 'from ./i.ts';
`;
    expect(importsOf(source)).toEqual([
      { line: 4, specifier: './a.ts' },
      { line: 5, specifier: './b.ts' },
      { line: 6, specifier: './c.ts' },
      { line: 9, specifier: './d.ts' },
      { line: 10, specifier: './e.ts' },
      { line: 11, specifier: './f.ts' },
      { line: 12, specifier: './g.ts' },
    ]);
  });

  it.each([
    [
      'an upward import',
      'spans/a.ts',
      "\nimport { b } from '../heap/b.ts';",
      2,
      'is in layer heap, above spans',
    ],
    ['an upward type import', 'base/a.ts', "import type { B } from '../os/b.ts';", 1, 'layer os, above base'],
    ['an upward re-export', 'pages/radix/a.ts', "export * from '../../gc/b.ts';", 1, 'layer gc, above pages'],
    [
      'an upward dynamic import',
      'gc/a.ts',
      "\n\nawait import('../lab/run/b.ts');",
      3,
      'layer lab/run, above gc',
    ],
    [
      'an import of the wiring from below',
      'scavenge/a.ts',
      "import '../runtime/runtime.ts';",
      1,
      'layer runtime, above',
    ],
    ['the command line from the face', 'api/index.ts', "import '../cli/main.ts';", 1, 'layer cli, above'],
    ['the addon outside lib/os', 'heap/a.ts', "import type { A } from '../os/addon.ts';", 1, 'is the addon'],
    ['a loader of its own', 'gc/a.ts', "import { createRequire } from 'node:module';", 1, 'native addon'],
    ['a loader by require', 'lab/run/a.ts', "\nrequire('../../build/pageheap.node');", 2, 'native addon'],
    ['a loader by dlopen', 'os/a.ts', '\nprocess.dlopen(module, file);', 2, 'native addon'],
    ['a package in the heap', 'alloc/a.ts', "import c from 'commander';", 1, 'is a package'],
    ['a way out of lib/', 'os/a.ts', "import x from '../../test/x.ts';", 1, 'leads out of lib/'],
    ['a target in no layer', 'cli/a.ts', "import x from '../misc/x.ts';", 1, 'is in no known layer'],
    ['a file in no layer', 'misc/a.ts', '', 1, 'is in no known layer'],
    ['a file beside the layers', 'a.ts', '', 1, 'is in no known layer'],
    ['a file beside the rooms of the laboratory', 'lab/a.ts', '', 1, 'is in no known layer'],
    ['a room of the laboratory above', 'lab/record/a.ts', "import '../run/b.ts';", 1, 'layer lab/run, above'],
    ['the cycle from marking', 'gc/mark/a.ts', "import type { C } from '../cycle.ts';", 1, 'layer gc, above'],
  ])('finds %s', (_what, name, text, line, reason) => {
    const found = violationsOf({ [name]: text });
    expect(found.length).toBe(1);
    expect(found[0]).toContain(`lib/${name}:${line} `);
    expect(found[0]).toContain(reason);
  });

  it('finds a circle once, also of types', () => {
    const found = violationsOf({
      'heap/a.ts': "import type { B } from './b.ts';",
      'heap/b.ts': "import { c } from './c.ts';",
      'heap/c.ts': "export type { A } from './a.ts';",
    });
    expect(found).toEqual(['lib/heap/a.ts → heap/b.ts → heap/c.ts → heap/a.ts is a circle']);
  });

  it('lets what is right pass', () => {
    expect(
      violationsOf({
        'base/a.ts': "import { b } from './b.ts';",
        'os/addon.ts': "import { createRequire } from 'node:module';",
        'os/sys.ts': "import { load } from './addon.ts';\nimport '../base/a.ts';",
        'pages/radix/a.ts': "import '../contract.ts';\nimport '../../spans/s.ts';",
        'api/index.ts': "export * from '../runtime/runtime.ts';\nexport * from '../scavenge/s.ts';",
        'lab/report/bundle.ts': "import { createRequire } from 'node:module';",
        'cli/main.ts':
          "import { Command } from 'commander';\nimport '../lab/run/run.ts';\nimport '../api/index.ts';",
      }),
    ).toEqual([]);
  });
});
