/**
 * The documents against the code: every number, error code, option and public name has its entry, and
 * every example prints what is said.
 *
 * An entry is a table row whose first cell is the name in backquotes. Examples are the `js` blocks; they
 * import the compiled package by its name, so they run as a reader would run them (`npm test` compiles
 * first). What they print is held against the `text` block below (support/printed-blocks.ts). With
 * PAGEHEAP_UPDATE_DOCS=1 the documents are corrected instead: `git diff` then shows what changed.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Heap } from '../lib/api/index.ts';
import { designOptions } from '../lib/design/design.ts';
import { heapOptions, surroundings } from '../lib/design/options.ts';
import { makeRun } from '../lib/lab/run/run.ts';
import { compared, corrected, type PrintedBlock, printedBlocks } from './support/printed-blocks.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The names that have a row of their own. */
function entries(document: string): Set<string> {
  return new Set([...document.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name));
}

function missing(names: Iterable<string>, document: string): string[] {
  const have = entries(document);
  return [...new Set(names)].filter((name) => !have.has(name));
}

/** The part of a document under a heading. */
function section(document: string, title: string): string {
  const start = document.indexOf(`## ${title}\n`);
  expect(start, `a section ${title}`).toBeGreaterThanOrEqual(0);
  const end = document.indexOf('\n## ', start + 1);
  return document.slice(start, end < 0 ? undefined : end);
}

/** Every member of a value by its path: objects are entered, an array of objects as its elements. */
function paths(value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    const objects = value.filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
    return objects.length === 0 ? [path] : objects.flatMap((item) => paths(item, path));
  }
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) => paths(member, `${path}.${name}`));
}

describe('docs/numbers.md has an entry for every', () => {
  const numbers = text('docs/numbers.md');
  const heap = new Heap({ environment: false });
  afterAll(() => heap.dispose());

  it('field of MemStats', () => {
    const { BySize, ...rest } = heap.readMemStats();
    const names = [...Object.keys(rest), 'BySize', ...Object.keys(BySize[0]).map((name) => `BySize.${name}`)];
    expect(names.length).toBeGreaterThan(30);
    expect(missing(names, section(numbers, 'MemStats'))).toEqual([]);
  });

  it('metric', () => {
    const names = Object.keys(heap.readMetrics());
    expect(names.length).toBeGreaterThan(40);
    expect(missing(names, section(numbers, 'Metrics'))).toEqual([]);
  });

  it('field of HeapSample', () => {
    const names = Object.keys(heap.sample());
    expect(names.length).toBeGreaterThan(15);
    expect(missing(names, section(numbers, 'HeapSample'))).toEqual([]);
  });
});

describe('docs/numbers.md and a run file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-docs-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const found: string[] = [];
  let statistics: string[] = [];

  beforeAll(async () => {
    const trace = join(folder, 'small.mtrace');
    writeFileSync(
      trace,
      '= Start\n@ ./a:[0x1] + 0x10 0x100\n@ ./a:[0x1] + 0x20 0x10000\n@ ./a:[0x1] - 0x10\n= End\n',
    );
    const output = join(folder, 'small.jsonl');
    // With MADV_FREE samples are detailed, so that the file holds what is sampled seldom.
    const heap = { advise: 'free', environment: false } as const;
    await makeRun({
      trace,
      output,
      heap,
      seconds: 0.2,
      idle: 0.3,
      collections: 1,
      command: ['x'],
      version: '0',
    });
    for (const line of readFileSync(output, 'utf8').trim().split('\n')) {
      const { k, ...members } = JSON.parse(line) as { k: string };
      found.push(...paths(members, k));
    }
    const worked = join(folder, 'workload.jsonl');
    await makeRun({ workload: { name: 'stripes', scale: 0.01, timeScale: 0 }, output: worked, heap });
    for (const line of readFileSync(worked, 'utf8').trim().split('\n')) {
      const { k, ...members } = JSON.parse(line) as { k: string };
      found.push(...paths(members, k));
    }
    const other = new Heap({ environment: false });
    statistics = Object.keys(other.readMemStats());
    other.dispose();
  });

  it('every member that was written has an entry', () => {
    expect(new Set(found.map((path) => path.split('.')[0]))).toEqual(
      new Set(['run', 's', 'gc', 'scav', 'phase', 'map', 'classes', 'end']),
    );
    const own = found.filter((path) => !statistics.some((name) => path === `end.summary.${name}`));
    expect(missing(own, section(text('docs/numbers.md'), 'Run-file members'))).toEqual([]);
  });

  it('every member that the reader knows has an entry', () => {
    const kinds: Readonly<Record<string, string>> = {
      RunHeader: 'run',
      RunSample: 's',
      RunCollection: 'gc',
      RunScavenge: 'scav',
      RunPhaseEnd: 'phase',
      RunMap: 'map',
      RunClasses: 'classes',
      RunEnd: 'end',
    };
    const source = text('lib/lab/record/lines.ts');
    const have = entries(section(text('docs/numbers.md'), 'Run-file members'));
    let known = 0;
    for (const [name, kind] of Object.entries(kinds)) {
      const body = source.match(new RegExp(`interface ${name} \\{\\n(.*?)\\n\\}`, 's'))?.[1] ?? '';
      for (const [, member] of body.matchAll(/^ {2}readonly (\w+)\??:/gm)) {
        if (member === 'k') continue;
        known++;
        const path = `${kind}.${member}`;
        expect(
          [...have].some((entry) => entry === path || entry.startsWith(`${path}.`)),
          path,
        ).toBe(true);
      }
    }
    expect(known).toBeGreaterThan(40);
  });
});

