/**
 * Puts the compiled modules of dist/lib together in few files, for a quick start:
 *
 *     npm run build:ts        tsc, then this
 *     npm run build:modules   tsc alone: a file a module, as profiles and stacks are easier to read
 *
 * Node takes about a millisecond to find, read and link one module. The library has 140, a command more than 180.
 * Here all layers below the laboratory go into one chunk, and the laboratory and each command into chunks of
 * theirs. Every module stays importable under its own path, as a file that only re-exports; so whatever is
 * imported, there is one instance of it.
 *
 * The names of chunks hold a hash of their content, and the new ones are there before a file names them: a
 * command that starts meanwhile finds the old or the new code.
 *
 * A module that does its work when it is loaded, the program of a child process or a worker, must be in no chunk
 * that others load: its name ends in -child or -worker.
 *
 * On the way numbers are put in place of the names of constants, and constant expressions computed: an imported name
 * is loaded and checked each time it is used (HACKING.md, "What V8 does"). Names are kept, for stacks.
 *
 * Left alone: the page's own program (lab/report/client), which is read as text.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

const sources = fileURLToPath(new URL('../lib/', import.meta.url));
const lib = fileURLToPath(new URL('../dist/lib/', import.meta.url));
const fresh = fileURLToPath(new URL('../dist/bundled/', import.meta.url));

const filesIn = (folder, end) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(end));

// From the sources, since dist/ may hold what was compiled before a file went.
const modules = filesIn(sources, '.ts')
  .filter((name) => !name.endsWith('.d.ts') && !name.startsWith('lab/report/client/'))
  .map((name) => name.slice(0, -'.ts'.length));

const units = readFileSync(join(lib, 'base', 'units.js'), 'utf8');
const constructors = [...units.matchAll(/^export const (\w+) = \((\w+)\) => \2;$/gm)].map(([, name]) => name);

/**
 * Takes the calls of the units' constructors away, which return what they are given: `pageIndex(x)` is `(x)`. Even
 * inlined, each costs five instructions, since V8 looks whether the module still has that function.
 */
const unitsAreTypes = {
  name: 'units-are-types',
  transform(code, id) {
    if (!id.startsWith(lib)) return null;
    const program = parseAst(code);
    const names = new Set();
    for (const node of program.body) {
      if (node.type !== 'ImportDeclaration' || !node.source.value.endsWith('/base/units.js')) continue;
      for (const { imported, local } of node.specifiers)
        if (constructors.includes(imported.name)) names.add(local.name);
    }
    const cuts = [];
    const walk = (node) => {
      if (node === null || typeof node !== 'object') return;
      if (node.type === 'CallExpression' && names.has(node.callee.name)) cuts.push(node.callee);
      for (const child of Object.values(node)) walk(child);
    };
    if (names.size > 0) walk(program);
    let cut = code;
    for (const { start, end } of cuts.sort((a, b) => b.start - a.start))
      cut = cut.slice(0, start) + cut.slice(end);
    return cuts.length === 0 ? null : { code: cut, map: null };
  },
};

rmSync(fresh, { recursive: true, force: true });
const bundle = await rolldown({
  input: Object.fromEntries(modules.map((name) => [name, join(lib, `${name}.js`)])),
  platform: 'node',
  plugins: [unitsAreTypes],
  optimization: { inlineConst: { mode: 'all', pass: 4 } },
  external: (id) => !/^([./]|@oxc-project)/.test(id),
});
/** A chunk of these files of dist/lib, without the programs. */
const chunk = (name, files, priority) => ({
  name,
  test: new RegExp(`/dist/lib/${files}.*(?<!-child|-worker)\\.js$`),
  priority,
});
await bundle.write({
  dir: fresh,
  format: 'esm',
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  codeSplitting: {
    groups: [
      chunk('base', '(?:base/(?!bits)|lab/record/package)', 3),
      chunk('core', '(?!lab/|cli/)', 2),
      chunk('lab', 'lab/(?!library/|report/|verify/|conformance/)', 1),
      chunk('report', 'lab/report/', 0),
      chunk('verify', 'lab/verify/', 0),
      chunk('conformance', 'lab/conformance/', 0),
      chunk('library', 'lab/library/', 0),
    ],
  },
});
await bundle.close();

const inPlace = (name) => {
  mkdirSync(dirname(join(lib, name)), { recursive: true });
  renameSync(join(fresh, name), join(lib, name));
};
const written = filesIn(fresh, '.js');
const chunks = written.filter((name) => name.startsWith('chunks/'));
for (const name of chunks) inPlace(name);
for (const name of written) if (!chunks.includes(name)) inPlace(name);
for (const name of filesIn(join(lib, 'chunks'), '.js'))
  if (!chunks.includes(`chunks/${name}`)) rmSync(join(lib, 'chunks', name));
rmSync(fresh, { recursive: true });
