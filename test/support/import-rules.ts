/**
 * Reads every import under a lib/ folder and holds it against the order of the layers.
 *
 * It looks at text, not at a syntax tree: the formatter puts each `import` and `export … from` at
 * the start of a line, which no comment is; `import('…')` is found anywhere else but in comments.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/**
 * Bottom-up. A file may import its own layer and those before it. A folder that is not named here belongs to the
 * one above it (`pages/radix` to `pages`); of `lab` and `course` every folder is named, and no file lies beside them.
 */
export const layers: readonly string[] = [
  'base',
  'os',
  'meta',
  'spans',
  'pages',
  'heap',
  'alloc',
  'gc/mark',
  'gc',
  'scavenge',
  'design',
  'runtime',
  'inspect',
  'api',
  'lab/trace',
  'lab/record',
  'lab/metrics',
  'lab/subject',
  'lab/workloads',
  'lab/verify',
  'lab/conformance',
  'lab/run',
  'lab/recorder',
  'lab/contenders',
  'lab/compare',
  'lab/grid',
  'lab/report',
  'lab/export',
  'lab/questions',
  'lab/live',
  'lab/library',
  'course/source',
  'course/sandbox',
  'course/model',
  'course/exercises',
  'course/handout',
  'course/grading',
  'course/report',
  'cli',
];

/** The layers that may use packages; below them there is only Node itself. */
const mayUsePackages = /^(?:lab\/|course\/|cli$)/;
const addonLoader = 'os/addon.ts';

export interface Import {
  /** Counted from 1. */
  readonly line: number;
  readonly specifier: string;
}

export function importsOf(source: string): Import[] {
  const found: Import[] = [];
  const add = (index: number, specifier: string): void => {
    found.push({ line: source.slice(0, index).split('\n').length, specifier });
  };
  for (const m of source.matchAll(/^(?:import|export)\s[^'"`;]*?from\s*['"]([^'"\n]+)['"]/gm)) {
    add(m.index, m[1]);
  }
  for (const m of source.matchAll(/^import\s*['"]([^'"\n]+)['"]/gm)) add(m.index, m[1]);
  for (const m of source.matchAll(/^(?!\s*(?:\*|\/\/|\/\*)).*?\bimport\(\s*['"`]([^'"`\n]+)['"`]/gm)) {
    add(m.index, m[1]);
  }
  return found.sort((a, b) => a.line - b.line);
}

/** The innermost layer that a file lies in: its folder, or the nearest one above that is named. The package's entry is its interface. */
function layerOf(file: string): string | undefined {
  if (file === 'index.ts') return 'api';
  for (let folder = posix.dirname(file); folder !== '.'; folder = posix.dirname(folder))
    if (layers.includes(folder)) return folder;
  return undefined;
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** What is wrong with one import of `file`, or undefined. Files are named from lib/, with slashes. */
function judge(file: string, layer: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) {
    if (specifier === 'node:module' && file !== addonLoader && !mayUsePackages.test(layer)) {
      return `could load a native addon; only lib/${addonLoader} does`;
    }
    return specifier.startsWith('node:') || mayUsePackages.test(layer)
      ? undefined
      : 'is a package; only lab and cli may use packages';
  }
  const target = posix.join(posix.dirname(file), specifier);
  if (target.startsWith('../')) {
    return target === '../package.json' ? undefined : 'leads out of lib/';
  }
  if (target === addonLoader && layer !== 'os') return 'is the addon; only lib/os may import it';
  const of = layerOf(target);
  if (of === undefined) return 'is in no known layer';
  return layers.indexOf(of) > layers.indexOf(layer) ? `is in layer ${of}, above ${layer}` : undefined;
}

/** Every import that breaks a rule: `lib/spans/arenas.ts:12 ../heap/heap.ts is in layer heap, above spans`. */
export function violations(lib: string): string[] {
  const wrong: string[] = [];
  const root = posix.join(relative(dirname(lib), lib).split(sep).join('/'));
  const targets = new Map<string, string[]>();
  for (const path of sourcesUnder(lib)) {
    const file = relative(lib, path).split(sep).join('/');
    const place = posix.join(root, file);
    const layer = layerOf(file);
    if (layer === undefined) {
      wrong.push(`${place}:1 is in no known layer`);
      continue;
    }
    const source = readFileSync(path, 'utf8');
    const imports = importsOf(source);
    for (const { line, specifier } of imports) {
      const reason = judge(file, layer, specifier);
      if (reason !== undefined) wrong.push(`${place}:${line} ${specifier} ${reason}`);
    }
    targets.set(
      file,
      imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.join(posix.dirname(file), specifier)),
    );
    const loads = source.split('\n').findIndex((text) => /\bprocess\.dlopen\b|\.node['"`]/.test(text));
    if (loads >= 0 && file !== addonLoader)
      wrong.push(`${place}:${loads + 1} loads a native addon by itself`);
  }
  return [...wrong, ...circlesIn(targets).map((circle) => `${posix.join(root, circle)} is a circle`)];
}

/** Circles of files that import each other, each once: `a.ts → b.ts → a.ts`. */
function circlesIn(targets: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      circles.push([...path.slice(at), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of targets.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of targets.keys()) visit(file);
  return circles;
}

/** How many imports there are, so that a test can tell that something was read. */
export function countImports(lib: string): number {
  return sourcesUnder(lib).reduce((sum, path) => sum + importsOf(readFileSync(path, 'utf8')).length, 0);
}
