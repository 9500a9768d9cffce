/**
 * A page map in two lines of the terminal: what the heap believes of its pages, in address order, and below it what of them
 * is resident. A character stands for as many pages as there is need; of several it shows what most of them are.
 */
import { chartMargin } from './chart.ts';
import type { Colors } from './terminal.ts';

/** By state (lab/report/page-pairs.ts): unmapped, free, released, in use, manual, trapped. */
const beliefs = [' ', '▒', '·', '█', '█', '▒'] as const;
const legendWords = [
  ['█', 'in use'],
  ['▒', 'free'],
  ['·', 'released'],
  ['▄', 'in part'],
] as const;

/** So much of a character's pages is resident: it counts as all, or as some. */
const mostly = 0.75;
const partly = 0.25;

function paint(mark: string, { blue, yellow, dim }: Colors): string {
  if (mark === '█') return blue(mark);
  return mark === '▒' ? yellow(mark) : mark === '·' ? dim(mark) : mark;
}

/** Runs of equal characters are painted as one. */
const painted = (marks: string, colors: Colors): string =>
  marks.replaceAll(/(.)\1*/gu, (run) => {
    const one = paint(run[0], colors);
    return one.replace(run[0], run);
  });

/** @param pairs state × 4 + residency of each page. @param width characters */
export function mapLines(pairs: Uint8Array, width: number, colors: Colors): string[] {
  if (pairs.length === 0 || width < 1) return [];
  let belief = '';
  let kernel = '';
  const counts = new Uint32Array(beliefs.length);
  for (let cell = 0; cell < width; cell++) {
    const from = Math.floor((cell * pairs.length) / width);
    const to = Math.max(from + 1, Math.floor(((cell + 1) * pairs.length) / width));
    counts.fill(0);
    let resident = 0;
    for (let i = from; i < to; i++) {
      counts[pairs[i] >> 2]++;
      // Two halves of a page; 3 is not known.
      const halves = pairs[i] & 3;
      resident += halves === 3 ? 0 : halves / 2;
    }
    belief += beliefs[counts.indexOf(Math.max(...counts))] ?? ' ';
    const share = resident / (to - from);
    kernel += share >= mostly ? '█' : share >= partly ? '▄' : share > 0 ? '·' : ' ';
  }
  const line = (label: string, marks: string): string =>
    `${label.padEnd(chartMargin)}${painted(marks.trimEnd(), colors)}`;
  return [line('believed', belief), line('resident', kernel)];
}

/** When it was so, and what the characters mean, as much of it as has room. */
export function mapLegend(columns: number, colors: Colors, when: string): string {
  let room = columns - chartMargin - 1 - (when.length + 2);
  const words = [when];
  for (const [mark, meaning] of legendWords) {
    room -= meaning.length + 4;
    if (room >= -2) words.push(`${paint(mark, colors)} ${meaning}`);
  }
  return `${' '.repeat(chartMargin)}${words.join('  ')}`;
}
