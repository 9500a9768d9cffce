/** The page of a comparison: what it says. In a real browser: comparison.browser.test.ts. */
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../../lib/design/options.ts';
import { recordedOptions } from '../../../lib/design/recorded.ts';
import type { ComparedRuns } from '../../../lib/lab/metrics/comparison.ts';
import type { RunHeader } from '../../../lib/lab/record/lines.ts';
import { comparisonRemarks, renderComparison } from '../../../lib/lab/report/comparison.ts';
import { commonOptions, differingOptions, subjectRows } from '../../../lib/lab/report/comparison-options.ts';
import { comparisonPayload } from '../../../lib/lab/report/comparison-payload.ts';
import { breakable } from '../../../lib/lab/report/html.ts';

import { comparisonOf, configurationOf, mib, runOf } from './made-comparison.ts';

describe('what configurations have in common', () => {
  const optionsOf = (generation: 'lists' | 'treap' | 'radix', more: object) => {
    const recorded = recordedOptions(resolveOptions({ generation, environment: false }));
    return JSON.parse(JSON.stringify({ ...recorded, touch: 'all', strict: false, ...more }));
  };
  const two = (a: object, b: object): ComparedRuns[] => [
    configurationOf('a', [runOf({ options: optionsOf('radix', a) })]),
    configurationOf('b', [runOf({ options: optionsOf('radix', b) })]),
  ];

  it('is told where it is no default', () => {
    const both = two({ gcPercent: 50, advise: 'free' }, { gcPercent: 50, advise: 'free', scavenger: 'none' });
    expect(commonOptions(both)).toEqual([
      { name: 'advise', values: ['free'] },
      { name: 'gogc', values: ['50'] },
    ]);
    expect(differingOptions(both)).toEqual([{ name: 'scavenger', values: ['background', 'none'] }]);
    expect(commonOptions(two({}, {}))).toEqual([]);
  });

  it('differs where one has no run yet', () => {
    const none = configurationOf('c', []);
    expect(differingOptions([...two({}, { objects: 'freelist' }), none])).toEqual([
      { name: 'objects', values: ['bitmap', 'freelist', '–'] },
    ]);
    expect(commonOptions([none])).toEqual([]);
  });

  it('marks what only a workload can set', () => {
    const both = (header: object): ComparedRuns[] =>
      [0.7, 0.8].map((triggerRatio) =>
        configurationOf(String(triggerRatio), [
          runOf({ header, options: optionsOf('radix', { triggerRatio, rootBytes: mib }) }),
        ]),
      );
    const note = 'set by the workload';
    const workload = both({ workload: { name: 'rsscurve' } });
    expect(differingOptions(workload)).toEqual([{ name: 'trigger-ratio', note, values: ['0.70', '0.80'] }]);
    expect(commonOptions(workload)).toEqual([{ name: 'root-bytes', note, values: ['1.00 MiB'] }]);
    expect(differingOptions(both({})).map((row) => row.note)).toEqual(['of the library alone']);
  });

  it.each<[string, Partial<RunHeader>, Record<string, string>]>([
    [
      'a workload',
      {
        workload: { name: 'rsscurve', seed: 7, scale: 0.5, timeScale: 0.1, moreCollections: true },
        pace: { beatMs: 100 },
      },
      {
        workload: 'rsscurve',
        seed: '7',
        scale: '0.5',
        'time-scale': '0.1',
        'more-collections': 'on',
        beat: '100 ms',
      },
    ],
    [
      'a paced trace',
      { trace: { name: 'git', ops: 8655 }, pace: { seconds: 5, idle: 2, collections: 1, beatMs: 50 } },
      { trace: 'git, 8,655 operations', duration: '5.00 s', idle: '2.00 s', 'idle-gcs': '1', beat: '50 ms' },
    ],
    [
      'a trace as fast as it goes',
      { trace: { name: 'git' }, pace: { seconds: 0, idle: 0 } },
      { trace: 'git', duration: 'as fast as it goes', idle: 'none' },
    ],
  ])('has the subject: %s', (_what, header, wanted) => {
    const rows = subjectRows({ k: 'run', format: 'pageheap-run/1', ...header });
    expect(Object.fromEntries(rows.map(({ name, values }) => [name, values[0]]))).toEqual(wanted);
  });
});

