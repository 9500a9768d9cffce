/**
 * The front of a class: who is on it, and what of it is drawn.
 */
import { describe, expect, it } from 'vitest';
import type { ClassRow } from '../../lib/course/grading/class.ts';
import type { Grade, MeasureGrade } from '../../lib/course/grading/grade.ts';
import { type FrontPoint, frontFigure, frontOf, fronts, pointsOf } from '../../lib/course/report/front.ts';

const point = (student: string, rss: number, faults: number): FrontPoint => ({ student, rss, faults });
const names = (points: readonly FrontPoint[]): string => points.map(({ student }) => student).join('');

describe('the front', () => {
  it.each([
    ['no other is better', [point('a', 1, 3), point('b', 2, 2), point('c', 3, 1)], 'abc'],
    ['one is better in both', [point('a', 1, 1), point('b', 2, 2), point('c', 3, 3)], 'a'],
    ['better in one, the same in the other', [point('a', 1, 2), point('b', 1, 3), point('c', 2, 2)], 'a'],
    ['two are the same', [point('a', 1, 2), point('b', 1, 2), point('c', 2, 1)], 'abc'],
    ['in any order', [point('c', 3, 1), point('d', 3, 3), point('a', 1, 3), point('b', 2, 2)], 'abc'],
    ['nobody', [], ''],
  ])('%s', (_what, points, on) => {
    expect(names(frontOf(points))).toBe(on);
  });

  it('holds of any points: who is not on it is beaten by one who is', () => {
    const points = Array.from({ length: 200 }, (_, i) => point(String(i), (i * 37) % 23, (i * 53) % 29));
    const front = frontOf(points);
    const beats = (a: FrontPoint, b: FrontPoint): boolean =>
      a.rss <= b.rss && a.faults <= b.faults && (a.rss < b.rss || a.faults < b.faults);
    for (const one of points) expect(points.some((other) => beats(other, one))).toBe(!front.includes(one));
  });
});

function rowOf(student: string, measure: Partial<MeasureGrade>): ClassRow {
  const made: MeasureGrade = { name: 'steps', points: 1, of: 1, buckets: '', share: 1, ...measure };
  return { student, grade: { measures: [made] } as unknown as Grade };
}

describe('the picture', () => {
  const hindsight = { rss: 100, faults: 10 };
  const rows = [
    rowOf('ada', { rss: 150, faults: 5, hindsight }),
    rowOf('<b>', { rss: 90, faults: 10_000, hindsight }),
    rowOf('wrong', { rss: 1, faults: 1, hindsight, failure: { cause: '' } as never }),
    rowOf('none', {}),
    { student: 'absent' },
  ];

  it('has a point for each hand-in with both figures, over those with hindsight', () => {
    expect(pointsOf(rows, 'steps')).toEqual([point('ada', 1.5, 0.5), point('<b>', 0.9, 1000)]);
  });

  it('names them, and keeps what is far out within', () => {
    const { html } = frontFigure('steps', pointsOf(rows, 'steps'));
    expect(html).toContain('ada: memory 1.5, faults 0.5');
    expect(html).toContain('&lt;b&gt;: memory 0.9, faults 1000');
    expect(html.match(/<circle/g)?.length).toBe(2);
    for (const [, y] of html.matchAll(/cy="([^"]+)"/g)) expect(Number(y)).toBeGreaterThanOrEqual(16);
    expect(html).not.toContain('NaN');
  });

  it('is not there where nothing of the kind is measured', () => {
    expect(fronts([rowOf('none', {})], ['steps']).html).toBe('');
  });
});
