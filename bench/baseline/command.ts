/**
 * `npm run bench -- --baseline FOLDER`: this tree against a built checkout of another commit.
 *
 * judge.ts says when a case counts as slower, tree.ts what runs on each side. Exit code 0: nothing is slower;
 * 1: something is; 2: the comparison could not be made; 3: nothing was found slower, but of some rows that cannot be told.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeDocument } from '../../lib/lab/record/document.ts';
import type { Case } from '../cases.ts';
import { noCase } from '../participant.ts';
import { changeCases } from './cases.ts';
import { leastPairs } from './interval.ts';
import { judge, limit, type Side } from './judge.ts';
import { Pairs } from './pair.ts';
import { changeTable, exitCode, rowTitle } from './report.ts';
import { assertComparable, NoBaseline, openTree, type Tree } from './tree.ts';

export interface BaselineOptions {
  readonly root: string;
  readonly baseline: string;
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: boolean;
  /** Where the JSON goes as well; undefined: nowhere. */
  readonly out: string | undefined;
  readonly chosen: (of: Case) => boolean;
  /** Facts of the machine, for the JSON. */
  readonly environment: { readonly load: number };
  readonly note: (text: string) => void;
}

export async function againstBaseline(options: BaselineOptions): Promise<number> {
  const { root, note, environment } = options;
  const { rounds } = options;
  if (rounds < leastPairs)
    throw new NoBaseline(`a verdict needs at least ${leastPairs} rounds, not ${rounds}`);
  const fixture = join(root, 'test', 'fixtures', 'golden', 'radix', 'pa-64-20k.jsonl.gz');
  const program = join(root, 'traces', 'sqlite-ramp.mtrace.gz');
  const cases = changeCases({
    quick: options.quick,
    trace: existsSync(fixture) ? fixture : undefined,
    program: existsSync(program) ? program : undefined,
  }).filter(options.chosen);
  if (cases.length === 0) throw new NoBaseline(noCase(options.quick));

  const starter = join(root, 'dist', 'bench', 'ours');
  const trees: Record<Side, Tree> = {
    ours: openTree(root, starter),
    baseline: openTree(options.baseline, starter),
  };
  await assertComparable(trees.ours, trees.baseline);
  note(
    `ours ${trees.ours.commit}, baseline ${trees.baseline.commit}: ${cases.length} cases, ${rounds} rounds, load ${environment.load.toFixed(1)}`,
  );
  const begin = performance.now();
  const pairs = new Pairs(join(root, 'dist', 'bench', 'baseline', 'turns.js'));
  const judgement = await judge({
    rounds,
    cases,
    async measure(of, first) {
      const second: Side = first === 'ours' ? 'baseline' : 'ours';
      const [a, b] = await pairs.run(trees[first].command(of), trees[second].command(of));
      return { [first]: a, [second]: b } as Record<Side, typeof a>;
    },
    progress(stage, round, of, at) {
      if (!process.stderr.isTTY) return;
      const again = stage === 1 ? '' : `measured again (${stage - 1} of 2), `;
      const text = `${again}round ${round + 1}/${of} ${rowTitle(at)}`;
      process.stderr.write(`\r\u001b[K${text.slice(0, 100)}`);
    },
  }).finally(() => pairs.dispose());
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  note(`took ${((performance.now() - begin) / 60_000).toFixed(1)} minutes`);

  const json = `${JSON.stringify(
    {
      format: 'pageheap-change/1',
      limit,
      rounds,
      quick: options.quick,
      environment,
      ours: trees.ours.commit,
      baseline: trees.baseline.commit,
      exitCode: exitCode(judgement),
      ...judgement,
    },
    null,
    1,
  )}\n`;
  process.stdout.write(options.json ? json : `${changeTable(judgement)}\n`);
  if (options.out !== undefined) {
    writeDocument(options.out, json);
  }
  return exitCode(judgement);
}
