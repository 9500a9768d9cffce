/** Every question, thinned: its program runs, what can be told is told, and its bounds can fail. The real size: test/long. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Asked,
  askQuestion,
  type Makers,
  questionMachine,
  verdictWords,
} from '../../../lib/lab/questions/ask.ts';
import { drawPicture } from '../../../lib/lab/questions/draw-picture.ts';
import { renderQuestion } from '../../../lib/lab/questions/page.ts';
import { Scale } from '../../../lib/lab/questions/picture-scale.ts';
import type { Question, QuestionMachine } from '../../../lib/lab/questions/question.ts';
import { questionNamed, questions, reportOf } from '../../../lib/lab/questions/questions.ts';
import { isWhole } from '../../support/extent.ts';
import { inProcess, machine } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-questions-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What was measured once is known: the same measurement tells it to every test that changes what comes of it. */
const measuredBefore = new Map<string, Promise<unknown>>();
const measuredOnce: Makers = {
  ...inProcess,
  measure: (measurement, params, signal) => {
    const key = `${measurement.name} ${JSON.stringify(params)}`;
    const found = measuredBefore.get(key) ?? inProcess.measure(measurement, params, signal);
    measuredBefore.set(key, found);
    return found as never;
  },
};

const ask = (
  question: Question,
  makers: Makers = inProcess,
  on: QuestionMachine = machine,
  size = 0.02,
): Promise<Asked> => askQuestion(question, { folder, size, machine: on, makers });

/** Of these, what does not go by the clock must hold on any machine that can tell. */
const certain = new Set([
  'released-rss',
  'free-os-memory',
  'fragmentation',
  'limit-goal',
  'mapping-names',
  'metadata',
]);

/** Runs that idle a fifth of the time: what does not hold in so short a time is no matter here. */
const hurried: Makers = {
  ...measuredOnce,
  run: ({ workload, ...options }, ...rest) =>
    inProcess.run(
      (workload === undefined
        ? options
        : { ...options, workload: { ...workload, timeScale: (workload.timeScale ?? 1) / 5 } }) as never,
      ...rest,
    ),
};

const byTheClock =
  /millisecond| ms |slower|CPU time|of the time|\bfault\b.* takes|comes back for|costs (?:no more|twice what|five)|idleness|spirals/;

/** Those with many runs are smaller. */
const sizes: Readonly<Record<string, number>> = { 'soft-limit': 0.004, gogc: 0.005 };

describe('asked in small', () => {
  const real = questionMachine();
  it.each(questions.map((question) => [question.number, question.name, question] as const))(
    '%i, %s',
    async (_number, name, question) => {
      const makers = certain.has(name) ? measuredOnce : hurried;
      const size = certain.has(name) ? 0.02 : (sizes[name] ?? 0.01);
      const asked = await ask(question, makers, { ...real, load: 0 }, size);
      if (asked.unanswerable !== undefined) return;
      const { bounds, picture, table } = asked.answer;
      expect(bounds.length).toBeGreaterThan(1);
      // What is not told has a reason; that a run did not tell is none.
      expect(bounds.filter(({ holds, why }) => (holds === undefined) !== (why !== undefined))).toEqual([]);
      expect(bounds.filter(({ why }) => why?.includes('the run did not'))).toEqual([]);
      expect(table.rows.length).toBeGreaterThan(1);
      expect(table.rows.every((row) => row.length === table.head.length)).toBe(true);
      if (picture === undefined) throw new Error('no picture');
      // What goes by the clock is marked.
      const unmarked = bounds.filter((one) => one.clocked === undefined && one.holds !== undefined);
      expect(unmarked.map(({ says }) => says).filter((says) => byTheClock.test(says))).toEqual([]);
      const drawn = drawPicture(picture);
      expect(drawn).not.toMatch(/NaN|undefined|Infinity/);
      expect(renderQuestion(asked)).toContain(verdictWords(asked));
      if (certain.has(name))
        expect(bounds.filter(({ holds, clocked }) => holds === false && clocked === undefined)).toEqual([]);
    },
  );
});

