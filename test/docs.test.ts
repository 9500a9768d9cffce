/**
 * The documents against the code: every number, error code, option and public name has its entry, and
 * every example prints what is said.
 *
 * An entry is a table row whose first cell is the name in backquotes. Examples are the `js` blocks; they
 * import the compiled package by its name, so they run as a reader would run them (`npm test` compiles
 * first). What they print is held against the `text` block below (support/printed-blocks.ts). With
 * PAGEHEAP_UPDATE_DOCS=1 the documents are corrected instead: `git diff` then shows what changed.
 */

import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Heap } from '../lib/api/index.ts';
import { designOptions } from '../lib/design/design.ts';
import { heapOptions, surroundings } from '../lib/design/options.ts';
import { metrics } from '../lib/lab/metrics/run-metrics.ts';
import { makeRun } from '../lib/lab/run/run.ts';
import { isWhole } from './support/extent.ts';
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

function markdown(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  // What is written from the declarations is tested in api-reference.test.ts.
  const written = (name: string): boolean => name.endsWith('.md') && !name.startsWith('api/');
  return names.filter(written).map((name) => join(folder, name));
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(document: string): string[] {
  return [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
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

describe('docs/numbers.md says of a comparison', () => {
  const rows = section(text('docs/numbers.md'), "A comparison's table").replaceAll('`', '').split('\n');
  it.each(metrics.map(({ label, formula }) => [label, formula.replaceAll('`', '')]))(
    'how %s is worked out, as the report does',
    (label, formula) => {
      const row = rows.find((line) => line.startsWith(`| ${label} | `));
      expect(row?.slice(`| ${label} | `.length, `| ${label} | `.length + formula.length)).toBe(formula);
    },
  );
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
      seconds: 0.1,
      idle: 0.1,
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

  it('the examples in docs/run-file.md have the members that are written', () => {
    const examples = [...text('docs/run-file.md').matchAll(/^```json\n(\{"k":.*?)^```/gms)].map(
      ([, json]) => {
        const { k, ...members } = JSON.parse(json.replaceAll(/\n\s*/g, '').replaceAll(',…', '')) as {
          k: string;
        };
        return { k, members: new Set(paths(members, k)) };
      },
    );
    expect(examples.map(({ k }) => k)).toEqual(['run', 's', 'gc', 'scav', 'phase', 'map', 'classes', 'end']);
    // A run of a workload has other members in its first line, and none of a trace in its last.
    const others = /^run\.workload\.|^end\.trace\./;
    const written = (k: string) => found.filter((path) => path.startsWith(`${k}.`) && !others.test(path));
    for (const { k, members } of examples) {
      expect(new Set([...members].filter((path) => !others.test(path))), k).toEqual(new Set(written(k)));
    }
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
      RunSteer: 'steer',
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
    // What a heap is looked at by, and what is for tracing, it inherits.
    const body = ['heap', 'heap-reports', 'traced-heap']
      .map((name) => text(`lib/api/${name}.ts`))
      .map((source) => source.slice(source.indexOf('export class')))
      .join('\n');
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

describe('what the documents name', () => {
  const documents = ['README.md', 'HACKING.md', 'CHANGELOG.md', ...markdown('docs')];

  it.each(documents)('%s: every file and every link is there', (path) => {
    const files = [...text(path).matchAll(/`((?:lib|test|bench|scripts|examples|native)\/[\w/.-]*\w)`/g)];
    const links = [...text(path).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)/g)];
    const missing = files.map(([, name]) => name).filter((name) => !existsSync(join(root, name)));
    for (const [link, to, anchor] of links) {
      const target = to === '' ? path : join(dirname(path), to);
      if (!existsSync(join(root, target))) missing.push(link);
      else if (anchor !== undefined && !anchors(text(target)).includes(anchor)) missing.push(link);
    }
    expect(missing).toEqual([]);
  });
});

describe('commands to type', () => {
  // The program is not in the PATH of one who has a clone.
  it.each(['README.md', ...markdown('docs')])('%s: begin with npx', (path) => {
    expect(text(path).match(/^(?: {4,}|\/\/ +|\$ )pageheap .*/gm) ?? []).toEqual([]);
  });
});

describe('examples', () => {
  const documents = ['README.md', 'docs/how-it-works.md', 'docs/library.md', 'docs/questions.md'];
  const examples = documents.flatMap((path) =>
    printedBlocks(text(path)).map((block) => ({ name: `${path}:${block.line}`, path, block })),
  );

  it('are found', () => expect(examples.length).toBeGreaterThan(20));

  it('are all there is of printed text', () => {
    const texts = ['README.md', 'HACKING.md', ...markdown('docs')].flatMap((path) =>
      [...text(path).matchAll(/^```text/gm)].map(() => path),
    );
    const held = examples.filter(({ block }) => block.printed !== undefined).map(({ path }) => path);
    expect(texts.sort()).toEqual(held.sort());
  });

  // Those of one document in one process, each a module of its own: to start a process costs more than an example.
  // One that prints addresses has a process of its own, since only the first heap of a process is where it says.
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-examples-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/pageheap'));
  symlinkSync(join(root, 'dist'), join(folder, 'dist'));
  const printed = new Map<string, string>();
  let said = '';

  beforeAll(async () => {
    const run = promisify(execFile);
    const mark = '\u0000';
    // As in vitest.config.ts: examples make many heaps.
    const flags = ['--max-old-space-size=32768'];
    const of = async (own: typeof examples): Promise<void> => {
      const files = own.map(({ name, block }) => {
        const file = join(folder, `${name.replaceAll(/[/:]/g, '-')}.mjs`);
        // `using` needs a newer Node than the oldest supported. A second in which as much as possible is done is a tenth
        // here: what is counted meanwhile varies.
        const code = block.code.replaceAll(/^using /gm, 'const ');
        writeFileSync(file, isWhole ? code : code.replaceAll('< start + 1000)', '< start + 100)'));
        return file;
      });
      const all = `for (const file of ${JSON.stringify(files)}) { await import(file); process.stdout.write('\\0'); }`;
      const { stdout, stderr } = await run(
        process.execPath,
        [...flags, '--input-type=module', '--eval', all],
        {
          cwd: root,
          env: { ...process.env, GOGC: '', GOMEMLIMIT: '', GODEBUG: '' },
        },
      );
      said += stderr;
      const texts = stdout.split(mark);
      for (const [i, { name }] of own.entries()) printed.set(name, texts[i]);
    };
    const hasAddresses = ({ block }: (typeof examples)[number]): boolean =>
      /\bc0000/.test(block.printed ?? '');
    const together = documents.map((document) =>
      examples.filter((example) => example.path === document && !hasAddresses(example)),
    );
    const alone = examples.filter(hasAddresses).map((example) => [example]);
    for (const group of [...together, ...alone]) await of(group);
  });

  it('print no error', () => expect(said).toBe(''));

  it.each(examples)('$name prints what the document says', ({ name, path, block }) => {
    const stdout = printed.get(name) ?? '';
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
