/** Questions about memory that was given back, answered by runs: why RSS is high, what MADV_FREE buys, when it leaves, what pacing costs. */
import { metricsOf } from '../metrics/run-metrics.ts';
import type { RunPhaseEnd } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import {
  atSize,
  bound,
  clocked,
  factor,
  inWords,
  type Labelled,
  middle,
  phaseOf,
  rssPicture,
  untold,
} from './answering.ts';
import { thrash } from './measure/thrash.ts';
import type { Answer, Asker, Question } from './question.ts';

const noFree = ({ advice }: Asker['machine']): string | undefined =>
  advice('FREE') ? undefined : 'this kernel does not take MADV_FREE (Linux 4.5 and later do)';

/** What of its RSS a heap does not count: neither in use nor free and backed. */
const beyond = (phase: RunPhaseEnd | undefined): number | undefined =>
  typeof phase?.rss !== 'number' || phase.sys === undefined || phase.released === undefined
    ? undefined
    : Math.max(0, phase.rss - (phase.sys - phase.released));

/** Below it what V8 does hides what the heap does. */
const leastScale = 0.06;

const cache = (scale: number, timeScale: number) => ({ name: 'cache-refill', scale, timeScale });

export const releasedRss: Question = {
  number: 1,
  name: 'released-rss',
  question: 'Why is RSS high when everything was released?',
  how: 'A cache is filled and emptied three times, once giving memory back by MADV_DONTNEED and once by MADV_FREE. What RSS holds beside what the heap counts must be LazyFree.',
  reports: [28466, 37585, 39779, 42330],
  seconds: 16,
  byHand: [
    'pageheap compare cache-refill --scale 0.25 --time-scale 0.25 -c dontneed:radix -c free:radix,advise=free',
  ],
  unanswerable: noFree,
  async ask(asker) {
    const of = async (advise: 'dontneed' | 'free'): Promise<Labelled> => ({
      label: advise === 'free' ? 'MADV_FREE' : 'MADV_DONTNEED',
      run: await asker.run({
        label: advise,
        workload: cache(Math.max(leastScale, 0.25 * asker.size), 0.25 * Math.min(1, asker.size * 4)),
        heap: { advise, scavengePercent: 25 },
      }),
    });
    const runs = [await of('dontneed'), await of('free')];
    const [dontneed, free] = runs.map(({ run }) => run);
    const [filled, emptied] = ['filled 3', 'deleted 3'].map((name) => phaseOf(free, name));
    const peak = filled?.rss;
    const lazy = emptied?.lazy;
    const gap = beyond(emptied);
    return {
      table: {
        head: ['after the last emptying', 'in use', 'released', 'LazyFree', 'RSS, heap'],
        rows: runs.map(({ label, run }) => {
          const phase = phaseOf(run, 'deleted 3');
          return [
            label,
            ...[phase?.inuse, phase?.released, phase?.lazy, phase?.rss].map((n) => inWords('bytes', n)),
          ];
        }),
      },
      picture: rssPicture('A cache, filled and emptied three times', runs),
      bounds: [
        clocked(
          bound(
            'under MADV_DONTNEED what was released has left RSS: at most a twentieth of the full cache is resident',
            'bytes',
            phaseOf(dontneed, 'deleted 3')?.rss,
            'at most',
            typeof peak === 'number' ? peak / 20 : undefined,
          ),
        ),
        bound(
          'under MADV_FREE most of it is resident still',
          'bytes',
          emptied?.rss,
          'at least',
          typeof peak === 'number' ? peak / 2 : undefined,
        ),
        typeof lazy !== 'number' || gap === undefined || typeof peak !== 'number'
          ? untold(
              'LazyFree accounts for all that RSS holds beside what the heap counts',
              'smaps does not tell here',
            )
          : bound(
              'LazyFree accounts for what RSS holds beside what the heap counts, but for a twentieth of the full cache',
              'bytes',
              Math.abs(gap - lazy),
              'at most',
              peak / 20,
            ),
      ],
    };
  },
};

const rounds = 3;
const costsNoTime = 'it costs no CPU time: at most a quarter more';

