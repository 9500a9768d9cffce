/**
 * A trace that shows a fault, as two pictures: the pages over the operations on the heap with the fault, and on the sound one. Each is
 * drawn by its own account; a page that goes back is drawn as gone, whatever the account says of it. Where the rule is broken, the pages are marked that are
 * other in the two; where none are (a page goes back twice), all.
 */
import { type PageOp, pageOpText } from '../../../lab/trace/page-text.ts';
import type { Run } from '../../model/fits.ts';
import type { PageChange, PageHistory, TracePicture } from '../exercise.ts';
import { FaultyHeap, heapPages } from './heaps.ts';
import type { Broken } from './judge.ts';
import { HeapRun } from './steps.ts';

type State = PageChange['to'];

function statesOf({ free, gone }: HeapRun): State[] {
  const states = new Array<State>(heapPages).fill('used');
  for (const { page, n, givenBack } of free)
    states.fill(givenBack === true ? 'released' : 'free', page, Math.min(heapPages, page + n));
  for (const { page, n } of gone) states.fill('released', page, page + n);
  return states;
}

/** The states after each operation. */
function playedOn(heap: FaultyHeap, ops: readonly PageOp[]): State[][] {
  const run = new HeapRun(heap);
  return ops.map((op) => {
    run.play(op);
    return statesOf(run);
  });
}

function partingOf(a: readonly State[] = [], b: readonly State[] = []): Run {
  const others = a.flatMap((state, page) => (state === b[page] ? [] : [page]));
  const [first = 0, last = heapPages - 1] = [others[0], others.at(-1)];
  return { page: first, n: last - first + 1 };
}

export function tracePicture(
  name: string,
  faulty: () => FaultyHeap,
  ops: readonly PageOp[],
  { op, what }: Broken,
): TracePicture {
  const [own, sound] = [playedOn(faulty(), ops), playedOn(new FaultyHeap(undefined, 0), ops)];
  const mark = { op, ...partingOf(own[op], sound[op]) };
  const history = (states: readonly State[][], by: string): PageHistory => ({
    ops: ops.length,
    changes: states.flatMap((pages, i) => pages.map((to, page): PageChange => ({ op: i, page, n: 1, to }))),
    by,
    mark,
  });
  return {
    name,
    told: `${ops.map(pageOpText).join(', ')}. At operation ${op + 1}: ${what}`,
    histories: [history(own, name), history(sound, 'the sound heap')],
  };
}
