/**
 * Reads every import under a lib/ folder and holds it against the order of the layers.
 *
 * It looks at text, not at a syntax tree: the formatter puts each `import` and `export … from` at
 * the start of a line, which no comment is; `import('…')` is found anywhere else but in comments.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** Bottom-up. `.` is the files directly in lib/. A file may import its own layer and those before it. */
export const layers: readonly string[] = [
  'base',
  'os',
  'meta',
  'spans',
  'pages',
  'heap',
  'alloc',
  'gc',
  'scavenge',
  '.',
  'lab',
  'cli',
];

/** The layers that may use packages; below them there is only Node itself. */
const mayUsePackages: ReadonlySet<string> = new Set(['lab', 'cli']);
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

function layerOf(file: string): string {
  const slash = file.indexOf('/');
  return slash < 0 ? '.' : file.slice(0, slash);
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** What is wrong with one import of `file`, or undefined. Files are named from lib/, with slashes. */
function judge(file: string, specifier: string): string | undefined {
  const layer = layerOf(file);
  const rank = layers.indexOf(layer);
  if (!specifier.startsWith('.')) {
    if (specifier === 'node:module' && file !== addonLoader && !mayUsePackages.has(layer)) {
      return `could load a native addon; only lib/${addonLoader} does`;
    }
    return specifier.startsWith('node:') || mayUsePackages.has(layer)
      ? undefined
      : `is a package; only ${[...mayUsePackages].join(' and ')} may use packages`;
  }
  const target = posix.join(posix.dirname(file), specifier);
  if (target.startsWith('../')) {
    return target === '../package.json' ? undefined : 'leads out of lib/';
  }
  if (target === addonLoader && layer !== 'os') return 'is the addon; only lib/os may import it';
  const targetRank = layers.indexOf(layerOf(target));
  if (targetRank < 0) return 'is in no known layer';
  return targetRank > rank ? `is in layer ${layerOf(target)}, above ${layer}` : undefined;
}

/** Every import that breaks a rule: `lib/spans/arenas.ts:12 ../heap/heap.ts is in layer heap, above spans`. */
export function violations(lib: string): string[] {
  const wrong: string[] = [];
  for (const path of sourcesUnder(lib)) {
    const file = relative(lib, path).split(sep).join('/');
    const place = posix.join(relative(dirname(lib), lib).split(sep).join('/'), file);
    if (layers.indexOf(layerOf(file)) < 0) {
      wrong.push(`${place}:1 is in no known layer`);
      continue;
    }
    const source = readFileSync(path, 'utf8');
    for (const { line, specifier } of importsOf(source)) {
      const reason = judge(file, specifier);
      if (reason !== undefined) wrong.push(`${place}:${line} ${specifier} ${reason}`);
    }
    const loads = source.split('\n').findIndex((text) => /\bprocess\.dlopen\b|\.node['"`]/.test(text));
    if (loads >= 0 && file !== addonLoader)
      wrong.push(`${place}:${loads + 1} loads a native addon by itself`);
  }
  return wrong;
}

/** How many imports there are, so that a test can tell that something was read. */
export function countImports(lib: string): number {
  return sourcesUnder(lib).reduce((sum, path) => sum + importsOf(readFileSync(path, 'utf8')).length, 0);
}