export const madvFree: Question = {
  number: 2,
  name: 'madv-free',
  question: 'What does MADV_FREE save, and what does it cost in RSS?',
  how: 'The same cache by both advices, in turns, three times each: page faults, CPU time and mean RSS.',
  reports: [28466],
  seconds: 24,
  byHand: [
    'pageheap compare cache-refill --scale 0.25 --time-scale 0.1 -c dontneed:radix,scavenge-percent=50 -c free:radix,scavenge-percent=50,advise=free',
  ],
  unanswerable: noFree,
  async ask(asker) {
    const runs: { readonly dontneed: Labelled[]; readonly free: Labelled[] } = { dontneed: [], free: [] };
    for (let round = 1; round <= (asker.size < 0.5 ? 1 : rounds); round++)
      for (const advise of ['dontneed', 'free'] as const)
        runs[advise].push({
          label: `MADV_${advise.toUpperCase()}${round > 1 ? `, ${round}` : ''}`,
          run: await asker.run({
            label: `${advise}-${round}`,
            workload: cache(Math.max(leastScale, 0.25 * asker.size), 0.1 * Math.min(1, asker.size * 8)),
            heap: { advise, scavengePercent: 50 },
          }),
        });
    // From the first emptying on: until then both fault all of it in.
    const faultsOf = (run: RunData): number | undefined => {
      const [from, to] = ['deleted 1', 'deleted 3'].map((name) => phaseOf(run, name)?.minflt);
      return from === undefined || to === undefined ? undefined : to - from;
    };
    const of = (
      advice: 'dontneed' | 'free',
      value: (run: RunData) => number | undefined,
    ): number | undefined => middle(runs[advice].map(({ run }) => value(run)));
    const cpu = (run: RunData): number | undefined => metricsOf(run).cpuTime;
    const mean = (run: RunData): number | undefined => metricsOf(run).rssMean;
    return {
      table: {
        head: ['medians', 'page faults of two refills', 'CPU time', 'RSS mean', 'RSS peak'],
        rows: (['dontneed', 'free'] as const).map((advice) => [
          `MADV_${advice.toUpperCase()}`,
          inWords('count', of(advice, faultsOf)),
          inWords('seconds', of(advice, cpu)),
          inWords('bytes', of(advice, mean)),
          inWords(
            'bytes',
            of(advice, (run) => metricsOf(run).rssPeak),
          ),
        ]),
      },
      picture: rssPicture('A cache, filled and emptied three times', [runs.dontneed[0], runs.free[0]]),
      bounds: [
        clocked(
          factor(
            'refilling under MADV_FREE faults at most half as often as under MADV_DONTNEED',
            of('free', faultsOf),
            of('dontneed', faultsOf),
            'at most',
            0.5,
          ),
        ),
        clocked(
          factor(
            'it costs RSS: the mean is higher, by a quarter at least',
            of('free', mean),
            of('dontneed', mean),
            'at least',
            1.25,
          ),
        ),
        clocked(
          atSize(asker.size, 0.5, factor(costsNoTime, of('free', cpu), of('dontneed', cpu), 'at most', 1.25)),
        ),
      ],
    };
  },
};

/** Milliseconds from a phase's end until RSS had fallen by half to that of the next; undefined where it did not fall. */
function halfTime({ samples, phases }: RunData, from: string, to: string): number | undefined {
  const [begin, end] = [from, to].map((name) => phases.find((phase) => phase.name === name));
  if (typeof begin?.rss !== 'number' || typeof end?.rss !== 'number' || end.rss > 0.5 * begin.rss)
    return undefined;
  const half = (begin.rss + end.rss) / 2;
  const first = samples.find(
    ({ t, rss }) => t >= begin.t && t <= end.t && typeof rss === 'number' && rss <= half,
  );
  return (first?.t ?? end.t) - begin.t;
}

/** From this size on the idleness is as long as documented; below it there is less time to give back in. */
const wholeIdleness = 0.25;

export const decay: Question = {
  number: 3,
  name: 'decay',
  question: 'How long until freed memory leaves RSS?',
  how: 'A cache is filled and emptied three times, with two collections and four seconds of idleness, on the designs of 2023 and of 2014.',
  reports: [16930, 30333, 13552],
  seconds: 28,
  byHand: ['pageheap compare cache-refill --scale 0.125 --time-scale 0.6 -c radix -c lists'],
  async ask(asker) {
    const of = async (generation: 'radix' | 'lists'): Promise<Labelled> => ({
      label: generation,
      run: await asker.run({
        label: generation,
        workload: cache(
          Math.max(leastScale, 0.125 * asker.size),
          0.6 * Math.min(1, asker.size / wholeIdleness),
        ),
        heap: { generation },
      }),
    });
    const runs = [await of('radix'), await of('lists')];
    const [radix, lists] = runs.map(({ run }) => run);
    const halves = [1, 2, 3].map((n) => halfTime(radix, `filled ${n}`, `deleted ${n}`));
    const left = (run: RunData, n: number): number | null | undefined => phaseOf(run, `deleted ${n}`)?.rss;
    const full = (run: RunData, n: number): number | null | undefined => phaseOf(run, `filled ${n}`)?.rss;
    return {
      table: {
        head: ['', 'full', 'after the idleness', 'half was gone after'],
        rows: runs.flatMap(({ label, run }) =>
          [1, 2, 3].map((n) => {
            const half = halfTime(run, `filled ${n}`, `deleted ${n}`);
            return [
              `${label}, round ${n}`,
              inWords('bytes', full(run, n)),
              inWords('bytes', left(run, n)),
              half === undefined ? 'not in this time' : inWords('seconds', half / 1000),
            ];
          }),
        ),
      },
      picture: rssPicture('A cache that is emptied: when memory leaves', runs),
      bounds: [
        ...[1, 2, 3].map((n) =>
          atSize(
            asker.size,
            wholeIdleness,
            clocked(
              factor(
                `design of 2023, round ${n}: at most a tenth of the full cache is resident after the idleness`,
                left(radix, n),
                full(radix, n),
                'at most',
                0.1,
              ),
            ),
          ),
        ),
        factor(
          'design of 2014: nothing leaves, since spans must be unused for five minutes',
          left(lists, 3),
          full(lists, 3),
          'at least',
          0.95,
        ),
      ],
      notes: halves.some((half) => half === undefined)
        ? []
        : [
            `Emptying, two collections and the wait between them are in these times. Released is at 1 % of a CPU, so that a slower system call takes longer.`,
          ],
    };
  },
};

