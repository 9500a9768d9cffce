import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sourcesIn, tooLong, tooMuchGiven } from './support/shape.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('the sources', () => {
  const sources = sourcesIn(root, ['lib', 'native', 'test']);

  it('have no file above 450 lines', () => {
    expect(sources.length).toBeGreaterThan(300);
    expect(tooLong(sources, 450)).toEqual([]);
  });

  it('have no constructor that is given more than eight', () => {
    expect(tooMuchGiven(sources, 8)).toEqual([]);
  });
});

describe('the measure itself', () => {
  const members = Array.from({ length: 8 }, (_, i) => `  readonly m${i}: number;`).join('\n');
  const nine = Array.from({ length: 9 }, (_, i) => `a${i}: Map<string, number>`).join(', ');

  it.each([
    ['eight and one', `class A {\n  constructor(${nine}) {}\n}`, 9],
    [
      'a thing of nine',
      `interface D {\n${members}\n  nine(): void;\n}\nclass A {\n  constructor(d: D) {}\n}`,
      0,
    ],
    ['an object of eight', `interface D {\n${members}\n}\nclass A {\n  constructor({ m1 }: D) {}\n}`, 0],
    [
      'an object of nine',
      `interface D {\n${members}\n  call(n: number): void;\n}\nclass A {\n  constructor({ m1, m2 }: D) {}\n}`,
      9,
    ],
    [
      'an object that has more',
      `interface C {\n${members}\n}\ninterface DDeps extends C {\n  readonly more?: () => void;\n}\nclass A {\n  private constructor(x: number, d: DDeps) {}\n}`,
      9,
    ],
  ])('counts %s', (_what, text, count) => {
    expect(tooMuchGiven([{ file: 'a.ts', text }], 8)).toEqual(
      count === 0 ? [] : [`a.ts: the constructor of A is given ${count}`],
    );
  });

  it('follows an import', () => {
    const sources = [
      {
        file: 'x/a.ts',
        text: "import type { DDeps } from '../y/d.ts';\nexport class A {\n  constructor(d: DDeps) {}\n}",
      },
      { file: 'y/d.ts', text: `export interface DDeps {\n${members}\n  readonly nine: number;\n}` },
    ];
    expect(tooMuchGiven(sources, 8)).toEqual(['x/a.ts: the constructor of A is given 9']);
  });

  it('counts lines', () => {
    expect(tooLong([{ file: 'a.ts', text: 'a\nb\nc\n' }], 2)).toEqual(['a.ts has 3 lines']);
  });
});
