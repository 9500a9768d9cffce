/**
 * The page's own program, linked into one text.
 *
 * The modules in client/ are ordinary TypeScript, type-checked and tested with the rest. They import
 * each other by name only, never rename, and share one scope without collisions; so linking is
 * concatenation in order of dependence, without the import and export words. Anything that this
 * simple linker cannot do (default exports, import *, renaming, a name defined twice) stops it with
 * an error rather than giving a broken page.
 *
 * Built, it finds the compiled modules in dist/ and reads them. Run from its
 * sources (as the tests do) it has the project's own TypeScript compile them into a temporary folder
 * first, so that the page never shows a stale build.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { libraryPath, moduleExtension } from '../../base/package-files.ts';

/** The programs there are: of a run's page, and of a comparison's. */
export type ClientEntry = 'main.js' | 'compare-main.js';

/** Reads every compiled module of a folder: file name → text. */
function readModules(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Compiles the sources of a folder with the project's TypeScript: file name → text. */
function compileModules(folder: string): Map<string, string> {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  const out = mkdtempSync(join(tmpdir(), 'pageheap-client-'));
  try {
    const options = [
      '--ignoreConfig',
      '--noCheck',
      '--target',
      'ES2023',
      '--module',
      'ESNext',
      '--types',
      '',
    ];
    options.push(
      '--moduleResolution',
      'bundler',
      '--allowImportingTsExtensions',
      '--rewriteRelativeImportExtensions',
    );
    options.push('--verbatimModuleSyntax', '--noResolve', '--rootDir', folder, '--outDir', out);
    const files = sources.map((name) => join(folder, name));
    execFileSync(process.execPath, [compiler, ...options, ...files], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return readModules(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const importPattern = /^import \{([^}]*)\} from '\.\/([\w.-]+)';\n?/gm;
const definitionPattern = /^(?:export )?(?:async )?(?:function\*?|const|let|class) ([\w$]+)/gm;

/** Joins modules into one program, those that are imported first. Exported for its tests. */
export function linkModules(modules: ReadonlyMap<string, string>, first: string = 'main.js'): string {
  const parts: string[] = [];
  const done = new Set<string>();
  const definedIn = new Map<string, string>();
  const add = (name: string): void => {
    if (done.has(name)) {
      return;
    }
    done.add(name);
    const text = modules.get(name);
    if (text === undefined) {
      throw new Error(`the page's program has no module ${name}`);
    }
    for (const [, names, from] of text.matchAll(importPattern)) {
      if (/\bas\b/.test(names)) {
        throw new Error(`${name} renames an import, which the page's linker cannot do`);
      }
      add(from);
    }
    const body = text
      .replace(importPattern, '')
      .replace(/^export \{\s*\};\n?/gm, '')
      .replace(/^export (?=(?:async )?(?:function|const|let|class)\b)/gm, '')
      .replace(/^\/\/\/ <reference .*\n/gm, '');
    const left = /^(?:import|export)\b.*/m.exec(body);
    if (left !== null) {
      throw new Error(`the page's linker does not understand, in ${name}: ${left[0]}`);
    }
    for (const [, defined] of text.matchAll(definitionPattern)) {
      const other = definedIn.get(defined);
      if (other !== undefined) {
        throw new Error(
          `${defined} is defined in ${other} and in ${name}; the page's modules share one scope`,
        );
      }
      definedIn.set(defined, name);
    }
    parts.push(body.trim());
  };
  add(first);
  return `(() => {\n'use strict';\n${parts.join('\n\n')}\n})();\n`;
}

const programs = new Map<ClientEntry, string>();

/** A page's program as one script, the same text from the sources as from the build. */
export function clientProgram(entry: ClientEntry = 'main.js'): string {
  let program = programs.get(entry);
  if (program === undefined) {
    const folder = libraryPath('lab/report/client');
    const modules = moduleExtension === '.ts' ? compileModules(folder) : readModules(folder);
    program = linkModules(modules, entry);
    programs.set(entry, program);
  }
  return program;
}