export const pacing: Question = {
  number: 4,
  name: 'pacing',
  question: 'What does pacing cost, and does retaining 10 % stop thrash?',
  how: "A service with two busy hours and a pause: the time that its releases take. Then a heap whose size swings, by 6 % and by half, ten times, with a pause at its low end in which all is given back that the scavenger wants to, by the heap's own clock: what of it comes back when the heap fills up, with 0, 10 and 100 % retained over the goal.",
  reports: [30333, 34048],
  seconds: 14,
  byHand: [
    'pageheap compare ramp-idle-ramp --scale 0.125 --time-scale 0.3 -c none:radix,retain-extra=0 -c radix -c twice:radix,retain-extra=100',
  ],
  async ask(asker) {
    const run = await asker.run({
      label: 'two ramps',
      workload: {
        name: 'ramp-idle-ramp',
        scale: Math.max(leastScale, 0.125 * asker.size),
        timeScale: 0.3 * Math.min(1, 4 * asker.size),
      },
    });
    const { madviseTime, elapsed } = metricsOf(run);
    const share = madviseTime === undefined || !elapsed ? undefined : madviseTime / 1e9 / elapsed;
    const found = await asker.measure(thrash, { mib: 32 * asker.size });
    const again = (swing: number, retained: number): number | undefined =>
      found.find((one) => one.swing === swing && one.retained === retained)?.again;
    const percent = (n: number): string => `${Number((100 * n).toFixed(0))} %`;
    const swings = [...new Set(found.map(({ swing }) => swing))];
    const [slight, half] = swings as [number, number];
    const filled = found.find(({ swing }) => swing === slight)?.filled;
    return {
      table: {
        head: ['', 'filled again', 'of it given back before', 'page faults'],
        rows: found.map((one) => [
          `swings by ${percent(one.swing)}, ${one.retained} % retained`,
          ...[one.filled, one.again].map((n) => inWords('bytes', n)),
          inWords('count', one.faults),
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'Given back in ten pauses, and taken again, by what is retained over the goal',
        value: { label: 'share of what was filled again', unit: 'share' },
        groups: swings.map((swing) => ({
          label: `the heap swings by ${percent(swing)}`,
          bars: found
            .filter((one) => one.swing === swing)
            .map((one) => ({ label: `${one.retained} % retained`, value: one.again / one.filled })),
        })),
      },
      bounds: [
        clocked(
          bound(
            "pacing holds: with Go's 10 % the calls of madvise take at most a twentieth of the time",
            'share',
            share,
            'at most',
            0.05,
          ),
        ),
        factor(
          'without anything retained a heap that swings by 6 % thrashes: half of what it fills again had been given back, at least',
          again(slight, 0),
          filled,
          'at least',
          0.5,
        ),
        factor(
          'retaining 10 % stops that: at most a tenth of it is left',
          again(slight, 10),
          again(slight, 0),
          'at most',
          0.1,
        ),
        factor(
          'it does not stop a swing by half: nine tenths of it are left, at least',
          again(half, 10),
          again(half, 0),
          'at least',
          0.9,
        ),
        factor(
          'retaining as much again stops that, too: at most a tenth of it is left',
          again(half, 100),
          again(half, 0),
          'at most',
          0.1,
        ),
      ],
      notes: [
        `The service gave back ${inWords('bytes', metricsOf(run).madviseBytes)} in ${inWords('ns', madviseTime)} of ${inWords('seconds', elapsed)}. Page faults are of the whole process: some are V8's.`,
      ],
    } satisfies Answer;
  },
};
