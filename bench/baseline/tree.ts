/**
 * A built checkout as one side of the comparison.
 *
 * Each tree runs its own compiled entries, `dist/bench/ours/CASE.js`, since only they know where in their
 * lib/ a thing lies. What is between is the protocol, and that is kept from commit to commit: an entry is
 * started with the words of its case (`key=value`), prints result lines as JSON (`Measurement` in
 * ../workload.ts) that repeat the words, and ends with 0. It ends with `unknownCase` if it does not know a
 * word or its value; then, as where the entry is missing, the case is new to that tree. `start` alone
 * is this tree's script for both sides: it needs nothing but the public face of the package.
 *
 * That both do the same work is asserted: the words that come back, the check where both report one, of small objects what was
 * allocated by the heap's own accounts (judge.ts), and here the pseudo-random sequence from which every workload draws.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Case } from '../cases.ts';
import { type Command, caseWords, measure } from '../participant.ts';
import type * as workload from '../workload.ts';
import { unknownCase } from '../workload.ts';

/** Why a folder cannot be compared with: one sentence. */
export class NoBaseline extends Error {}

export interface Tree {
  readonly folder: string;
  /** The commit, with a mark if files were changed since; `unknown` outside git. */
  readonly commit: string;
  /** How to measure a case; undefined if this tree has no entry for it. */
  command(of: Case): Command | undefined;
}

/** What would change the measured work, or take the addon from elsewhere. */
const cleared = { PAGEHEAP_ADDON: undefined, GOGC: undefined, GOMEMLIMIT: undefined, GODEBUG: undefined };

/**
 * A built checkout. `starter` is the folder of the entries whose `start.js` both sides run.
 * @throws NoBaseline if there is no build, or its addon does not work here.
 */
export function openTree(path: string, starter: string): Tree {
  const folder = resolve(path);
  const entries = join(folder, 'dist', 'bench', 'ours');
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new NoBaseline(`${path} is no folder`);
  const face = faceOf(folder);
  if (!existsSync(join(entries, 'page-cache.js')) || face === undefined) {
    throw new NoBaseline(
      `${path} is no built checkout of pageheap: run \`npm ci && npm run build\` there first`,
    );
  }
  const command = (of: Case): Command | undefined => {
    const file = join(of.name === 'start' ? starter : entries, `${of.name}.js`);
    if (!existsSync(file)) return undefined;
    const words = of.name === 'start' ? [...caseWords(of), `face=${face}`] : caseWords(of);
    return {
      file: process.execPath,
      args: ['--expose-gc', file, ...words],
      env: cleared,
      unknown: unknownCase,
    };
  };
  const smallest: Case = { name: 'page-cache', params: { mib: '4', repeats: '1' }, targets: [] };
  const probe = measure({ id: path, title: path, command }, smallest);
  if (probe === undefined || 'error' in probe) {
    throw new NoBaseline(
      `the addon of ${path} does not work on this machine (${reasonOf(probe?.error ?? 'no result')}): run \`npm run build:native\` there`,
    );
  }
  return { folder, commit: commitOf(folder), command };
}

/**
 * Whether two trees can be compared.
 * @throws NoBaseline if they are the same folder, or draw from different sequences.
 */
export async function assertComparable(ours: Tree, baseline: Tree): Promise<void> {
  if (realpathSync(ours.folder) === realpathSync(baseline.folder)) {
    throw new NoBaseline(
      'the baseline is this very folder: it must be a built checkout of another commit, or a copy',
    );
  }
  const [a, b] = await Promise.all([ours, baseline].map(sequenceOf));
  if (a !== b)
    throw new NoBaseline(`${baseline.folder} draws other pseudo-random numbers: its workloads are not ours`);
}

/** The beginning of what a tree's workloads draw. */
async function sequenceOf({ folder }: Tree): Promise<string> {
  const url = pathToFileURL(join(folder, 'dist', 'bench', 'workload.js')).href;
  const { Random, mixedSize, pick, seed } = (await import(url)) as typeof workload;
  const random = new Random();
  const drawn = Array.from({ length: 500 }, (_, i) =>
    i % 2 === 0 ? mixedSize(random) : random.below(i + 1),
  );
  const order = Int32Array.from({ length: 64 }, (_, i) => i);
  pick(random, order, 64, 32);
  return [seed, ...drawn, ...order].join();
}

/** Where the package's main entry is, by its package.json. */
function faceOf(folder: string): string | undefined {
  try {
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      exports: { '.': { default: string } };
    };
    const file = join(folder, exports['.'].default);
    return existsSync(file) ? pathToFileURL(file).href : undefined;
  } catch {
    return undefined;
  }
}

/** The telling part of an error's message, without the files in it. */
function reasonOf(text: string): string {
  const line = text.split('\n').find((line) => /^\w*Error.*:/.test(line)) ?? text.split('\n')[0];
  if (/is not built/.test(line)) return 'it is not built';
  // The linker's words for a file that is there, but for another processor.
  if (/cannot open shared object file|ELF/.test(line)) return 'it was built for another machine';
  return line.split(': ').at(-1) as string;
}

function commitOf(folder: string): string {
  const done = spawnSync('git', ['-C', folder, 'describe', '--always', '--dirty=, changed', '--abbrev=10'], {
    encoding: 'utf8',
  });
  return done.status === 0 ? done.stdout.trim() : 'unknown';
}