describe('docs/library.md has an entry for every', () => {
  const library = text('docs/library.md');

  it('error code', () => {
    const codes = [...text('lib/base/errors.ts').matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(15);
    expect(missing(codes, section(library, 'Error codes'))).toEqual([]);
  });

  it('option of a heap', () => {
    const options = Object.keys({ ...designOptions, ...heapOptions, ...surroundings });
    expect(options.length).toBeGreaterThan(15);
    expect(missing(options, section(library, 'Options'))).toEqual([]);
  });

  it('public method of Heap', () => {
    const source = text('lib/api/heap.ts');
    const body = source.slice(
      source.indexOf('export class Heap {'),
      source.indexOf('// ---------------------------------------------------------------- inside'),
    );
    const methods = [...body.matchAll(/^ {2}(?:static )?(\w+)\(/gm)].map(([, name]) => name);
    const documented = [...library.matchAll(/^\| `(?:Heap\.)?(\w+)\(/gm)].map(([, name]) => name);
    const own = methods.filter((name) => name !== 'constructor');
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter((name) => !documented.includes(name))).toEqual([]);
  });

  it('name that the package exports', () => {
    const names = [...text('lib/api/index.ts').matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(
      ([, list]) => list.split(',').map((name) => name.replace('type', '').trim()),
    );
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !library.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('examples', () => {
  const documents = ['README.md', 'docs/how-it-works.md', 'docs/library.md', 'docs/questions.md'];
  const examples = documents.flatMap((path) =>
    printedBlocks(text(path)).map((block) => ({ name: `${path}:${block.line}`, path, block })),
  );

  it('are found', () => expect(examples.length).toBeGreaterThan(20));

  it('are all there is of printed text', () => {
    const all = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`);
    const texts = ['README.md', 'HACKING.md', ...all].flatMap((path) =>
      [...text(path).matchAll(/^```text/gm)].map(() => path),
    );
    const held = examples.filter(({ block }) => block.printed !== undefined).map(({ path }) => path);
    expect(texts.sort()).toEqual(held.sort());
  });

  it.each(examples)('$name prints what the document says', ({ path, block }) => {
    // `using` needs a newer Node than the oldest supported.
    const input = block.code.replaceAll(/^using /gm, 'const ');
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-'], {
      cwd: root,
      input,
      encoding: 'utf8',
      env: { ...process.env, GOGC: '', GOMEMLIMIT: '', GODEBUG: '' },
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const [said, is] = compared(block, stdout);
    if (process.env.PAGEHEAP_UPDATE_DOCS !== '1') expect(is).toBe(said);
    else if (is !== said) writeFileSync(join(root, path), corrected(text(path), block, stdout));
  });
});

describe('what stands behind `text` in a document', () => {
  const block = (mark: string, printed: string): PrintedBlock => ({ line: 1, code: '', mark, printed });

  it('says which numbers are the machine’s', () => {
    const mark = 'varies: ms, %, cycle, bytes ready, low';
    const one = block(mark, 'in 57 ms, 64 calls · 8%: 0.1+0/2 ms · cycle 3779 · 12 bytes ready {"low":123}');
    const [said, is] = compared(
      one,
      'in 1.5 ms, 64 calls · 12%: 9+9/9 ms · cycle 1 · 99 bytes ready {"low":456}',
    );
    expect(is).toBe(said);
    expect(said).toBe('in # ms, 64 calls · #%: # ms · cycle # · # bytes ready {"low":#}');
    const [other, differs] = compared(one, one.printed?.replace('64', '65') as string);
    expect(differs).not.toBe(other);
  });

  it('lets lines be left out, but not changed or moved', () => {
    const one = block('abridged', '     0     4096  header\n   …\n  1000       64    .lock i32\n');
    const same = (actual: string): boolean => compared(one, actual)[0] === compared(one, actual)[1];
    expect(same('     0     4096  header\n   4 4  other\n  1000       64    .lock i32\n')).toBe(true);
    expect(same('     0     4096  header\n   4 4  other\n  2000       64    .lock i32\n')).toBe(false);
  });

  it('is all that changes when a document is corrected', () => {
    const document = 'a\n```js\nf();\n```\n\n```text varies: ms\n1 ms, 2\n```\nb\n';
    const [one] = printedBlocks(document);
    expect(corrected(document, one, '3 ms, 4\n')).toBe(document.replace('1 ms, 2', '3 ms, 4'));
  });
});
