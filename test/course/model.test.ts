import { describe, expect, it } from 'vitest';
import { chooserOf, FitModel } from '../../lib/course/model/fits.ts';
import { type PatternName, patterns } from '../../lib/course/model/patterns.ts';
import { chanceOf, hiddenSeed, openSeed } from '../../lib/course/model/seeds.ts';
import { historySvg } from '../../lib/course/report/history.ts';
import { drawStrip, stripLegend } from '../../lib/course/report/strip.ts';
import { formatPageText, parsePageText } from '../../lib/lab/trace/page-text.ts';

describe('seeds', () => {
  it('are the same for the same, and others for others', () => {
    const whom = { exercise: 'best-fit', student: 'ada', term: 't' };
    expect(hiddenSeed('secret', whom)).toBe(hiddenSeed('secret', { ...whom }));
    const others = [
      hiddenSeed('secret', whom),
      hiddenSeed('secres', whom),
      hiddenSeed('secret', { ...whom, student: 'adat', term: '' }),
      hiddenSeed('secret', { ...whom, exercise: 'best' }),
      openSeed(whom),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  it('chance is what it was: grades rest on it', () => {
    const chance = chanceOf('a seed');
    expect(Array.from({ length: 8 }, () => chance.between(1, 100))).toMatchInlineSnapshot(`
      [
        72,
        59,
        34,
        88,
        50,
        16,
        64,
        54,
      ]
    `);
  });
});

/** A naive twin: a map of pages. */
class Pages {
  readonly free: boolean[] = [];
  rover = 0;

  runs(): { page: number; n: number }[] {
    const runs: { page: number; n: number }[] = [];
    this.free.forEach((isFree, page) => {
      const last = runs.at(-1);
      if (!isFree) return;
      if (last !== undefined && last.page + last.n === page) last.n++;
      else runs.push({ page, n: 1 });
    });
    return runs;
  }
}

describe('the judge’s own heaps', () => {
  it.each([
    ['FirstFit', 'lowest', (runs: { page: number; n: number }[]) => runs[0]],
    [
      'BestFit',
      'lowest',
      (runs: { page: number; n: number }[]) => [...runs].sort((a, b) => a.n - b.n || a.page - b.page)[0],
    ],
    [
      'BestFit',
      'highest',
      (runs: { page: number; n: number }[]) => [...runs].sort((a, b) => a.n - b.n || b.page - a.page)[0],
    ],
    [
      'NextFit',
      'lowest',
      (runs: { page: number; n: number }[], rover: number) => runs.find((r) => r.page >= rover) ?? runs[0],
    ],
  ] as const)('%s, %s, places as a map of pages does', (name, tie, pick) => {
    const tail = 8;
    const model = new FitModel(chooserOf(name, { tail, tie }), tail);
    const twin = new Pages();
    const chance = chanceOf(`twin ${name} ${tie}`);
    const live: { page: number; n: number }[] = [];
    for (let i = 0; i < 2000; i++) {
      if (live.length > 0 && chance.between(0, 1) === 0) {
        const [{ page, n }] = live.splice(chance.between(0, live.length - 1), 1);
        model.free(page, n);
        twin.free.fill(true, page, page + n);
      } else {
        const n = chance.between(1, 12);
        const fitting = twin.runs().filter((run) => run.n >= n);
        const run = pick(fitting, twin.rover);
        const right = run === undefined ? -1 : n >= tail ? run.page + run.n - n : run.page;
        const page = model.alloc(n);
        expect(page).toBe(right);
        if (page < 0) {
          model.grow(model.pages, 16);
          for (let p = 0; p < 16; p++) twin.free.push(true);
        } else {
          twin.free.fill(false, page, page + n);
          twin.rover = page + n;
          live.push({ page, n });
        }
      }
      expect(model.runs).toEqual(twin.runs());
    }
  });
});

describe('patterns', () => {
  it.each(Object.keys(patterns) as PatternName[])(
    '%s is a sound trace, the same for the same seed',
    (name) => {
      const ops = patterns[name](chanceOf('x'));
      expect(parsePageText(formatPageText(ops), name)).toEqual(ops);
      expect(patterns[name](chanceOf('x'))).toEqual(ops);
      expect(ops.length).toBeGreaterThan(300);
    },
  );
});

describe('strips', () => {
  it('show each page, or many in a character', () => {
    const strip = {
      pages: 12,
      model: [
        { page: 2, n: 3 },
        { page: 11, n: 1 },
      ],
      expected: { page: 2, n: 2 },
      answered: { page: 11, n: 2 },
    };
    expect(drawStrip(strip, 40).map(({ cells }) => cells)).toEqual([
      '0         10',
      '██···██████·',
      '  ^^',
      '           ^',
    ]);
    expect(drawStrip({ ...strip, pages: 40 }, 10).map(({ cells }) => cells)).toEqual([
      '0',
      '▒▒▒███████'.replace('▒▒▒███████', '▒▒▒███████'),
      '^',
      '  ^^',
    ]);
  });
});

describe('strips of two kinds', () => {
  it('tell what was given back, and name that in the legend', () => {
    const strip = {
      pages: 6,
      model: [
        { page: 1, n: 2 },
        { page: 3, n: 2, givenBack: true },
      ],
    };
    expect(drawStrip(strip, 40)[1]?.cells).toBe('█··░░█');
    expect(stripLegend([strip])).toContain('░ free, given back');
    expect(stripLegend([{ model: [] }])).toBe('█ in use   · free   ▒ both');
  });

  it('are of what is counted, by its own words', () => {
    const words = { unit: 'objects', row: 'marks', full: 'marked', empty: 'not marked' };
    const strip = { pages: 2, words, model: [{ page: 1, n: 1 }] };
    expect(drawStrip(strip, 40).map(({ title }) => title)).toEqual(['objects', 'marks, right']);
    expect(stripLegend([strip])).toBe('█ marked   · not marked   ▒ both');
  });
});

describe('the picture of a trace', () => {
  it('has a rectangle for each row of a colour, and text that is only text', () => {
    const svg = historySvg(
      {
        ops: 2,
        changes: [
          { op: 0, page: 0, n: 2, to: 'used' },
          { op: 1, page: 1, n: 1, to: 'free' },
        ],
      },
      4,
      'a <b>',
    );
    expect(svg).not.toContain('<b>');
    expect([...svg.matchAll(/<rect/g)].length).toBe(3);
  });
});
