/**
 * A class as CSV.
 */
import papaparse from 'papaparse';
import { type ClassResult, whyPassedOver } from '../grading/class.ts';
import { toldName } from '../handout/names.ts';
import { rowNote } from './class-note.ts';

/** A cell that no spreadsheet takes for a formula. */
const cell = (value: string | number): string => {
  const text = String(value);
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
};

/** The class as CSV: a line a student, a column for each check and measure; and a line for each file that was passed over. */
export function classCsv({ exercise, rows, passedOver }: ClassResult): string {
  const first = rows.find((row) => row.grade !== undefined)?.grade;
  const names = [...(first?.checks ?? []), ...(first?.measures ?? [])].map(({ name }) => name);
  const lines = [
    ['student', 'points', 'of', 'verdict', ...names, 'note'],
    ...rows.map(({ student, grade: made, note }) => {
      const parts = made === undefined ? [] : [...made.checks, ...made.measures];
      return [
        student,
        made?.points ?? '',
        made?.of ?? '',
        made?.verdict ?? 'none',
        ...names.map((name) => parts.find((part) => part.name === name)?.points ?? ''),
        rowNote({ note, grade: made }),
      ];
    }),
    ...passedOver.map((name) => [
      ...[toldName(name), '', '', 'none'],
      ...names.map(() => ''),
      `passed over: ${whyPassedOver(exercise)}`,
    ]),
  ];
  const cells = lines.map((line) => line.map(cell));
  return `${papaparse.unparse(cells, { newline: '\r\n' })}\r\n`;
}
