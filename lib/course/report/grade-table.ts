/**
 * A grade as rows: a line for each check and each trace, in words and figures as they are printed anywhere.
 */
import { type Grade, type MeasureGrade, reasonText } from '../grading/grade.ts';
import type { Refusal } from '../source/parse.ts';
import { namesPlace } from './failures.ts';

const figure = (n: number, digits = 0): string => n.toFixed(digits);

interface Column {
  readonly title: string;
  readonly of: (
    row: Omit<MeasureGrade, 'share' | 'name' | 'points' | 'of' | 'buckets'>,
  ) => string | undefined;
}

/** What is measured; a column that no row has is left out. */
const columns: readonly Column[] = [
  {
    title: 'utilisation',
    of: ({ utilisation }) => (utilisation === undefined ? undefined : figure(utilisation, 3)),
  },
  { title: 'work/op', of: ({ work }) => (work === undefined ? undefined : figure(work, 1)) },
  { title: 'released', of: ({ released }) => (released === undefined ? undefined : figure(released)) },
  { title: 'RSS', of: ({ rss }) => (rss === undefined ? undefined : figure(rss)) },
  { title: 'faults', of: ({ faults }) => (faults === undefined ? undefined : figure(faults)) },
  { title: '', of: ({ other }) => other },
];

export interface GradeTable {
  readonly head: readonly string[];
  readonly numeric: readonly number[];
  readonly rows: readonly (readonly string[])[];
}

const valid = (failure: unknown, untried: boolean): string =>
  untried ? '–' : failure === undefined ? 'yes' : 'no';

export function gradeTable({ checks, measures }: Pick<Grade, 'checks' | 'measures'>): GradeTable {
  const shown = columns.filter(({ of }) =>
    measures.some((row) => of(row) !== undefined || of(besideOf(row).figures) !== undefined),
  );
  const cell = ({ of }: Column, row: MeasureGrade): string => {
    const own = of(row);
    const beside = of(besideOf(row).figures);
    if (own === undefined && beside === undefined) return '';
    return beside === undefined ? (own ?? '–') : `${own ?? '–'} (${beside})`;
  };
  const points = (got: number, of: number): string => `${got} of ${of}`;
  return {
    head: ['', 'valid', ...shown.map(({ title }) => title), 'points'],
    numeric: [...shown.map((_, i) => i + 2), shown.length + 2],
    rows: [
      ...checks.map(({ name, failure, points: got, of }) => [
        name,
        valid(failure, failure === null),
        ...shown.map(() => ''),
        points(got, of),
      ]),
      ...measures.map((row) => [
        row.name,
        valid(row.failure, row.untried === true),
        ...shown.map((column) => cell(column, row)),
        points(row.points, row.of),
      ]),
    ],
  };
}

/** What a measure is held against: whose figures and pictures that are, and these. */
export const besideOf = (row: MeasureGrade) =>
  row.hindsight === undefined
    ? {
        ...{ who: row.referenceIs ?? 'the reference', figures: row.reference ?? {} },
        ...{ history: row.referenceHistory, curve: row.referenceCurve },
      }
    : {
        ...{ who: 'with hindsight', figures: row.hindsight },
        ...{ history: row.hindsightHistory, curve: row.hindsightCurve },
      };

/** What the figures in brackets are: `the reference`; undefined where there are none. */
export function bracketsText({ measures }: Pick<Grade, 'measures'>): string | undefined {
  const whose = measures
    .map(besideOf)
    .filter(({ figures }) => columns.some(({ of }) => of(figures) !== undefined))
    .map(({ who }) => who);
  return whose.length === 0 ? undefined : [...new Set(whose)].join(', ');
}

/** What was measured, in words, each figure with the one that it is held against. */
export function figuresText(row: MeasureGrade): string[] {
  const { who, figures } = besideOf(row);
  return columns.flatMap(({ title, of }) => {
    const [own, right] = [of(row), of(figures)];
    if (own === undefined) return [];
    const words = title === 'work/op' ? `${own} units an operation` : `${title} ${own}`.trim();
    return [right === undefined ? words : `${words} (${who} ${right})`];
  });
}

const mostNamed = 4;

/** `71 % of it stands in the package itself (SweepModel, sweptSpan)`; undefined where nothing is to be told. */
export function inPackageText({ inPackage }: Pick<Grade, 'inPackage'>): string | undefined {
  if (inPackage === undefined) return undefined;
  const { share, of } = inPackage;
  const more = of.length > mostNamed ? ` and ${of.length - mostNamed} more` : '';
  return `${Math.round(100 * share)} % of it stands in the package itself (${of.slice(0, mostNamed).join(', ')}${more})`;
}

/** Measures that have fewer points than their figure says, and why; and what of it the package has. */
export function notesOf(made: Pick<Grade, 'measures' | 'inPackage'>): string[] {
  const shipped = inPackageText(made);
  return [
    ...made.measures.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`])),
    ...(shipped === undefined ? [] : [shipped]),
  ];
}

/** `87.5 of 100`; or why there are none. Refusals are listed beside it, and not repeated. */
export function pointsText(made: Grade): string {
  const { verdict, points, of, refusals } = made;
  const reason = reasonText(made);
  switch (verdict) {
    case 'busy':
      return `not graded: ${reason}`;
    case 'refused':
      return `${points} of ${of}: not run${refusals === undefined ? `, ${reason}` : ''}`;
    case 'stopped':
      return `${points} of ${of}: stopped, ${reason}`;
    default:
      return `${points} of ${of}`;
  }
}

/** Where it was stopped or refused; undefined where the reason says so itself. */
export const placeText = (made: Grade): string | undefined =>
  made.at === undefined || namesPlace(reasonText(made), made.at) ? undefined : made.at;

/** A place of a hand-in that keeps it from running. */
export const refusalText = ({ line, column, message }: Refusal): string =>
  `line ${line}, column ${column}: ${message}`;