describe('the page', () => {
  const header = { command: ['pageheap', 'compare', 'git'], pace: { seconds: 5, idle: 2 } };
  const plain = (html: string): string => html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');

  it('says how it was made, and that it was paced', () => {
    const page = plain(renderComparison(comparisonOf([configurationOf('a', [runOf({ header })])])));
    expect(page).toContain('trace made, replayed over 5.00 s, then idle for 2.00 s');
    expect(page).toContain('pageheap compare git');
    expect(page).toContain('operations/s, paced');
    expect(page).toContain('– stands for none');
    const fast = plain(renderComparison(comparisonOf([configurationOf('a', [runOf()])])));
    expect(fast).toContain('operations/s');
    expect(fast).not.toContain('paced');
  });

  it('says what failed, what is not whole and what was never run', () => {
    const configurations = [
      configurationOf('a', [runOf({ end: null }), runOf({ end: { reason: 'error' } }), runOf()]),
      configurationOf('b', []),
    ];
    const failures = [
      { label: 'b', round: 1, message: 'out of \u001b[1mmemory\u001b[0m <here>', code: 'ERR_OUT_OF_MEMORY' },
    ];
    const comparison = comparisonOf(configurations, { failures, interrupted: true });
    expect(comparisonRemarks(comparison)).toEqual([
      'The comparison was interrupted; this is what was finished until then.',
      'b, run 1 failed: out of memory <here> (ERR_OUT_OF_MEMORY)',
      'b has no finished run.',
      expect.stringMatching(
        /^a, run 1: The run did not finish: its file has no end line, and tells of [\d,]+ operations/,
      ),
      expect.stringMatching(/^a, run 2: The run ended with an error after [\d,]+ operations/),
    ]);
    expect(renderComparison(comparison)).toContain('b, run 1 failed: out of memory &lt;here&gt;');
    expect(comparisonRemarks(comparisonOf([configurationOf('a', [runOf()])]))).toEqual([]);
  });

  it.each<[string, readonly ComparedRuns[], readonly string[], readonly string[]]>([
    [
      'of some with runs',
      [
        configurationOf('a', [runOf({ options: { objects: 'bitmap' } })]),
        configurationOf('b', [runOf({ options: { objects: 'freelist' } })]),
        configurationOf('c', []),
      ],
      [
        'c has no finished run, so nothing is known of its options.',
        'What those that have runs have in common',
        'c has no finished run, hence nothing but dashes.',
        'cno finished run',
      ],
      ['They have', 'the same options'],
    ],
    [
      'of some with runs that are the same',
      [configurationOf('a', [runOf()]), configurationOf('b', [runOf()]), configurationOf('c', [])],
      ['Those that have runs have the same options. c has no finished run'],
      ['They have the same'],
    ],
    [
      'of one with a run',
      [configurationOf('a', [runOf()]), configurationOf('b', []), configurationOf('c', [])],
      [
        'Only a has a finished run: nothing can be compared.',
        'b and c have no finished run',
        'How a was run',
      ],
      ['same options', 'in common'],
    ],
    [
      'of none with a run',
      [configurationOf('a', []), configurationOf('b', [])],
      ['None has a finished run: nothing can be compared.'],
      ['same options', 'in common'],
    ],
    [
      'of all with runs',
      [configurationOf('a', [runOf()]), configurationOf('b', [runOf()])],
      ['They have the same options.', 'What they have in common'],
      ['no finished run'],
    ],
  ])('says what can be compared: %s', (_what, configurations, said, unsaid) => {
    const page = plain(
      renderComparison(comparisonOf(configurations)).replace(/<(script|style)[\s\S]*?<\/\1>/g, ''),
    );
    for (const words of said) expect(page).toContain(words);
    for (const words of unsaid) expect(page).not.toContain(words);
  });

  it('begins with which is better in what, before the curves', () => {
    const configurations = [0, 1].map((more) =>
      configurationOf(
        'ab'[more],
        [10, 11].map((end) => runOf({ rss: [10, 40, end + 20 * more] })),
      ),
    );
    const html = renderComparison(comparisonOf(configurations));
    const text = plain(html.replaceAll('\u00a0', ' '));
    expect(text).toContain(
      'a ends with the least RSS: 10.5 MiB [10.0, 11.0] MiB, 2.9 times less than b (30.5 MiB).',
    );
    expect(html.indexOf('class="verdicts"')).toBeGreaterThan(html.indexOf('class="answer"'));
    expect(html.indexOf('class="verdicts"')).toBeLessThan(html.indexOf('id="h-curves"'));
    const cards = [...html.matchAll(/<dt title[^>]*>([^<]*)</g)].map(([, name]) => name);
    expect(cards).toEqual([
      'RSS end',
      'RSS mean',
      'RSS peak',
      'time to half decay',
      'minor faults',
      'operations/s',
    ]);
    expect(text).toContain('no difference shown');
  });

  it('says where decays end, if that is not where runs do', () => {
    const of = (forcedAt?: number): string =>
      plain(
        renderComparison(
          comparisonOf([
            configurationOf('a', [
              runOf({ rss: [100, 60, 2], ...(forcedAt === undefined ? {} : { forcedAt }) }),
            ]),
          ]),
        ),
      );
    expect(of(1500)).toMatch(/RSS after decay\s*60\.0 MiB/);
    expect(of(1500)).toContain('A decay ends where memory was first forced back after the RSS peak');
    expect(of()).toMatch(/RSS after decay\s*2\.00 MiB/);
    expect(of()).not.toContain('forced back after the RSS peak');
  });

  it('says where configurations were not treated alike', () => {
    const held = (waited: number) =>
      runOf({ header: { format: 'pageheap-run/2' } }).samples.map((s) => ({
        ...s,
        waitNs: s.t * 1e6 * waited,
      }));
    const of = (label: string, waited: number): ComparedRuns =>
      configurationOf(label, [{ ...runOf(), samples: held(waited) }]);
    const unlike = renderComparison(comparisonOf([of('a', 0.01), of('b', 0.6)]));
    expect(unlike).toContain('The configurations were not treated alike');
    expect(renderComparison(comparisonOf([of('a', 0.6), of('b', 0.6)]))).not.toContain('not treated alike');
  });

  it('breaks names between parts, then within them', () => {
    const parts = (name: string): string =>
      breakable(name)
        .html.replaceAll('<span class="part">', '[')
        .replaceAll('</span>', ']')
        .replaceAll('<wbr>', '|');
    expect(parts('radix')).toBe('[radix]');
    expect(parts('radix,advise=free')).toBe('[radix,][advise=free]');
    expect(parts('my own:./a/b/<long-name>.mjs')).toBe('[my ][own:][./|a/|b/|&lt;long-name&gt;.mjs]');
  });

  it('has a chart of a counter only where it differs', () => {
    const idsOf = (faults: number): string[] =>
      comparisonPayload([
        configurationOf('a', [runOf()]),
        configurationOf('b', [runOf({ faults })]),
      ]).quantities.map(({ id, unit }) => `${id} ${unit}`);
    expect(idsOf(10)).toEqual(['rss bytes', 'inuse bytes']);
    expect(idsOf(20)).toEqual(['rss bytes', 'inuse bytes', 'faults count']);
  });

  it('has the recorded program as one more curve of RSS', () => {
    const run = runOf();
    const samples = run.samples.map((s, i) => (i < 2 ? { ...s, ranRss: (i + 1) * 1000 } : s));
    const { labels, quantities, phases } = comparisonPayload([
      configurationOf('a', [runOf()]),
      configurationOf('b', [{ ...run, samples }]),
    ]);
    expect([labels, phases.length]).toEqual([['a', 'b', 'as it ran'], 3]);
    const [rss, inuse] = quantities;
    const curve = rss?.curves.at(-1);
    expect([inuse?.curves.length, curve?.configuration, curve?.end, curve?.endOps]).toEqual([
      2, 2, 1000, 100,
    ]);
    expect(Math.max(...(curve?.values ?? []).map((value) => value ?? 0))).toBe(2000);
  });

  it('knows where curves and phases end', () => {
    const { phases, quantities } = comparisonPayload([
      configurationOf('a', [runOf({ rss: [1, 2, 3, 4], phases: ['A', 'B'] })]),
      configurationOf('b', [runOf()]),
      configurationOf('c', []),
    ]);
    expect(phases).toEqual([
      [
        { t: 1000, name: 'A' },
        { t: 2000, name: 'B' },
      ],
      [],
      [],
    ]);
    expect(quantities[0]?.curves.map(({ end }) => end)).toEqual([3000, 2000]);
  });
});
