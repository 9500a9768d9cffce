/** Questions about the heap's own structures: cost of an allocation, fragmentation, the goal under a limit, names, metadata. */
import { atSize, bound, clocked, factor, inWords, nsInWords, untold } from './answering.ts';
import { limitGoals, mappingNames, metadata as metadataMeasurement } from './measure/accounts.ts';
import { allocationCosts, stripes } from './measure/holes.ts';
import type { Question } from './question.ts';

export const allocation: Question = {
  number: 7,
  name: 'allocation',
  question: 'Free list, treap or bitmap: what does an allocation cost?',
  how: 'The page heaps of the three designs among many free runs: a run is freed at random and another allocated. No memory is mapped.',
  reports: [31678, 35112],
  seconds: 8,
  byHand: ['node dist/bench/free-spans.js   # in a clone, beside real Go'],
  async ask({ size, measure }) {
    const counts = (all: readonly number[]): number[] =>
      all.map((n) => Math.max(200, Math.round(n * Math.min(1, size))));
    const found = await measure(allocationCosts, {
      small: counts([1000, 10_000, 50_000]),
      large: counts([1000, 10_000]),
      pairs: Math.max(2000, Math.round(50_000 * Math.min(1, size))),
      rounds: 5,
    });
    const of = (design: string, kind: string) =>
      found.among.filter((one) => one.design === design && one.kind === kind);
    const designs = ['lists', 'treap', 'radix'];
    const [small, large] = ['small', 'large'].map((kind) => of('radix', kind));
    const most = (design: string, kind: string): number => of(design, kind).at(-1)?.ns ?? Number.NaN;
    return {
      table: {
        head: [
          'free and allocate',
          ...small.map(({ holes }) => `${holes} small runs`),
          ...large.map(({ holes }) => `${holes} large runs`),
        ],
        rows: designs.map((design) => [
          design,
          ...[...of(design, 'small'), ...of(design, 'large')].map(({ ns }) => nsInWords(ns)),
        ]),
      },
      picture: {
        kind: 'curves',
        title: 'A free and an allocation, by the number of free runs',
        x: { label: 'free runs', unit: 'count', log: true },
        y: { label: 'time', unit: 'ns', log: true },
        curves: (['small', 'large'] as const).flatMap((kind) =>
          designs.map((design) => ({
            label: `${design}, ${kind} runs`,
            points: of(design, kind).map(({ holes, ns }): [number, number] => [holes, ns]),
          })),
        ),
      },
      bounds: [
        atSize(
          size,
          1,
          clocked(
            factor(
              `the radix tree: ${Math.round((small.at(-1)?.holes ?? 0) / (small[0]?.holes ?? 1))} times the free runs cost at most five times as much`,
              most('radix', 'small'),
              small[0]?.ns,
              'at most',
              5,
            ),
          ),
        ),
        atSize(
          size,
          1,
          clocked(
            factor(
              'the list of 2014 is walked: among many large runs it costs twice what the radix tree does',
              most('lists', 'large'),
              most('radix', 'large'),
              'at least',
              2,
            ),
          ),
        ),
        clocked(
          factor(
            'a page from a page cache costs no more than one from the bitmap',
            found.cached,
            found.single,
            'at most',
            1.1,
          ),
        ),
      ],
      notes: [
        `One page from the radix page heap: ${nsInWords(found.single)} by itself, ${nsInWords(found.cached)} from a page cache, refills included. In Go the cache also saves a lock.`,
      ],
    };
  },
};

