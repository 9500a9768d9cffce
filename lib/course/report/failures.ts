/**
 * Failures as text: those of one cause together, and of each cause the shortest example, drawn: pages, or a figure over time.
 */

import type { Failure } from '../exercises/exercise.ts';
import type { CheckGrade, Grade, MeasureGrade } from '../grading/grade.ts';
import { drawCurve } from './curve.ts';
import { drawStrip, stripLegend } from './strip.ts';

/** What is used of colour. */
export interface Paint {
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export interface FailureCause {
  readonly cause: string;
  /** Names of checks and measures. */
  readonly names: readonly string[];
  /** Of those that are told whole, if there are any, that with the fewest operations. */
  readonly shortest: Failure;
  readonly name: string;
}

/** The failures of a grade, cause by cause, in the order in which they came. */
export function causesOf({ checks, measures }: Pick<Grade, 'checks' | 'measures'>): FailureCause[] {
  const causes = new Map<string, { name: string; failure: Failure }[]>();
  for (const { name, failure } of [...checks, ...measures] as readonly (CheckGrade | MeasureGrade)[]) {
    if (failure === undefined || failure === null) continue;
    const of = causes.get(failure.cause) ?? [];
    of.push({ name, failure });
    causes.set(failure.cause, of);
  }
  return [...causes].map(([cause, of]) => {
    const first = of.reduce((a, b) => (isShorter(b.failure, a.failure) ? b : a));
    return { cause, names: of.map(({ name }) => name), shortest: first.failure, name: first.name };
  });
}

/** What is told whole before what is a part of a long program. */
function isShorter(a: Failure, b: Failure): boolean {
  const isPart = ({ operations }: Failure): number => Number(operations !== undefined);
  return (isPart(a) - isPart(b) || operationsOf(a) - operationsOf(b)) < 0;
}

const operationsOf = ({ steps, operations = steps.length }: Failure): number => operations;

const mostSteps = 14;

/** Text in lines of so many columns, further lines indented. */
function folded(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

/** Whether a text names a place of the source, such as `mine.mjs:12`. */
export function namesPlace(text: string, place: string): boolean {
  const at = text.indexOf(place);
  return at >= 0 && (!/^\d/.test(text.slice(at + place.length)) || namesPlace(text.slice(at + 1), place));
}

/** A failure, below its cause: what was asked, answered, expected, and the pages. */
export function drawFailure(failure: Failure, columns: number, paint: Paint): string {
  const margin = 13;
  const indent = ' '.repeat(margin + 2);
  const width = Math.max(20, columns - margin - 2);
  const fact = (title: string, text: string): string =>
    `  ${title.padEnd(margin)}${folded(text, width, indent)}`;
  const { cause, asked, answered, expected, at, begun, steps, apart, strip, curve } = failure;
  const lines = [fact('asked', asked), fact('answered', paint.red(answered)), fact('expected', expected)];
  if (at !== undefined && !namesPlace(`${cause} ${answered}`, at)) lines.push(fact('at', at));
  const shown = steps.slice(-mostSteps);
  const earlier = operationsOf(failure) - shown.length;
  const before = [
    ...(begun === undefined ? [] : [begun]),
    ...(earlier > 0 && shown.length > 0 ? [`… ${earlier} earlier`] : []),
    ...shown.slice(0, -1),
  ];
  if (before.length > 0 && apart === undefined) lines.push(fact('after', before.join(', ')));
  if (apart) for (const [i, step] of before.entries()) lines.push(fact(i === 0 ? 'after' : '', step));
  if (strip !== undefined) {
    for (const { title, cells } of drawStrip(strip, width)) lines.push(`  ${title.padEnd(margin)}${cells}`);
    lines.push(`  ${''.padEnd(margin)}${stripLegend([strip])}`);
  }
  if (curve !== undefined)
    for (const { title, cells } of drawCurve(curve, width))
      lines.push(`  ${title.padStart(margin - 2).padEnd(margin)}${cells}`.trimEnd());
  return lines.join('\n');
}

/** All causes. */
export function drawCauses(causes: readonly FailureCause[], columns: number, paint: Paint): string {
  return causes
    .map(({ cause, names, shortest, name }, i) => {
      const others = names.filter((other) => other !== name);
      const also =
        others.length === 0
          ? ''
          : `\n  ${'also in'.padEnd(13)}${folded(others.join(', '), Math.max(20, columns - 15), ' '.repeat(15))}`;
      return `${paint.bold(`${i + 1}. ${cause}`)}\n  ${'in'.padEnd(13)}${name}\n${drawFailure(shortest, columns, paint)}${also}`;
    })
    .join('\n\n');
}
