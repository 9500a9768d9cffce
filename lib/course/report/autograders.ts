/**
 * A grade as autograders take it.
 *
 * Gradescope: `results.json`, a test for each check and measure; what a student sees of hidden seeds until the deadline is
 * the points alone. Autolab: one line of JSON, the last of what is printed.
 */
import type { Grade } from '../grading/grade.ts';
import { causesOf, drawCauses } from './failures.ts';
import { pointsText, refusalText } from './grade-table.ts';

/** Of a failed check with hidden seeds. */
const notShown =
  'failed; with which calls is shown after the deadline. `lab check` tries the same with seeds that everybody knows';

const plainPaint = { bold: String, red: String, green: String, yellow: String };

/** The value of Gradescope's results.json. A machine that was too busy gives no score, and says so. */
export function gradescopeResults(grade: Grade): unknown {
  const hidden = grade.seeds === 'hidden';
  // Where it cannot be run is told with hidden seeds, too: it shows nothing of them.
  const output =
    grade.refusals?.map(refusalText).join('\n') ??
    (hidden ? '' : drawCauses(causesOf(grade), 80, plainPaint));
  if (grade.verdict === 'busy') return { output: pointsText(grade), tests: [] };
  return {
    score: grade.points,
    output: [pointsText(grade), output].filter((text) => text !== '').join('\n\n'),
    visibility: 'visible',
    stdout_visibility: 'hidden',
    tests: [
      ...grade.checks.map(({ name, points, of, failure }) => ({
        name,
        score: points,
        max_score: of,
        status: failure === undefined ? 'passed' : 'failed',
        output: failure === undefined || failure === null ? '' : hidden ? notShown : failure.cause,
      })),
      ...grade.measures.map(({ name, points, of, share, buckets, failure, note }) => ({
        name,
        score: points,
        max_score: of,
        // A part of the points is neither: without a status Gradescope shows the score.
        ...(share === 1 ? { status: 'passed' } : share === 0 ? { status: 'failed' } : {}),
        output:
          hidden || failure === undefined ? [buckets, note ?? ''].filter(Boolean).join('\n') : failure.cause,
      })),
    ],
  };
}

/** The line that Autolab reads. Scores by problem: `checks` and `measures`. */
export function autolabLine(grade: Grade): string {
  const sum = (rows: readonly { readonly points: number }[]): number =>
    Math.round(10 * rows.reduce((all, { points }) => all + points, 0)) / 10;
  const scores = grade.verdict === 'busy' ? {} : { checks: sum(grade.checks), measures: sum(grade.measures) };
  return JSON.stringify({ scores });
}