export const fragmentation: Question = {
  number: 8,
  name: 'fragmentation',
  question: 'When does fragmentation force the heap to grow?',
  how: 'One page lives, eight are free, over and over. Then eight pages are asked for, and half of all free memory in one piece.',
  reports: [9869, 18896, 35848],
  seconds: 2,
  byHand: ['pageheap run stripes   # look at the page map'],
  async ask({ size, measure }) {
    const found = await measure(stripes, { mib: 64 * size });
    return {
      table: {
        head: ['', 'in use', 'free', 'asked for in one piece', 'the heap grew by', 'for eight pages'],
        rows: found.map(({ label, inUse, free, asked, grown, grownForSmall }) => [
          label,
          ...[inUse, free, asked, grown, grownForSmall].map((n) => inWords('bytes', n)),
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'Nine tenths of the heap are free, and it grows',
        value: { label: 'bytes', unit: 'bytes' },
        groups: found.map(({ label, inUse, free, asked, grown }) => ({
          label,
          bars: [
            { label: 'in use', value: inUse },
            { label: 'free', value: free },
            { label: 'asked for', value: asked },
            { label: 'grown by', value: grown },
          ],
        })),
      },
      bounds: found.flatMap(({ label, inUse, free, asked, grown, grownForSmall }) => [
        bound(`${label}: of the heap so much is free`, 'share', free / (inUse + free), 'at least', 0.85),
        // What is free at the end of the heap is used, and may be up to a step of growth.
        bound(
          `${label}: it grows for one large piece all the same`,
          'bytes',
          grown,
          'at least',
          asked - 4 * 2 ** 20,
        ),
        bound(`${label}: it does not grow for eight pages`, 'bytes', grownForSmall, 'at most', 0),
      ]),
    };
  },
};

export const limitGoal: Question = {
  number: 14,
  name: 'limit-goal',
  question: 'Does the background scavenger act on the limit?',
  how: 'A heap slightly above its memory limit, with free memory that the goal of GOGC would keep, idles for a minute of its own clock: as here, and with the goal of Go 1.19 to 1.21 (historicalScavengeGoal).',
  reports: [62449],
  seconds: 3,
  byHand: ['pageheap run --memory-limit 400MiB --historical-scavenge-goal'],
  async ask({ measure }) {
    const found = await measure(limitGoals, { seconds: 60 });
    const end = ({ points }: (typeof found)[number]): number => points.at(-1)?.[1] ?? Number.NaN;
    const begin = ({ points }: (typeof found)[number]): number => points[0]?.[1] ?? Number.NaN;
    const [here, historical] = found;
    return {
      table: {
        head: ['', 'ready at the beginning', 'after a minute', 'limit', 'goal, 5 % below'],
        rows: found.map((one) => [
          one.label,
          ...[begin(one), end(one), one.limit, one.goal].map((n) => inWords('bytes', n)),
        ]),
      },
      picture: {
        kind: 'curves',
        title: 'A heap above its limit, idle',
        x: { label: "the heap's clock", unit: 'seconds' },
        y: { label: 'memory that is ready', unit: 'bytes', from: 56 * 2 ** 20 },
        curves: found.map(({ label, points }) => ({ label, points })),
        marks: [
          { label: 'limit', value: here.limit },
          { label: 'goal', value: here.goal },
        ],
      },
      bounds: [
        bound(
          'here it gives back until the heap is below its limit',
          'bytes',
          end(here),
          'at most',
          here.limit,
        ),
        bound(
          'with the goal of Go 1.19 to 1.21 it gives nothing back',
          'bytes',
          end(historical),
          'at least',
          begin(historical),
        ),
      ],
    };
  },
};

export const names: Question = {
  number: 15,
  name: 'mapping-names',
  question: 'Who owns each mapping?',
  how: 'The heap names its mappings, and /proc/self/maps is read. Where the kernel refuses names, that must be remembered once, and nothing else change.',
  reports: [71546],
  seconds: 1,
  byHand: ['grep pageheap /proc/PID/maps', 'pageheap doctor'],
  async ask({ measure, machine }) {
    const { heapBytes, named, fallbacks, works } = await measure(mappingNames, { mib: 8 });
    const refusals = fallbacks.filter((text) => text.includes('PR_SET_VMA'));
    const says = "all of the heap's memory has its name in /proc/self/maps";
    return {
      table: {
        head: ['', ''],
        rows: [
          ["the heap's mappings", inWords('bytes', heapBytes)],
          ['of these with its name', inWords('bytes', named)],
          ['told among the fallbacks', refusals.join('; ') || '–'],
        ],
      },
      picture: {
        kind: 'bars',
        title: "The heap's mappings in /proc/self/maps",
        value: { label: 'bytes', unit: 'bytes' },
        groups: [
          {
            label: '',
            bars: [
              { label: 'mapped', value: heapBytes },
              { label: 'with a name', value: named },
            ],
          },
        ],
      },
      bounds: [
        machine.namingErrno === 0
          ? bound(says, 'bytes', named, 'at least', heapBytes)
          : untold(
              says,
              'this kernel gives no names to anonymous memory (CONFIG_ANON_VMA_NAME, Linux 5.17 and later)',
            ),
        {
          says:
            machine.namingErrno === 0
              ? 'no refusal is remembered'
              : 'the refusal is remembered, once, and the heap goes on without names',
          found: `${refusals.length} told, the heap ${works ? 'works' : 'does not work'}`,
          holds: works && refusals.length === (machine.namingErrno === 0 ? 0 : 1),
        },
      ],
    };
  },
};

export const metadata: Question = {
  number: 17,
  name: 'metadata',
  question: 'How much metadata is never given back?',
  how: 'Small objects are allocated and all freed, six times; what the heap keeps for itself is read from its statistics.',
  reports: [43402],
  seconds: 5,
  byHand: ['pageheap export RUN   # MSpanSys, GCSys, OtherSys'],
  async ask({ size, measure }) {
    const rows = await measure(metadataMeasurement, { objects: Math.round(1_000_000 * size), size: 64 });
    const [empty, filled, freed] = rows;
    const [before, last] = rows.slice(-2);
    // Of the fillings after the first the last that added something.
    const settled = rows
      .slice(3)
      .reduce((at, row, i) => (row.metadata > rows[i + 2].metadata ? i + 1 : at), 0);
    return {
      table: {
        head: ['', 'metadata', 'HeapInuse'],
        rows: rows.map(({ label, metadata, heapInUse }) => [
          label,
          inWords('bytes', metadata),
          inWords('bytes', heapInUse),
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'What the heap keeps for itself',
        value: { label: 'metadata', unit: 'bytes' },
        groups: [{ label: '', bars: rows.map(({ label, metadata }) => ({ label, value: metadata })) }],
      },
      bounds: [
        bound(
          'none of it goes back when all objects are freed',
          'bytes',
          freed.metadata,
          'at least',
          filled.metadata,
        ),
        bound(
          'it is at most a fiftieth of the largest heap that there was, beside what an empty heap has',
          'bytes',
          freed.metadata - empty.metadata,
          'at most',
          filled.heapInUse / 50 + 512 * 1024,
        ),
        bound(
          'it is used again: the sixth time of filling and freeing adds nothing',
          'bytes',
          last.metadata,
          'at most',
          before.metadata,
        ),
      ],
      notes: [
        `That it is used again does not mean that the first time is enough: ${
          settled === 0
            ? 'here it was.'
            : `until time ${settled + 1} it grew, by ${inWords('bytes', last.metadata - freed.metadata)} in all (${inWords('share', (last.metadata - freed.metadata) / (freed.metadata - empty.metadata))} of what the first time added).`
        }`,
      ],
    };
  },
};
