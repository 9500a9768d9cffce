/**
 * How much of a hand-in stands in the package itself: its fingerprints (similarity.ts) beside those of each function, class and
 * constant of the compiled modules, which every student has in node_modules.
 *
 * The judge needs its models, so they are there, and whoever hands one in with an adapter around it has solved little. A declaration
 * counts once it shares `manyPrints`, or, as a short one, nearly all of it. Of some six hundred references, mutants, forgeries and
 * hand-ins of people none shares more than 8 with one declaration; models that were cut out share 46 and more. That is counted in
 * pieces and not in per cent, since code of one's own beside a copy makes no less a copy of it. What the handout gave is left out.
 *
 * The modules are read when the first hand-in is looked at (a second of a processor), and kept. Where they are missing, as in a
 * clone that nobody has built, nothing is told.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-files.ts';
import { parseSource, type Tree } from './parse.ts';
import { ownPrints, printsOf } from './similarity.ts';

/** Fingerprints in one declaration from which on it counts. */
const manyPrints = 16;
/** Of a short one: so many, if they are this much of it. */
const fewPrints = 8;
const nearlyAll = 0.8;

/** The modules with heaps, models and exercises: chunks, or files where they were not put together. */
const withModels =
  /^(?:chunks\/(?:core|course|conformance)-|(?:course|pages|heap|alloc|gc|scavenge)\/).*\.js$/;

export interface CompiledModule {
  readonly text: string;
  readonly tree: Tree;
}

/** The compiled modules of the package; none where there are none. */
export function* compiledModules(isWanted: RegExp): Generator<CompiledModule> {
  const folder = join(packageRoot, 'dist', 'lib');
  let paths: string[];
  try {
    paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return;
  }
  for (const path of paths.filter((one) => isWanted.test(one)).sort()) {
    try {
      const text = readFileSync(join(folder, path), 'utf8');
      yield { text, tree: parseSource(text, path, []).tree };
    } catch {
      // Gone meanwhile, by a build, or no module: the others are compared.
    }
  }
}

/** What a module declares at its top, by name. */
export function topOf(tree: Tree): { name: string; declared: Tree }[] {
  const found: { name: string; declared: Tree }[] = [];
  for (const statement of tree.body as Tree[]) {
    const top = (statement.declaration as Tree | null | undefined) ?? statement;
    for (const one of (top.declarations as Tree[] | undefined) ?? [top]) {
      const { name } = (one.id as { name?: string } | null | undefined) ?? {};
      // Two of a name in one chunk are told apart by a number that nobody wrote.
      if (name !== undefined) found.push({ name: name.replace(/\$\d+$/, ''), declared: one });
    }
  }
  return found;
}

interface Declaration {
  readonly name: string;
  readonly prints: ReadonlySet<number>;
}

let read: readonly Declaration[] | undefined;

function declarations(): readonly Declaration[] {
  read ??= [...compiledModules(withModels)]
    .flatMap(({ tree }) => topOf(tree).map(({ name, declared }) => ({ name, prints: printsOf(declared) })))
    .filter(({ prints }) => prints.size >= fewPrints);
  return read;
}

export interface InPackage {
  /** Of the hand-in without what was given, 0 to 1: how much is in those declarations. */
  readonly share: number;
  /** Fingerprints in both. */
  readonly common: number;
  /** Names of the declarations, those that share most first. */
  readonly of: readonly string[];
}

/** @returns undefined where no declaration of the package is in it */
export function inPackage(text: string, given: string): InPackage | undefined {
  const own = ownPrints(text, given);
  if (own.size < fewPrints) return undefined;
  const shared = declarations()
    .map(({ name, prints }) => ({ name, size: prints.size, both: [...prints].filter((one) => own.has(one)) }))
    .filter(
      ({ size, both: { length } }) =>
        length >= manyPrints || (length >= fewPrints && length >= nearlyAll * size),
    )
    .sort((a, b) => b.both.length - a.both.length || (a.name < b.name ? -1 : 1));
  if (shared.length === 0) return undefined;
  const common = new Set(shared.flatMap(({ both }) => both)).size;
  return { share: common / own.size, common, of: [...new Set(shared.map(({ name }) => name))] };
}
