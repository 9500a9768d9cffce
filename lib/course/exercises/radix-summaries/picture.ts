/**
 * The heap of the work measures as a picture: what allocations take of it, one after another.
 *
 * It has far more pages than a picture has rows, and nearly all of them stay as they are. So only stretches in which something is
 * allocated are drawn, one above the other with a gap between. All that is before the first allocation is one operation.
 */
import type { Run } from '../../model/fits.ts';
import type { PageChange, PageHistory } from '../exercise.ts';
import { allPages, type Move } from './play.ts';

/** Stretches that are nearer to each other are one. */
const nearest = 1024;
/** Pages around what is allocated. */
const margin = 32;
/** Of the height of the picture. */
const gapShare = 24;

/** Where something is allocated, from the lowest up. */
function stretchesOf(taken: readonly Run[]): Run[] {
  const stretches: Run[] = [];
  for (const { page, n } of [...taken].sort((a, b) => a.page - b.page)) {
    const last = stretches.at(-1);
    const end = Math.min(allPages, page + n + margin);
    if (last !== undefined && page - margin - (last.page + last.n) < nearest)
      last.n = Math.max(last.n, end - last.page);
    else {
      const from = Math.max(0, page - margin);
      stretches.push({ page: from, n: end - from });
    }
  }
  return stretches;
}

const rangeText = ({ page, n }: Run): string => `${page} to ${page + n - 1}`;

/** @param places of each move: where an allocation lies */
export function pictureOf(moves: readonly Move[], places: readonly (number | undefined)[]): PageHistory {
  const before = moves.findIndex(({ k }) => k === 'alloc');
  const taken = moves.flatMap(({ k, n }, i) => {
    const page = places[i] ?? -1;
    return k === 'alloc' && page >= 0 ? [{ page, n }] : [];
  });
  const stretches = stretchesOf(taken);
  const gap = Math.ceil(stretches.reduce((sum, { n }) => sum + n, 0) / gapShare);
  const changes: PageChange[] = [];
  /** Adds a change, in the stretches that it touches. */
  const add = (op: number, { page, n }: Run, to: PageChange['to']): void => {
    let base = 0;
    for (const stretch of stretches) {
      const from = Math.max(page, stretch.page);
      const end = Math.min(page + n, stretch.page + stretch.n);
      if (from < end) changes.push({ op, page: base + from - stretch.page, n: end - from, to });
      base += stretch.n + gap;
    }
  };
  add(0, { page: 0, n: allPages }, 'used');
  moves.forEach((move, i) => {
    const page = move.k === 'alloc' ? (places[i] ?? -1) : move.page;
    if (page >= 0) add(Math.max(0, i - before + 1), { page, n: move.n }, move.k === 'free' ? 'free' : 'used');
  });
  return {
    ops: moves.length - before + 1,
    changes,
    drawn: `pages ${stretches.map(rangeText).join(' and ')} of ${allPages}: all that is allocated lies there; the first operation is all frees before`,
  };
}
