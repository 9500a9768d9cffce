/**
 * Page heaps that are broken as people break them: what each is told, which is to be enough to mend it.
 */
import { describe, expect, it } from 'vitest';
import { conformanceChecks, kernelChecks } from '../../../lib/lab/conformance/index.ts';
import {
  causeNumbers,
  causesOf,
  countOutcomes,
  failureOf,
  type Outcome,
} from '../../../lib/lab/conformance/outcomes.ts';
import type { PageHeapClass, PageHeapHost } from '../../../lib/pages/contract.ts';
import { also, classOf, type Edit, into } from './example-edits.ts';
import { OwnClass } from './page-heaps.ts';

/** The outcomes up to the first that is broken. */
function firstFailure(Class: PageHeapClass): Outcome {
  for (const { name, attempt } of conformanceChecks((host) => new Class(host), { runs: 1, seed: 1 })) {
    try {
      attempt();
    } catch (error) {
      return failureOf(name, error);
    }
  }
  throw new Error('nothing is broken');
}

/** The example with one of its methods answering by way of another function. */
const answering = (
  method: 'alloc' | 'free' | 'release' | 'stats' | 'grow',
  change: (answer: never) => unknown,
) =>
  class Mine extends OwnClass {
    constructor(host: PageHeapHost) {
      super(host);
      const before = (this[method] as (...args: unknown[]) => unknown).bind(this);
      Object.defineProperty(this, method, {
        value: (...args: unknown[]) => change(before(...args) as never),
      });
    }
  };

