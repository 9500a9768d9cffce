/**
 * A class as CSV.
 */
import papaparse from 'papaparse';
import { type ClassResult, type ClassRow, whyPassedOver } from '../grading/class.ts';
import { toldName } from '../handout/names.ts';
import { rowNote } from './class-note.ts';

/** A cell that no spreadsheet takes for a formula. */
const cell = (value: string | number): string => {
  const text = String(value);
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
};

/** Who is alike one, and how much. */
function alikeOf({ student, file = student }: ClassRow, alike: ClassResult['alike']): string {
  const pairs = alike.filter(({ a, b }) => a === file || b === file);
  return pairs.map(({ a, b, share }) => `${a === file ? b : a} ${Math.round(100 * share)} %`).join('; ');
}

/**
 * The class as CSV: a line a student, a column for each check and measure, the note, and who is alike; and a line for each file that was
 * passed over.
 */
export function classCsv({ exercise, rows, alike, passedOver }: ClassResult): string {
  const first = rows.find((row) => row.grade !== undefined)?.grade;
  const names = [...(first?.checks ?? []), ...(first?.measures ?? [])].map(({ name }) => name);
  const lines = [
    ['student', 'points', 'of', 'verdict', ...names, 'note', 'alike'],
    ...rows.map((row) => {
      const { student, grade: made, note } = row;
      const parts = made === undefined ? [] : [...made.checks, ...made.measures];
      return [
        student,
        made?.points ?? '',
        made?.of ?? '',
        made?.verdict ?? 'none',
        ...names.map((name) => parts.find((part) => part.name === name)?.points ?? ''),
        rowNote({ note, grade: made }),
        alikeOf(row, alike),
      ];
    }),
    ...passedOver.map((name) => [
      ...[toldName(name), '', '', 'none'],
      ...names.map(() => ''),
      `passed over: ${whyPassedOver(exercise)}`,
      '',
    ]),
  ];
  const cells = lines.map((line) => line.map(cell));
  return `${papaparse.unparse(cells, { newline: '\r\n' })}\r\n`;
}