describe('a bound fails where what it says is not so:', () => {
  /** Every heap has what is given beside. */
  const withHeap = (heap: object): Makers => ({
    ...inProcess,
    run: (options, ...rest) => inProcess.run({ ...options, heap: { ...options.heap, ...heap } }, ...rest),
  });
  /** What is measured comes out otherwise. */
  const withResult = (change: (result: never) => unknown): Makers => ({
    ...inProcess,
    measure: async (measurement, params, signal) =>
      change((await measuredOnce.measure(measurement, params, signal)) as never) as never,
  });
  it.each<[string, string, Makers, RegExp]>([
    [
      'released-rss',
      'nobody gives memory back',
      withHeap({ scavenger: 'none', scavengePercent: undefined }),
      /has left RSS/,
    ],
    [
      'free-os-memory',
      'a page stays',
      withResult((heaps: { released: number }[]) =>
        heaps.map((h) => ({ ...h, released: h.released - 8192 })),
      ),
      /HeapReleased is HeapIdle/,
    ],
    [
      'pacing',
      'ten percent retain no more than nothing',
      withResult((found: { retained: number; swing: number; again: number }[]) =>
        found.map((one, i) => (one.retained === 10 ? { ...one, again: found[i - 1]?.again } : one)),
      ),
      /retaining 10 % stops that/,
    ],
    [
      'pacing',
      'the heap does not thrash at all',
      withResult((found: object[]) => found.map((one) => ({ ...one, again: 1 }))),
      /swings by 6 % thrashes/,
    ],
    [
      'release-rate',
      'a call takes a second',
      withResult((rates: { ns: number }[]) => rates.map((r) => ({ ...r, ns: r.ns * 1e6 }))),
      /64 KiB at a time: not below/,
    ],
    [
      'release-rate',
      'a call gives a huge page back',
      withResult((rates: { calls: number }[]) => rates.map((r) => ({ ...r, calls: r.calls / 32 }))),
      /64 KiB at a time is what was measured/,
    ],
    [
      'stalls',
      'an operation takes a second',
      withResult((found: { most: number }[]) => found.map((s) => ({ ...s, most: 1e9 }))),
      /333 ms/,
    ],
    [
      'khugepaged',
      'memory comes back all the same',
      withResult((found: { afterCollapse: object; filled: number }) => ({
        ...found,
        afterCollapse: { ...found.afterCollapse, kept: found.filled, allowed: 0, taken: 1 },
      })),
      /forbidden|all that was released/,
    ],
    [
      'limit-goal',
      'it gives nothing back',
      withResult((found: object[]) => [found[1], found[1]]),
      /below its limit/,
    ],
    [
      'metadata',
      'it goes back',
      withResult((rows: { metadata: number }[]) => rows.map((r, i) => (i === 2 ? { ...r, metadata: 0 } : r))),
      /none of it goes back/,
    ],
    [
      'metadata',
      'every filling adds to it',
      withResult((rows: { metadata: number }[]) =>
        rows.map((r, i) => ({ ...r, metadata: r.metadata + i * 65536 })),
      ),
      /the sixth time of filling/,
    ],
    [
      'refault',
      'a fault costs nothing',
      withResult((costs: { touch: number }[]) => costs.map((c) => ({ ...c, touch: 30 }))),
      /costs five times/,
    ],
  ])('%s, where %s', async (name, _what, makers, says) => {
    const asked = await ask(questionNamed(name), makers);
    expect(asked.verdict).toBe('failed');
    expect(
      asked.answer.bounds
        .filter(({ holds }) => holds === false)
        .map((b) => b.says)
        .join('\n'),
    ).toMatch(says);
    expect(verdictWords(asked)).toMatch(/^did not hold on this machine: /);
  });
});

