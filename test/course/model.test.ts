import { describe, expect, it } from 'vitest';
import { chooserOf, FitModel } from '../../lib/course/model/fits.ts';
import { type PatternName, patterns } from '../../lib/course/model/patterns.ts';
import { chanceOf, hiddenSeed, openSeed } from '../../lib/course/model/seeds.ts';
import { axisHtml, historySvg, ticksOf } from '../../lib/course/report/history.ts';
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

describe('strips of runs', () => {
  const one = { pages: 8, model: [{ page: 1, n: 6 }] };
  const two = [
    { page: 1, n: 2 },
    { page: 3, n: 4 },
  ];

  it('that were not merged have a border between them, and a word for it', () => {
    const strip = { ...one, registry: two };
    expect(drawStrip(strip, 40).map(({ cells }) => cells)).toEqual(['0', '█······█', '█··|···█']);
    expect(drawStrip({ ...strip, pages: 20 }, 10)[2]?.cells).toBe('▒|·▒██████');
    expect(stripLegend([strip])).toContain('| another run begins');
    expect(stripLegend([one, { model: [{ page: 1, n: 0 }] }])).not.toContain('|');
  });

  it('of two kinds have none: that they are two is seen', () => {
    const model = two.map((run, i) => (i === 0 ? run : { ...run, givenBack: true }));
    expect(drawStrip({ pages: 8, model }, 40)[1]?.cells).toBe('█··░░░░█');
    expect(stripLegend([{ model }])).not.toContain('|');
  });

  it('before an operation are not called right', () => {
    expect(drawStrip({ ...one, isBefore: true, registry: two }, 40).map(({ title }) => title)).toEqual([
      'pages',
      'free, before',
      'free, yours',
    ]);
  });

  it.each([
    ['above', 266, '   306 →'],
    ['below', -35, '← 5'],
  ])('tell an answer that lies %s them', (_where, page, told) => {
    const lines = drawStrip({ ...one, first: 40, answered: { page, n: 3 } }, 40);
    expect(lines.at(-1)).toEqual({ title: 'answered', cells: told });
  });

  it('show of an answer that begins before them what is in them', () => {
    expect(drawStrip({ ...one, answered: { page: -1, n: 3 } }, 40).at(-1)?.cells).toBe('^^');
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

  it.each([
    [1834, [0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800]],
    [361, [0, 50, 100, 150, 200, 250, 300, 350]],
    [121, [0, 20, 40, 60, 80, 100, 120]],
    [100, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
    [3, [1, 2, 3]],
  ])('of %i operations has numbers along them', (ops, numbers) => {
    expect(ticksOf(ops).map(({ number }) => number)).toEqual(numbers);
    expect([...axisHtml(ops).matchAll(/>(\d+)</g)].map(([, n]) => Number(n))).toEqual(numbers);
  });

  it('has each number where so many are done; of few, each below its operation', () => {
    expect(ticksOf(121)[1]).toEqual({ number: 20, at: 20 / 121 });
    expect(ticksOf(4).map(({ at }) => at)).toEqual([0.125, 0.375, 0.625, 0.875]);
  });
});
