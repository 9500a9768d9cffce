/** The example page heap, edited: each edit must find its place in the text. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { expect } from 'vitest';
import type { PageHeapClass } from '../../../lib/pages/contract.ts';

const example = readFileSync(
  fileURLToPath(new URL('../../../examples/first-fit.mjs', import.meta.url)),
  'utf8',
);

export type Edit = readonly [from: string, to: string];

/** The class of a text like the example's, after some edits, each of which must find its place. */
export function classOf(...edits: readonly Edit[]): PageHeapClass {
  const text = edits.reduce((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replace(from, () => to);
  }, example);
  return runInThisContext(`${text.replace('export default class', '(class')})`, {
    filename: '/home/me/mine.mjs',
  }) as PageHeapClass;
}

/** Adds a statement at the beginning of a method. */
export const into = (method: string, statement: string): Edit => [
  `  ${method} {\n`,
  `  ${method} {\n    ${statement}\n`,
];
/** Adds members to the class. */
export const also = (method: string): Edit => [
  '  forEachFree(visit) {',
  `  ${method}\n\n  forEachFree(visit) {`,
];