describe('a thinned question says what it cannot tell:', () => {
  const known = ({ answer }: Asked, says: RegExp): (boolean | undefined)[] =>
    answer.bounds.filter((one) => says.test(one.says)).map(({ holds }) => holds);
  /** Runs as small as may be, whatever the size asks for. */
  const small: Makers = {
    ...inProcess,
    run: ({ workload, ...options }, ...rest) =>
      inProcess.run(
        { ...options, workload: { ...workload, scale: 0.02, timeScale: 0.01 } } as never,
        ...rest,
      ),
  };

  it.runIf(isWhole)(
    'decay: with less idleness less may be gone; in full a cache that stays is no answer',
    async () => {
      const idle = /^design of 2023/;
      expect(known(await ask(questionNamed('decay'), small), idle)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      const makers: Makers = {
        ...small,
        run: (options, ...rest) =>
          small.run({ ...options, heap: { ...options.heap, scavenger: 'none' } }, ...rest),
      };
      const whole = { folder, size: 0.25, machine, makers };
      expect(known(await askQuestion(questionNamed('decay'), whole), idle)).toContain(false);
    },
  );

  it('allocation: how many times the free runs are, and that costs take the full size', async () => {
    const among = ['lists', 'treap', 'radix'].flatMap((design) =>
      ['small', 'large'].flatMap((kind) =>
        [1000, 4000].map((holes, i) => ({ design, kind, holes, ns: 10 ** (i + 1) })),
      ),
    );
    const makers: Makers = {
      ...inProcess,
      measure: async () => ({ among, single: 1, cached: 2 }) as never,
    };
    const at = (size: number) => askQuestion(questionNamed('allocation'), { folder, size, machine, makers });
    expect((await at(0.05)).answer.bounds.map(({ holds }) => holds)).toEqual([undefined, undefined, false]);
    const { bounds } = (await at(1)).answer;
    expect(bounds.map(({ holds }) => holds)).toEqual([false, false, false]);
    expect(bounds[0]?.says).toMatch(/: 4 times the free runs/);
  });

  it('dense-chunks: what fits into the caches shows nothing; in full a slower read is told', async () => {
    const found = [2, 1].map((read) => ({
      ...{ label: '', released: 0, hugeBefore: 1, hugeAfter: 2 - read, inUse: 1, read, readMiddle: read },
    }));
    const makers: Makers = { ...inProcess, measure: async () => found as never };
    const reads = /^reads are not slower/;
    const at = (size: number) =>
      askQuestion(questionNamed('dense-chunks'), { folder, size, machine, makers });
    expect(known(await at(0.05), reads)).toEqual([undefined]);
    expect(known(await at(1), reads)).toEqual([false]);
  });

  it.runIf(isWhole)('soft-limit: a limit that nothing reaches holds nothing', async () => {
    expect(known(await ask(questionNamed('soft-limit'), small), /above what lives/)).toEqual([undefined]);
  });
});

describe('khugepaged by itself:', () => {
  const MiB = 2 ** 20;
  const found = (back: number, scans: number | undefined, taken: number) => ({
    ...{ filled: 4 * MiB, released: 4 * MiB, scans, collapsed: 0, afterFree: 0 },
    samples: [0, back].map((allowed, i) => ({ t: i * 1000, allowed, kept: 0 })),
    afterCollapse: { allowed: 4 * MiB, kept: 0, taken, refused: 0 },
  });
  it.each<[string, number, number, number | undefined, number, boolean | undefined]>([
    ['it came back', 511, 2 * MiB, 0, 2, true],
    ['it was at all memory and took nothing', 511, 0, 2, 2, false],
    ['it was not at all memory', 511, 0, 1, 2, undefined],
    ['it does not tell', 511, 0, undefined, 2, undefined],
    ['no huge page could be made', 511, 0, 2, 0, undefined],
    ['it may not, and came back', 100, 2 * MiB, 0, 2, false],
    ['it may not, was not at all memory', 100, 0, 1, 2, undefined],
    ['it may not, and took nothing', 100, 0, 2, 2, true],
    ['two small pages are there, and it may', 510, 0, 2, 2, false],
  ])('%s (max_ptes_none %d)', async (_what, maxPtesNone, back, scans, taken, holds) => {
    const makers: Makers = { ...inProcess, measure: async () => found(back, scans, taken) as never };
    const asked = await ask(questionNamed('khugepaged'), makers, { ...machine, maxPtesNone });
    const [first] = asked.answer.bounds;
    expect(first?.says).toMatch(/^khugepaged by itself/);
    expect(first?.holds).toBe(holds);
    expect(first?.why !== undefined).toBe(holds === undefined);
  });
});

describe('what cannot be told is told:', () => {
  it.each<[string, Partial<QuestionMachine>, RegExp]>([
    ['khugepaged', { hugePages: 'never' }, /switched off/],
    ['stalls', { hugePage: 0 }, /has no transparent huge pages/],
    ['dense-chunks', { hugePages: 'never' }, /switched off/],
    ['released-rss', { advice: () => false }, /does not take MADV_FREE/],
    ['free-os-memory', { mincore: false }, /does not tell what is resident/],
    ['mappings', { maxMapCount: undefined }, /does not tell of mappings/],
  ])('%s on a machine of %o', async (name, has, why) => {
    const nobody: Makers = {
      run: () => Promise.reject(new Error('a run')),
      measure: () => Promise.reject(new Error('a measurement')),
    };
    const asked = await ask(questionNamed(name), nobody, { ...machine, ...has });
    expect(asked.verdict).toBe('unanswerable');
    expect(verdictWords(asked)).toMatch(/^not answerable here, because /);
    expect(verdictWords(asked)).toMatch(why);
  });

  it('a busy machine, and swap', async () => {
    const asked = await ask(questionNamed('limit-goal'), inProcess, { ...machine, load: 12, swap: 2 ** 30 });
    expect(asked.verdict).toBe('held');
    expect(asked.remarks.join('\n')).toMatch(/busy: \d+\.\d processes wanted 2 CPUs[\s\S]*has swap/);
  });

  it('names and refusals of names', async () => {
    const asked = await ask(questionNamed('mapping-names'), inProcess, {
      ...machine,
      namingErrno: questionMachine().namingErrno,
    });
    expect(asked.verdict).toBe('held');
  });

  it('a measurement that refuses ends the question, with its error', async () => {
    const makers: Makers = { ...inProcess, measure: () => Promise.reject(new Error('no memory')) };
    await expect(ask(questionNamed('stalls'), makers)).rejects.toThrow('no memory');
  });
});

it('questions have numbers in order, names of their own, and reports', () => {
  expect(questions.map(({ number }) => number)).toEqual(questions.map((_, i) => i + 1));
  expect(new Set(questions.map(({ name }) => name)).size).toBe(questions.length);
  for (const { reports } of questions) expect(reports.length).toBeGreaterThan(0);
  expect(reportOf(9869)).toEqual({ name: 'golang/go#9869', url: 'https://github.com/golang/go/issues/9869' });
  expect(() => questionNamed('stals')).toThrow(
    'there is no question stals; did you mean stalls? There are 1 to',
  );
  expect(() => questionNamed('19')).toThrow('there is no question 19; there are 1 to 18, or released-rss');
});

describe('a picture', () => {
  const value = { label: 'time', unit: 'ns', log: true } as const;
  const bars = ['a', 'b'].map((label) => ({ label, value: 100 }));
  const colours = (groups: number): string[] =>
    [
      ...drawPicture({
        ...{ kind: 'bars', title: '', value },
        groups: Array.from({ length: groups }, (_, i) => ({ label: `${i}`, bars })),
      }).matchAll(/rect class="(b\d)"/g),
    ].map(([, name = '']) => name);
  it('has a colour a kind where kinds come again, and one otherwise', () => {
    expect(colours(2)).toEqual(['b0', 'b1', 'b0', 'b1']);
    expect(colours(1)).toEqual(['b0', 'b0']);
  });
  it('has three ticks at least on a logarithmic axis, however near its values lie', () => {
    for (const unit of ['ns', 'bytes', 'count'] as const)
      for (const [least, most] of [
        [200, 900],
        [1000, 1001],
        [5, 4_000_000],
        [1, 1],
      ] as const) {
        const scale = new Scale({ label: '', unit, log: true }, [least, most], 0, 100);
        const ticks = scale.ticks();
        expect(ticks.length, `${unit} ${least} ${most}`).toBeGreaterThanOrEqual(3);
        expect(ticks.toSorted((a, b) => a - b)).toEqual(ticks);
        for (const tick of ticks)
          expect(scale.at(tick)).toSatisfy((at: number) => at > -1e-6 && at < 100 + 1e-6);
      }
  });
  it('keeps to the width of its layout, with all names', () => {
    const curves = Array.from({ length: 6 }, (_, i) => ({
      label: `a curve of kind ${i}`,
      points: [
        [0, i],
        [5, i],
      ] as const,
    }));
    const drawn = drawPicture(
      {
        ...{ kind: 'curves', title: 'A long title of a picture that has more words than one line takes' },
        ...{ x: { label: 'time', unit: 'seconds' }, y: value, curves, marks: [{ label: 'limit', value: 3 }] },
      },
      'narrow',
    );
    const texts = [...drawn.matchAll(/<text x="([\d.]+)"[^>]*?(text-anchor="\w+")?>([^<]*)</g)];
    expect(texts.filter(([, , , words = '']) => /kind \d|limit/.test(words)).length).toBe(7);
    for (const [, x, anchor, words = ''] of texts)
      if (anchor === undefined) expect(Number(x) + 6.5 * words.length, words).toBeLessThan(400);
  });
  it('says which axis is logarithmic', () => {
    const groups = [{ label: '', bars }];
    expect(drawPicture({ kind: 'bars', title: '', value, groups })).toContain('>time (logarithmic)<');
    expect(drawPicture({ kind: 'bars', title: '', value: { ...value, log: false }, groups })).toContain(
      '>time<',
    );
  });
});

describe('docs/questions.md', () => {
  const document = readFileSync('docs/questions.md', 'utf8');
  it.each(questions.map((question) => [question.number, question] as const))(
    'tells of question %i: its title, command, picture, bounds that held, reports',
    (number, { name, question, reports }) => {
      const section = document.split(/^## /m).find((text) => text.startsWith(`${question}\n`)) ?? '';
      expect(section).toContain(`\n    npx pageheap question ${number}\n`);
      const picture = `questions/${String(number).padStart(2, '0')}-${name}.svg`;
      expect(section).toContain(`](${picture})`);
      expect(readFileSync(join('docs', picture), 'utf8')).toMatch(/^<svg /);
      expect(section).toMatch(/^- ✓ /m);
      expect(section).not.toMatch(/^- ✗ /m);
      for (const report of reports) expect(section).toContain(`](${reportOf(report).url})`);
    },
  );
});
