/**
 * Puts the compiled modules of dist/lib together in few files, for a quick start:
 *
 *     npm run build:ts        tsc, then this
 *     npm run build:modules   tsc alone: a file a module, as profiles and stacks are easier to read
 *
 * Node takes about a millisecond to find, read and link one module. The library has 140, a command more than 180.
 * Here they are put together by who needs them, in chunks of which each imports those before it alone:
 *
 *     base, start       what `pageheap --version` loads, and what is said of what the system refuses; `start` is of lib/cli, as
 *                       are `program` and `command`
 *     process           what `pageheap run` begins with: starting the process of the run (cli/run-ahead, which nobody else loads,
 *                       is in no chunk)
 *     options           what of the layers below the laboratory needs no heap: options, errors of the system
 *     program           the parser of the command line
 *     subject, command  what `pageheap run` loads besides: no heap
 *     summary, result   what tells of a run, without one, too
 *     core              all else below the laboratory: the heap
 *     run, profile      what the process of a run loads besides; and what writes a memory profile, with its package
 *     lab               the rest of the laboratory; then a chunk for each other part
 *     protocol, engine  what the process of a hand-in of the course loads, which may read nothing else
 *
 * Every module stays importable under its own path, as a file that only re-exports; so whatever is imported, there is
 * one instance of it.
 *
 * Comments are left out and what is not ASCII is escaped: V8 reads a source of one-byte characters faster, and must
 * scan all of it (a tenth of the instructions that loading the heap takes, a third of the bytes).
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
 * Left alone: the programs of the report's pages (bundle-client.js).
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
  .filter((name) => !name.endsWith('.d.ts') && !/^lab\/(?:report|live)\/client\//.test(name))
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

if (/from "[./]*chunks\//.test(readFileSync(join(lib, 'index.js'), 'utf8')))
  throw new Error('dist/lib is put together already; npm run build:ts compiles it first');
rmSync(fresh, { recursive: true, force: true });
const bundle = await rolldown({
  input: Object.fromEntries(modules.map((name) => [name, join(lib, `${name}.js`)])),
  platform: 'node',
  plugins: [unitsAreTypes],
  optimization: { inlineConst: { mode: 'all', pass: 4 } },
  external: (id) => !/^([./]|@oxc-project)/.test(id),
});
/** What a module of dist/lib imports when it is loaded, itself included, without the programs. */
function loadedBy(...names) {
  const found = new Set();
  const todo = names.map((name) => join(lib, `${name}.js`));
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b[^'";]*['"](\.\.?\/[^'"]+)['"]/gm,
    );
    for (const [, path] of imports) todo.push(resolve(dirname(file), path));
  }
  return found;
}

/** These files without those of a folder: who uses the library shall not load the command line, and its packages. */
const outside = (folder, files) => new Set([...files].filter((file) => !file.startsWith(join(lib, folder))));
const belowTheLab = (files) => outside('lab/', outside('cli/', files));

/** A chunk of these files of dist/lib, by their names or a pattern, without the programs. */
const chunk = (name, files, priority) => ({
  name,
  test: (id) =>
    id.startsWith(lib) &&
    !/-(?:child|worker)\.js$/.test(id) &&
    (files instanceof RegExp ? files.test(id.slice(lib.length)) : files.has(id)),
  priority,
});
const groups = [
  chunk('protocol', /^course\/sandbox\/protocol\.js$/, 9),
  chunk('engine', loadedBy('course/sandbox/sandbox-child'), 8),
  // What was thrown, or refused by the system, is looked at by the library and by who starts a run alike.
  chunk('base', outside('cli/', loadedBy('cli/main', 'base/thrown', 'base/limits', 'base/permission')), 7),
  chunk('start', loadedBy('cli/main'), 6),
  chunk('process', outside('cli/', loadedBy('cli/run-ahead')), 6),
  chunk('options', belowTheLab(loadedBy('cli/run')), 5),
  chunk('program', loadedBy('cli/program'), 4),
  chunk('subject', outside('cli/', loadedBy('cli/run')), 3),
  chunk('command', loadedBy('cli/run'), 2),
  chunk('summary', outside('cli/', loadedBy('cli/run-result')), 2),
  chunk('result', loadedBy('cli/run-result'), 2),
  chunk('core', /^(?!lab\/|cli\/|course\/)/, 1),
  chunk('run', loadedBy('lab/run/run-child'), 1),
  chunk('profile', loadedBy('lab/run/run-profile'), 1),
  chunk('lab', /^lab\/(?!library\/|live\/|report\/|verify\/|conformance\/)/, 0),
  chunk('report', /^lab\/report\//, 0),
  chunk('live', /^lab\/live\//, 0),
  chunk('verify', /^lab\/verify\//, 0),
  chunk('conformance', /^lab\/conformance\//, 0),
  chunk('library', /^lab\/library\//, 0),
  chunk('course', /^course\//, 0),
];
const { output } = await bundle.write({
  dir: fresh,
  format: 'esm',
  comments: false,
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  codeSplitting: { groups },
});
await bundle.close();

// A chunk that imports a later one would load it for every command that needs the first.
const places = new Map(
  output.map(({ fileName, name }) => [fileName, groups.findIndex((g) => g.name === name)]),
);
for (const { fileName, imports } of output) {
  if (!fileName.startsWith('chunks/')) continue;
  for (const imported of imports)
    if (places.has(imported) && !(places.get(imported) < places.get(fileName)))
      throw new Error(`${fileName} imports ${imported}, which is no chunk before it`);
}

const inPlace = (name) => {
  mkdirSync(dirname(join(lib, name)), { recursive: true });
  renameSync(join(fresh, name), join(lib, name));
};
const written = filesIn(fresh, '.js');
// In texts, templates and patterns alike \\u is the character itself; elsewhere this code has none.
const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
for (const name of written) {
  const text = readFileSync(join(fresh, name), 'utf8');
  writeFileSync(join(fresh, name), text.replace(/[^\0-\x7f]/g, escaped));
}
const chunks = written.filter((name) => name.startsWith('chunks/'));
for (const name of chunks) inPlace(name);
for (const name of written) if (!chunks.includes(name)) inPlace(name);
for (const name of filesIn(join(lib, 'chunks'), '.js'))
  if (!chunks.includes(`chunks/${name}`)) rmSync(join(lib, 'chunks', name));
rmSync(fresh, { recursive: true });
