/**
 * The traces of real programs that the package ships, by name.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-files.ts';
import { standardInput } from '../trace/bytes.ts';

const traces = join(packageRoot, 'traces');
const shippedEnding = /\.(?:mtrace|rep|rec)(?:\.gz)?$/;

/** What is in the shipped traces, a paragraph each. */
export const traceDescriptions: Readonly<Record<string, string>> = {
  git: '`git log --stat` of a few commits: 8,655 operations, 4.3 MiB alive at most. The shortest; for trying things out.',
  perl: 'A growing and shrinking hash of lists in Perl: 237,640 operations, 16.9 MiB alive at most.',
  'sqlite-ramp':
    'sqlite3 in memory: two rounds of 45,000 rows of up to 5 KiB, sort, delete 90 %, vacuum, aggregate, vacuum: ' +
    '1,920,406 operations, 307 MiB alive at most. It climbs, falls, climbs and falls again: what is given back, ' +
    'and how soon?',
};

/** The names by which shipped traces can be given, in alphabetical order. */
export function shippedTraces(): string[] {
  if (!existsSync(traces)) return [];
  const names = readdirSync(traces).filter((file) => shippedEnding.test(file));
  return names.map((file) => file.replace(shippedEnding, '')).sort();
}

/** What a shell calls a file that is open already, as in `pageheap run <(zcat my.mtrace.gz)`. */
const openFile = /^\/(?:dev|proc\/self)\/(?:fd\/(\d+)|stdin)$/;

/**
 * The file of a trace: a file of that name, else the shipped trace of that name, else the name as
 * it was given (opening it will say what is wrong). `-` is standard input.
 *
 * The run is another process, so a file of this one that is open gets a name that it has there, too.
 */
export function resolveTrace(name: string): string {
  const open = openFile.exec(name);
  if (open !== null) {
    const fd = open[1] ?? '0';
    return fd === '0' ? standardInput : `/proc/${process.pid}/fd/${fd}`;
  }
  if (name === standardInput || existsSync(name) || name.includes('/') || !existsSync(traces)) return name;
  const file = readdirSync(traces).find(
    (f) => shippedEnding.test(f) && f.replace(shippedEnding, '') === name,
  );
  return file === undefined ? name : join(traces, file);
}
