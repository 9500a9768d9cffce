/**
 * The tables of options in the documents, from the declarations. `npm run build:ts && node
 * scripts/generate-option-tables.js` writes them; a test holds them.
 */
import { designOptions, generations } from '../design/design.ts';
import { presets } from '../design/generations.ts';
import type { Option, Options } from '../design/option.ts';
import { heapOptions, surroundings } from '../design/options.ts';
import { partOptions } from '../design/parts.ts';
import { tuningOptions } from '../design/tuning.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../lab/subject/subject-options.ts';

const row = (cells: readonly string[]): string =>
  `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');

function defaultOf({ kind, default: value, otherwise = '' }: Option<unknown>): string {
  return value === undefined ? otherwise : kind.format(value);
}

/** A default as it is written in a program. */
function writtenDefault({ default: value, otherwise = '' }: Option<unknown>): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'number') return value === undefined ? otherwise : String(value);
  if (value >= 2 ** 53) return 'Infinity';
  return value >= 1e9 ? `${value / 1e9}e9` : String(value);
}

function flagsIn({ flag, canBeOn }: Option<unknown>): string {
  if (flag === undefined) return '';
  return canBeOn === true ? `${code(`--${flag}`)}, ${code(`--no-${flag}`)}` : code(`--${flag}`);
}

/** Options of the library, `new Heap(options)`. */
function heapTable(options: Options): string {
  return table(
    ['option', 'type and range', 'default', 'environment', 'flag', 'what it is'],
    Object.entries(options).map(([name, option]) => [
      code(name),
      option.kind.type,
      writtenDefault(option),
      option.environment ?? '',
      flagsIn(option),
      option.more === undefined ? option.help : `${option.help}. ${option.more}`,
    ]),
  );
}

/** Options of a run, by their flags. */
function runTable(options: Options): string {
  return table(
    ['flag', 'takes', 'default', 'recorded as', 'what it is'],
    Object.entries(options).map(([name, option]) => [
      code(`--${option.flag ?? name}`),
      option.kind.takes,
      defaultOf(option),
      code(`run.${option.recorded ?? 'options'}.${name}`),
      option.help,
    ]),
  );
}

/** What each generation chose, by the flags. What is the same in all of them unless it is asked for has no row. */
function presetTable(): string {
  return table(
    ['option', 'lists (2014)', 'treap (2019)', 'radix (2023)'],
    Object.entries(designOptions as Options)
      .filter(([name]) => Object.hasOwn(presets.radix, name))
      .map(([name, { flag = name, kind }]) => [
        code(flag),
        ...generations.map((of) => kind.format((presets[of] as unknown as Record<string, unknown>)[name])),
      ]),
  );
}

/** The tables by document; each stands between `<!-- options: name -->` and `<!-- end of options -->`. */
export const optionTables: readonly {
  readonly document: string;
  readonly name: string;
  readonly table: string;
}[] = [
  {
    document: 'docs/library.md',
    name: 'heap',
    table: heapTable({ ...designOptions, ...heapOptions, ...surroundings }),
  },
  {
    document: 'docs/library.md',
    name: 'tuning',
    table: heapTable(tuningOptions),
  },
  {
    document: 'docs/library.md',
    name: 'parts',
    table: heapTable(partOptions),
  },
  { document: 'docs/compare.md', name: 'generations', table: presetTable() },
  {
    document: 'docs/run-file.md',
    name: 'run',
    table: runTable({ ...traceOptions, ...workloadOptions, ...samplingOptions }),
  },
];

/** A document with one of its tables as it is declared; undefined where it has no place for it. */
export function withOptionTable(text: string, name: string, rows: string): string | undefined {
  const place = new RegExp(`(<!-- options: ${name} -->\n)[^]*?(\n<!-- end of options -->)`);
  return place.test(text)
    ? text.replace(place, (_all, before, after) => `${before}\n${rows}\n${after}`)
    : undefined;
}
