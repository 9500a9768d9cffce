/**
 * Measures the sources: how long files are, and how much a constructor is given.
 *
 * It reads text, as the formatter leaves it: a class's constructor stands two spaces in, and an interface's members
 * a line each, `  readonly name`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Source {
  /** From the root of the project. */
  readonly file: string;
  readonly text: string;
}

export function sourcesIn(root: string, folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:[cm]?ts|cc|h)$/.test(name))
      .sort()
      .map((name) => {
        const file = posix.join(folder, name);
        return { file, text: readFileSync(join(root, file), 'utf8') };
      }),
  );
}

/** `lib/a.ts has 451 lines`, for files longer than `most`. */
export function tooLong(sources: readonly Source[], most: number): string[] {
  return sources.flatMap(({ file, text }) => {
    const lines = text.split('\n').length - 1;
    return lines > most ? [`${file} has ${lines} lines`] : [];
  });
}

/** Splits at commas that stand in no brackets. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if ('([{<'.includes(text[i]!)) depth++;
    else if (')]}'.includes(text[i]!) || (text[i] === '>' && text[i - 1] !== '=')) depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '');
}

/** The text between a bracket at `open` and the one that closes it. */
function bracketed(text: string, open: number): string {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if ('([{'.includes(text[i]!)) depth++;
    else if (')]}'.includes(text[i]!) && --depth === 0) return text.slice(open + 1, i);
  }
  return '';
}

/** The members of an interface of that name, its own and those of what it extends; none where there is none. */
function membersOf(sources: readonly Source[], from: Source, name: string): Set<string> {
  const declaration = new RegExp(
    `^(?:export )?interface ${name}(?:<[^{]*?>)?(?: extends ([\\w, ]+))? \\{`,
    'm',
  );
  const imported = new RegExp(`^import[^'"]*\\b${name}\\b[^'"]*from '(\\.[^']*)'`, 'm').exec(from.text)?.[1];
  const at =
    imported === undefined
      ? from
      : sources.find(({ file }) => file === posix.join(posix.dirname(from.file), imported));
  const found = at === undefined ? null : declaration.exec(at.text);
  if (at === undefined || found === null) return new Set();
  const body = bracketed(at.text, found.index + found[0].length - 1);
  const own = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, member]) => member!);
  const bases = splitList(found[1] ?? '').flatMap((base) => [...membersOf(sources, at, base)]);
  return new Set([...own, ...bases]);
}

/** `lib/a.ts: the constructor of A is given 9`, counting parameters, or the members of a bundle
 * among them: an object that is taken apart, or is named so. */
export function tooMuchGiven(sources: readonly Source[], most: number): string[] {
  const found: string[] = [];
  for (const source of sources) {
    const { file, text } = source;
    for (const match of text.matchAll(/^ {2}(?:(?:private|protected) )?constructor\(/gm)) {
      const name = [...text.slice(0, match.index).matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm)].at(
        -1,
      )?.[1];
      const parameters = splitList(bracketed(text, match.index + match[0].length - 1));
      const given = parameters.map((parameter) => {
        const type = /: (\w+)(?: = .*)?$/s.exec(parameter)?.[1] ?? '';
        // Other types are things that the class works with, each of them one.
        const isBundle = parameter.startsWith('{') || /(?:Deps|Options|Settings)$/.test(type);
        return isBundle ? membersOf(sources, source, type).size : 1;
      });
      const total = Math.max(parameters.length, ...given);
      if (total > most) found.push(`${file}: the constructor of ${name} is given ${total}`);
    }
  }
  return found;
}
