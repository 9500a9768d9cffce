/**
 * Calls on the hand-in's treap: inserts, removes and finds, and after each a look at the whole tree, which has one right shape.
 *
 * The shape follows from the runs alone. So whoever keeps no tree can work it out in `forEach`; but not without going through
 * all runs, while in a tree the first run is a way down. That is what a look in a large tree counts.
 */
import type { Run } from '../../model/fits.ts';
import type { Answer } from '../../sandbox/protocol.ts';
import type { Asked, Wrong } from '../asked.ts';
import { byKey, type Node, type PriorityRule, priorityOf, shapeOf, treeText } from './trees.ts';

export const treeTarget = 'RunTreap';

export type TreeOp =
  | { readonly k: 'insert' | 'remove'; readonly page: number; readonly n: number }
  | { readonly k: 'find'; readonly n: number };

/** The best fit: the shortest run that is long enough, of several the lowest. */
export const bestOf = (runs: readonly Run[], n: number): Run | undefined =>
  runs.filter((run) => run.n >= n).sort(byKey)[0];

/** The nodes that `forEach` visited; undefined where they are none. */
function nodesOf(answer: Answer): Node[] | undefined {
  const visits = answer[2] ?? [];
  if ('!' in visits) return undefined;
  const isNode = visits.every((visit) => visit.length >= 3 && visit.slice(0, 3).every(Number.isInteger));
  return isNode ? visits.map((visit) => visit.slice(0, 3) as unknown as Node) : undefined;
}

/** Units until `forEach` visits the first run: in a tree the way down to it, some two or three a step, of twenty at most. */
export const mostToFirst = 100;
/** Fewer runs are gone through within that. */
export const largeRuns = 300;

/** Whether the tree was there, or is worked out when it is looked at. */
function workedOut(answer: Answer, runs: number): Wrong | undefined {
  const visits = answer[2] ?? [];
  const units = '!' in visits ? undefined : visits[0]?.at(-1);
  return runs < largeRuns || (typeof units === 'number' && units <= mostToFirst)
    ? undefined
    : {
        cause: 'forEach goes through the runs before it visits the first',
        answered: `${String(units)} units until the first of ${runs} runs is visited`,
        expected: `at most ${mostToFirst}: in a tree that is there it is one way down`,
      };
}

/** What is wrong with a tree, the plainest first. */
function wrongTree(answer: Answer, right: readonly Node[], rule: PriorityRule): Wrong | undefined {
  const nodes = nodesOf(answer);
  if (nodes === undefined)
    return {
      cause: 'forEach visits what is no node',
      answered: 'something else',
      expected: 'visit(page, n, depth) for each run',
    };
  if (JSON.stringify(nodes) === JSON.stringify(right)) return undefined;
  const other = nodes.findIndex((node, i) => JSON.stringify(node) !== JSON.stringify(right[i]));
  const text = (tree: readonly Node[], at: number): string =>
    treeText(tree, Math.min(at < 0 ? nodes.length : at, tree.length - 1));
  const wrong = (cause: string, at = other, more = ''): Wrong => ({
    cause,
    answered: `${text(nodes, at)}${more}`,
    expected: text(right, at),
  });
  const names = new Set(nodes.map(([page, n]) => `${n}@${page}`));
  if (names.size < nodes.length) return wrong('a run is in the tree twice');
  if (right.some(([page, n]) => !names.has(`${n}@${page}`))) return wrong('a run is missing in the tree');
  if (nodes.length > right.length) return wrong('a run is in the tree that was removed');
  if (nodes.some((node, i) => i > 0 && byKey(asRun(nodes[i - 1] as Node), asRun(node)) > 0))
    return wrong('the runs are not in the order of their keys');
  if (nodes.some(([, , depth]) => depth < 0) || !isTree(nodes))
    return wrong('the depths are those of no tree');
  const sign = rule.top === 'largest' ? 1 : -1;
  const high = nodes.findIndex((node, i) => {
    const parent = parentOf(nodes, i);
    return parent !== undefined && sign * (priorityOf(node[0], rule) - priorityOf(parent[0], rule)) > 0;
  });
  if (high < 0) return wrong('the tree has another shape');
  const [page, n] = nodes[high] as Node;
  return wrong(
    'priorities are no heap: a run belongs above its parent',
    high,
    `; ${n}@${page} belongs above its parent`,
  );
}

const asRun = ([page, n]: Node): Run => ({ page, n });

/** The nearest node with a depth of one less, on the side where nothing lies higher between. */
function parentOf(nodes: readonly Node[], i: number): Node | undefined {
  const [, , depth] = nodes[i] as Node;
  for (const step of [-1, 1])
    for (let at = i + step; at >= 0 && at < nodes.length; at += step) {
      const other = nodes[at] as Node;
      if (other[2] === depth - 1) return other;
      if (other[2] < depth - 1) break;
    }
  return undefined;
}

/** Whether every part between two nodes has just one on top. */
function isTree(nodes: readonly Node[]): boolean {
  const go = (from: number, to: number, depth: number): boolean => {
    if (from >= to) return true;
    const tops = nodes.slice(from, to).filter((node) => node[2] <= depth);
    if (tops.length !== 1 || tops[0]?.[2] !== depth) return false;
    const top = nodes.indexOf(tops[0] as Node, from);
    return go(from, top, depth + 1) && go(top + 1, to, depth + 1);
  };
  return go(0, nodes.length, 0);
}

/** @param looks whether the tree is looked at after each change; in the end it is in any case */
export function treeAsked(ops: readonly TreeOp[], rule: PriorityRule, looks: boolean): Asked[] {
  const runs: Run[] = [];
  const asked: Asked[] = [];
  const look = (): void => {
    const right = shapeOf(runs, rule);
    asked.push({
      call: [0, 'forEach', { collect: 'counted' }],
      text: 'forEach',
      isLook: true,
      expected: treeText(right),
      judge: (answer) => wrongTree(answer, right, rule) ?? workedOut(answer, right.length),
    });
  };
  for (const op of ops) {
    if (op.k === 'find') {
      const best = bestOf(runs, op.n);
      const right = best?.page ?? -1;
      asked.push({
        call: [0, 'find', op.n],
        text: `find(${op.n})`,
        figure: 'find',
        expected: String(right),
        judge: ([value]) =>
          value === right
            ? undefined
            : {
                cause:
                  typeof value !== 'number'
                    ? 'find answers no page'
                    : value < 0
                      ? 'find finds nothing where there is a run'
                      : 'find answers another run than the best fit',
                expected:
                  best === undefined ? '−1: no run is long enough' : `${right}: the run of ${best.n} pages`,
              },
      });
      continue;
    }
    if (op.k === 'insert') runs.push({ page: op.page, n: op.n });
    else
      runs.splice(
        runs.findIndex(({ page }) => page === op.page),
        1,
      );
    asked.push({
      call: [0, op.k, op.page, op.n],
      text: `${op.k}(${op.page}, ${op.n})`,
      figure: 'change',
      expected: 'that it returns, without an error',
    });
    if (looks) look();
  }
  if (!looks) look();
  return asked;
}
