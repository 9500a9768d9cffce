/**
 * Whether two groups of runs were made alike: what of machine, kernel, pace and options differs between them.
 *
 * A file of format 1 does not tell all of it: what one side does not tell is named as not known, not as a difference. But numbers and parts
 * of the design are told only where they are other than Go's: where one side has one, the other has Go's.
 *
 * Not here: words for a reader (cli/diff.ts), how runs were treated by their neighbours (pace.ts).
 */
import { otherThanGo } from '../../design/recorded.ts';
import type { RunHeader, RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';

/** One thing that is not the same; each side's values, more than one where its own runs differ. */
export interface Unlike {
  readonly group: 'machine' | 'subject' | 'pace' | 'option' | 'module';
  readonly name: string;
  readonly first: readonly RunValue[];
  readonly second: readonly RunValue[];
}

export interface Likeness {
  readonly unlike: readonly Unlike[];
  /** What one side alone tells, as `machine kernel`. */
  readonly untold: readonly string[];
}

/** Of the machine: what changes figures. Versions of this package change them, too. */
const machine = [
  'kernel',
  'thp',
  'thpDefrag',
  'cpu',
  'cpus',
  'pageSize',
  'hugePageSize',
  'overcommit',
  'node',
  'pageheap',
];

type Members = Readonly<Record<string, RunValue | undefined>>;

function subjectOf({ trace, workload }: RunHeader): Members {
  const { name, ...rest } = workload ?? {};
  return { name: workload === undefined ? trace?.name : name, operations: trace?.ops, ...rest };
}

function valuesOf(runs: readonly RunData[], of: (header: RunHeader) => Members): Map<string, RunValue[]> {
  const values = new Map<string, RunValue[]>();
  for (const { header } of runs)
    for (const [name, value] of Object.entries(of(header))) {
      if (value === undefined) continue;
      const known = values.get(name) ?? [];
      if (!known.some((one) => JSON.stringify(one) === JSON.stringify(value)))
        values.set(name, [...known, value]);
    }
  return values;
}

const groups: readonly (readonly [Unlike['group'], (header: RunHeader) => Members])[] = [
  ['machine', ({ env = {} }) => Object.fromEntries(machine.map((name) => [name, env[name]]))],
  ['subject', subjectOf],
  ['pace', ({ pace = {} }) => pace],
  ['option', ({ options = {} }) => options],
];

/** A class is told by its name: whose it is, its module tells. */
const modulesOf = ({ modules = {} }: RunHeader): Members =>
  Object.fromEntries(
    Object.entries(modules).map(([option, { file, hash }]) => [option, `${file} (${hash.slice(0, 12)})`]),
  );

/** What is told of an option that has Go's value on one side. */
const asInGo = ['as in Go'] as const;

const same = (a: readonly RunValue[], b: readonly RunValue[]): boolean =>
  JSON.stringify([...a].map((v) => JSON.stringify(v)).sort()) ===
  JSON.stringify([...b].map((v) => JSON.stringify(v)).sort());

export function likenessOf(first: readonly RunData[], second: readonly RunData[]): Likeness {
  const unlike: Unlike[] = [];
  const untold: string[] = [];
  for (const [group, of] of groups) {
    const [a, b] = [valuesOf(first, of), valuesOf(second, of)];
    for (const name of new Set([...a.keys(), ...b.keys()])) {
      const [x, y] = [a.get(name), b.get(name)];
      const other = x ?? y ?? [];
      if (x !== undefined && y !== undefined) {
        if (!same(x, y)) unlike.push({ group, name, first: x, second: y });
      } else if (group === 'option' && otherThanGo({ [name]: other[0] }).includes(name))
        unlike.push({ group, name, first: x ?? asInGo, second: y ?? asInGo });
      else untold.push(`${group} ${name}`);
    }
  }
  const [a, b] = [valuesOf(first, modulesOf), valuesOf(second, modulesOf)];
  for (const [name, x] of a) {
    const y = b.get(name);
    if (y !== undefined && !same(x, y)) unlike.push({ group: 'module', name, first: x, second: y });
  }
  return { unlike, untold };
}
