/**
 * Nothing of a reference is in the package that students install: no function of one is alike a function of the compiled package,
 * by the shape of their syntax trees (names and layout do not matter). So a copy is seen, and a rule that is written anew is not. The
 * exceptions are named. What of the package is worth points, though no reference is like it, is not seen here: the judge's models
 * are such, and in-package.test.ts hands them in.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exercises } from '../../lib/course/exercises/registry.ts';
import { ownPack } from '../../lib/course/grading/self-test.ts';
import { compiledModules } from '../../lib/course/source/in-package.ts';
import { isFunction, parseSource, type Tree, walk } from '../../lib/course/source/parse.ts';
import { tokensOf } from '../../lib/course/source/similarity.ts';

/** So many tokens in a row are looked for. */
const gram = 6;
/** Shorter functions say too little. */
const leastTokens = 40;
/** A function is taken for shipped when as much of it is in one that is. */
const most = 0.5;

/** What the judge has to have, too: of an exercise on how a heap works its model is one of those heaps. */
const models: Readonly<Record<string, readonly string[]>> = {
  // The lowest, the smallest, the next: the rule of three lines, as the README says it.
  'best-fit': ['choose'],
};

interface Shape {
  readonly name: string;
  readonly grams: ReadonlySet<string>;
}

const nameOf = (parents: readonly Tree[], node: Tree): string =>
  [node.id, ...[...parents].reverse().map(({ key, id }) => key ?? id)]
    .map((one) => (one as { name?: string } | null | undefined)?.name)
    .find((name) => name !== undefined) ?? 'a function';

/** The functions of a module that are long enough, the methods of its classes among them. */
function shapesOf(tree: Tree): Shape[] {
  const shapes: Shape[] = [];
  walk(tree, (node, parents) => {
    if (!isFunction(node)) return;
    const tokens = tokensOf(node);
    if (tokens.length < leastTokens) return;
    const grams = tokens.slice(gram - 1).map((_, i) => tokens.slice(i, i + gram).join('|'));
    shapes.push({ name: nameOf(parents, node), grams: new Set(grams) });
  });
  return shapes;
}

const shipped = [...compiledModules(/^(?:chunks|course)\/.*\.js$/)].flatMap(({ tree }) => shapesOf(tree));

/** Which functions have it. */
const having = new Map<string, number[]>();
for (const [i, { grams }] of shipped.entries())
  for (const one of grams) having.set(one, [...(having.get(one) ?? []), i]);

/** Functions of a source that the package has, too: `mean: 80 % of it in average`. */
function shippedOf(text: string, but: readonly string[]): string[] {
  return shapesOf(parseSource(text, 'a reference', []).tree).flatMap(({ name, grams }) => {
    if (but.includes(name)) return [];
    const common = new Map<number, number>();
    for (const one of grams) for (const i of having.get(one) ?? []) common.set(i, (common.get(i) ?? 0) + 1);
    const [at, n] = [...common].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0]);
    const share = n / grams.size;
    return share >= most ? [`${name}: ${Math.round(100 * share)} % of it in ${shipped[at]?.name}`] : [];
  });
}

describe('a function of the reference', () => {
  for (const { id } of exercises) {
    const path = join(ownPack, id, 'reference.mjs');
    if (!existsSync(path)) continue;
    it(`of ${id} is in no module of the package`, () => {
      const text = readFileSync(path, 'utf8').replace(/\{\{\w+\}\}/g, '1');
      expect(shippedOf(text, models[id] ?? [])).toEqual([]);
    });
  }
});

it('what is shipped is seen, whatever its names', () => {
  expect(shipped.length).toBeGreaterThan(1000);
  const text = readFileSync(join(ownPack, 'best-fit', 'reference.mjs'), 'utf8').replace(/\{\{\w+\}\}/g, '1');
  const renamed = text.replace(/\b(runs|page|best|n)\b/g, 'its_$1');
  expect(shippedOf(renamed, [])).toContainEqual(expect.stringMatching(/^choose: \d+ % of it in /));
});
