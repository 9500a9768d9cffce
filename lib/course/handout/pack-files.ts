/**
 * What a file of an instructor's pack leaves to be filled in, where it is graded: by the self-test, or by hand.
 *
 * - `{{name}}` stands for a constant of the student whom it is graded as.
 * - `// reference: Kernel, Pages`, a line of its own, stands for these declarations of the reference beside it: a forgery that does
 *   a part honestly does it as the reference, and holds only what it does otherwise.
 *
 * A hand-in of a student has neither, and is left as it is.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { parseSource, type Tree } from '../source/parse.ts';
import type { HandinFiles } from './hand-in.ts';
import { filled, variantFor } from './start.ts';

export const referenceName = 'reference.mjs';

/** @throws PageHeapError ERR_FILE */
export function readPackFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(path, error);
  }
}

const taken = /^\/\/ reference: (.*)$/m;

/** The names that a declaration at the top of a module declares. */
function declaredBy(node: Tree): string[] {
  const { id, declarations } = node as { id?: Tree | null; declarations?: readonly { id: Tree }[] };
  return [id, ...(declarations ?? []).map((one) => one.id)].flatMap((one) =>
    typeof one?.name === 'string' ? [one.name] : [],
  );
}

/**
 * The text of a pack's file with what it takes from the reference in it.
 * @param reference with its constants filled in
 * @throws PageHeapError ERR_FILE where the reference declares no such name
 */
export function withReference(text: string, reference: () => string): string {
  return text.replace(taken, (_, list: string) => {
    const wanted = new Set(list.split(',').map((name) => name.trim()));
    const source = reference();
    const { tree } = parseSource(source, referenceName, []);
    const parts: string[] = [];
    for (const node of tree.body as readonly Tree[]) {
      const found = declaredBy((node.declaration as Tree | null | undefined) ?? node).filter((name) =>
        wanted.delete(name),
      );
      if (found.length > 0) parts.push(source.slice(node.start, node.end));
    }
    if (wanted.size > 0)
      throw new PageHeapError('ERR_FILE', `the reference declares no ${[...wanted].join(', ')}`, {
        file: referenceName,
      });
    return parts.join('\n\n');
  });
}

/** The folder of an exercise in a pack that a folder is, or lies in: `best-fit`, `best-fit/forgeries`. */
function packFolderOf(folder: string, { id }: Exercise): string | undefined {
  const at = resolve(folder);
  return [at, dirname(at)].find((one) => basename(one) === id && existsSync(join(one, 'mutants.json')));
}

/** @returns the files, filled in; undefined where nothing was open, or the folder is of no pack */
export function filledFromPack(
  folder: string,
  { files }: HandinFiles,
  { exercise, student, term }: { exercise: Exercise; student: string; term: string },
): Map<string, string> | undefined {
  const pack = packFolderOf(folder, exercise);
  if (pack === undefined) return undefined;
  const variant = variantFor(exercise, student, term);
  const fill = (text: string): string => filled(text, variant, student);
  const reference = (): string => fill(readPackFile(join(pack, referenceName)));
  const made = new Map([...files].map(([name, text]) => [name, withReference(fill(text), reference)]));
  return [...made].some(([name, text]) => text !== files.get(name)) ? made : undefined;
}