describe('a page heap', () => {
  it.each<[what: string, Class: () => PageHeapClass, message: RegExp]>([
    [
      'that throws a text',
      () => classOf(into('alloc(n)', "throw 'no room';")),
      /^alloc\(1\) threw 'no room', which is no Error and tells no place$/,
    ],
    [
      'that throws null',
      () => classOf(into('free(page, n)', 'throw null;')),
      /^free\(\d+, \d+\) threw null, which is no Error and tells no place$/,
    ],
    [
      'that throws',
      () => classOf(into('alloc(n)', 'return this.runs.length;')),
      /^alloc\(1\) threw TypeError: Cannot read properties of undefined \(reading 'length'\)$/,
    ],
    [
      'that answers NaN',
      () => answering('alloc', (page: number) => (page < 0 ? page : Number.NaN)),
      /^alloc\(1024\) answered NaN, and must answer −1 or the first of 1024 pages below 32768$/,
    ],
    [
      'that answers a fraction',
      () => answering('alloc', (page: number) => (page < 0 ? page : page + 0.5)),
      /^alloc\(1024\) answered 1024\.5, and must answer −1 or/,
    ],
    [
      'that answers something negative',
      () => answering('alloc', () => -2),
      /^alloc\(1\) answered -2, and must answer −1 or the first of 1 page below/,
    ],
    [
      'that answers a bigint',
      () => answering('alloc', (page: number) => BigInt(page)),
      /^alloc\(1\) answered -1n, a bigint, and must answer/,
    ],
    [
      'that gives back a bigint',
      () => answering('release', (n: number) => BigInt(n)),
      /^release\(268435456, true\) answered 268435456n, a bigint, and must answer the bytes it gave back: 268435456$/,
    ],
    [
      'that forgets to answer',
      () => answering('alloc', () => undefined),
      /^alloc\(1\) answered undefined, and must answer/,
    ],
    [
      'whose methods are async',
      () => answering('free', () => Promise.resolve()),
      /^free\(\d+, \d+\) answered a Promise: no method may be async$/,
    ],
    [
      'that counts nothing',
      () => answering('stats', () => null),
      /^stats\(\) after alloc\(1\) answered null, and must answer \{ pages, freePages, scavengedPages \}$/,
    ],
    [
      'that leaves out a count',
      () => answering('stats', ({ pages, freePages }: Record<string, number>) => ({ pages, freePages })),
      /^stats\(\) after alloc\(1\) answered undefined for scavengedPages, and must answer a whole number$/,
    ],
    [
      'that does not say that it grew',
      () => answering('grow', () => undefined),
      /^grow\(1024, 1024\) answered undefined, and must answer true: it never had these pages$/,
    ],
    [
      'that changes its host',
      () => classOf(['    this.#host = host;\n', '    this.#host = host;\n    host.physPages = 4;\n']),
      /^its constructor threw TypeError: Cannot assign to read only property 'physPages'/,
    ],
    [
      'that loses pages',
      () => classOf(['this.#add({ page, n, released: false', 'this.#add({ page, n: n - 1, released: false']),
      /^after free\((\d+), (\d+)\) forEachFree tells of \d+ pages, and \d+ are free: page \d+ is missing, free since free\(\1, \2\)$/,
    ],
    [
      'whose runs overlap',
      () =>
        classOf([
          '      run.page += taken;\n      run.n -= taken;\n',
          '      run.page += taken - 1;\n      run.n -= taken - 1;\n',
        ]),
      /^after alloc\(1024\) forEachFree calls page 2047 free, and alloc\(1024\) handed it out$/,
    ],
    [
      'that tells of what it handed out',
      () => classOf(also('#last = -1;'), into('forEachFree(visit)', 'visit(1030, 1, 0, 0);')),
      /^forEachFree calls page 1030 free, and it was never grown$|^after alloc\(1\) forEachFree calls page 1030 free, and it was never grown$/,
    ],
    [
      'that does not put neighbours together',
      () =>
        classOf(
          ['while (size < n && this.#touches(last)) size += this.#runs[++last].n;', ''],
          ['if (!this.#touches(i) || run.released !== next.released) continue;', 'continue;'],
        ),
      /^alloc\(\d+\) answered −1, and \d+ pages in a row are free from \d+ on; forEachFree tells of \d+ runs there: free neighbours of the same state are to be put together$/,
    ],
    [
      'that takes released pages back in silence',
      () => classOf(['if (run.released) this.lastScavenged += taken;', '']),
      /^lastScavenged is 0 after alloc\(1024\), and 1024 of the pages handed out counted as scavenged$/,
    ],
    [
      'that tells of no scavenged page',
      () => classOf(['released ? n : 0, since', '0, since']),
      /^after grow\(1024, 1024\) forEachFree: of the run at 1024, 1024 pages, 0 count as scavenged, and 1024 should$/,
    ],
    [
      'whose list leads back to itself',
      () =>
        classOf(
          into(
            'forEachFree(visit)',
            'for (let i = 0; i < 1e9 && this.#runs.length > 0; i++) visit(this.#runs[0].page, this.#runs[0].n, 0, 0);',
          ),
        ),
      /^forEachFree tells of the run at 1024, 1024 pages, after that at 1024, 1024 pages: the lowest comes first/,
    ],
    [
      'that gives memory back unasked',
      () => classOf(into('free(page, n)', 'this.#host.release(page, n, n);')),
      /^free\((\d+), (\d+)\) called host\.release\(\1, \2, \2\), and only release and releaseUnused may give memory back$/,
    ],
    [
      'that catches what its host says',
      () => classOf(into('free(page, n)', 'try { this.#host.release(page - 1, 1, 1); } catch {}')),
      /^host\.release\(\d+, 1, 1\) gives page \d+ back, and|^free\(.* called host\.release/,
    ],
    [
      'that goes on giving back',
      () =>
        classOf(
          into(
            'release(nbytes, _force, shouldStop)',
            'const { page } = this.#runs[0]; this.#release(8192, () => true); for (;;) this.#host.release(page, 1, 0);',
          ),
        ),
      /goes on calling host\.release|newly, and \d+ of these pages had not been given back/,
    ],
  ])('%s is told so', (_what, Class, message) => {
    const { error, steps } = firstFailure(Class());
    expect(error).toMatch(message);
    if (!/constructor/.test(error ?? '')) expect(steps?.length).toBeGreaterThan(0);
  });

  it('is told the place of what it threw, in its own files alone', () => {
    const { at } = failureOf(
      'a check',
      Object.assign(new Error('no'), {
        stack: [
          'Error: no',
          '    at Mine.#find (file:///home/me/mine.mjs:61:20)',
          '    at new Mine (/home/me/mine.mjs:22:19)',
          '    at Reflect.apply (<anonymous>)',
          `    at call (${new URL('../../../lib/lab/conformance/calls.ts', import.meta.url).href}:29:34)`,
          '    at node:internal/main:1:1',
        ].join('\n'),
      }),
    );
    expect(at).toEqual(['Mine.#find (/home/me/mine.mjs:61:20)', 'new Mine (/home/me/mine.mjs:22:19)']);
  });
});

describe('failures of one cause', () => {
  const outcomesOf = (...edits: readonly Edit[]): Outcome[] => {
    const Class = classOf(...edits);
    const numbered = causeNumbers();
    const checks = [
      ...conformanceChecks((host) => new Class(host), { runs: 2, seed: 1 }),
      ...kernelChecks(Class),
    ];
    return checks.map(({ name, attempt }) => {
      try {
        const skipped = attempt();
        return { name, passed: true, ...(skipped === undefined ? {} : { skipped }) };
      } catch (error) {
        return numbered(failureOf(name, error));
      }
    });
  };

  it.each<[string, Edit[], number]>([
    ['an answer that is none, also in a heap', [into('alloc(n)', 'return null;')], 1],
    ['an error of one place', [into('alloc(n)', 'return this.no.n;')], 2],
    [
      'pages that are lost',
      [['this.#add({ page, n, released: false', 'this.#add({ page, n: n - 1, released: false']],
      3,
    ],
  ])('stand together: %s', (_what, edits, most) => {
    const outcomes = outcomesOf(...edits);
    const causes = causesOf(outcomes);
    const { broken } = countOutcomes(outcomes);
    expect(broken).toBeGreaterThan(10);
    expect(causes.slice(most).map((cause) => cause.outcomes[0]?.error)).toEqual([]);
    expect(causes.flatMap((cause) => cause.outcomes)).toHaveLength(broken);
    // The first cause is that of the first failure.
    expect(causes[0]?.outcomes[0]).toBe(outcomes.find(({ passed }) => !passed));
  });
});
