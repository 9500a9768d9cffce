/** Questions about giving back and faulting in, answered by measurements: rates, forced frees, the price of a fault. */
import { pageSize } from '../../base/units.ts';
import { bound, clocked, factor, inWords, nsInWords, untold } from './answering.ts';
import { touchCosts } from './measure/faults.ts';
import { forcedFree, quantumBytes, releaseRates } from './measure/release.ts';
import type { Question } from './question.ts';

export const releaseRate: Question = {
  number: 5,
  name: 'release-rate',
  question: 'How fast can memory be given back?',
  how: 'Free memory is given back by force: chunks that are wholly free, 64 KiB at a time where a page lives in each huge page, and holes of one page, by the CPU time that it takes.',
  reports: [59960],
  seconds: 4,
  byHand: ['pageheap run --scavenge-percent 50   # and the same in the background'],
  async ask({ size, measure }) {
    const rates = await measure(releaseRates, { mib: 128 * size });
    const perMs = ({ bytes, ns }: (typeof rates)[number]): number =>
      ns > 0 ? bytes / (ns / 1e6) : Number.NaN;
    const [, quantum, holes] = rates;
    return {
      table: {
        head: ['', 'given back', 'calls', 'bytes a call', 'time a call', 'in a millisecond'],
        rows: rates.map((rate) => [
          rate.label,
          inWords('bytes', rate.bytes),
          inWords('count', rate.calls),
          inWords('bytes', rate.bytes / rate.calls),
          nsInWords(rate.ns / rate.calls),
          inWords('bytes', perMs(rate)),
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'Given back in a millisecond of CPU time',
        value: { label: 'a millisecond', unit: 'bytes', log: true },
        groups: [{ label: '', bars: rates.map((rate) => ({ label: rate.label, value: perMs(rate) })) }],
        marks: [
          { label: 'the worst reported, 2018', value: 8 * 1024 },
          { label: 'reported', value: 256 * 1024 },
        ],
      },
      bounds: [
        bound(
          '64 KiB at a time is what was measured: a call gave back so much, on average',
          'bytes',
          quantum.bytes / quantum.calls,
          'at most',
          quantumBytes,
        ),
        bound(
          'holes of one page are what was measured: a call gave back one',
          'bytes',
          holes.bytes / holes.calls,
          'at most',
          pageSize,
        ),
        clocked(
          bound(
            '64 KiB at a time: not below what was reported, 256 KiB a millisecond',
            'bytes',
            perMs(quantum),
            'at least',
            256 * 1024,
          ),
        ),
        clocked(
          bound(
            'in holes of one page: not below the worst reported, 8 KiB a millisecond',
            'bytes',
            perMs(holes),
            'at least',
            8 * 1024,
          ),
        ),
      ],
    };
  },
};

export const freeOSMemory: Question = {
  number: 6,
  name: 'free-os-memory',
  question: 'Does freeOSMemory raise Released to Idle?',
  how: 'A heap of which fifteen sixteenths were dropped is freed by force, in each design; the kernel is asked what is resident.',
  reports: [35858],
  seconds: 2,
  byHand: [],
  unanswerable: ({ mincore }) =>
    mincore ? undefined : 'the kernel does not tell what is resident (mincore)',
  async ask({ size, measure }) {
    const heaps = await measure(forcedFree, { mib: 64 * size });
    const lazy = 'MADV_FREE: the kernel takes it when it needs memory';
    return {
      table: {
        head: ['afterwards', 'idle', 'released', 'in use', 'resident'],
        rows: heaps.map(({ label, idle, released, inUse, resident }) => [
          label,
          ...[idle, released, inUse].map((n) => inWords('bytes', n)),
          `${inWords('bytes', resident)}${label === 'treap' ? ` (${lazy})` : ''}`,
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'After freeOSMemory',
        value: { label: 'bytes', unit: 'bytes' },
        groups: heaps.map(({ label, idle, released, inUse, resident, residentBefore }) => ({
          label,
          bars: [
            { label: 'resident before', value: residentBefore },
            { label: 'idle', value: idle },
            { label: 'released', value: released },
            { label: 'in use', value: inUse },
            { label: 'resident', value: resident },
          ],
        })),
      },
      bounds: [
        ...heaps.map(({ label, idle, released }) => ({
          says: `${label}: HeapReleased is HeapIdle`,
          found: `${inWords('bytes', released)} of ${inWords('bytes', idle)}`,
          holds: released === idle,
        })),
        ...heaps
          .filter(({ label }) => label !== 'treap')
          .map(({ label, inUse, resident }) =>
            bound(`${label}: nothing is resident but what is in use`, 'bytes', resident, 'at most', inUse),
          ),
      ],
    };
  },
};

export const refault: Question = {
  number: 18,
  name: 'refault',
  question: 'What does faulting memory in again cost?',
  how: 'Memory is touched, a byte a page of 4 KiB: kept, fresh, given back in three ways, and in huge pages. CPU time, the kernel’s part included.',
  reports: [30333, 28466],
  seconds: 4,
  byHand: ['pageheap compare cache-refill -c radix -c kept:radix,scavenger=none   # faults and CPU time'],
  async ask({ size, measure, machine }) {
    const costs = await measure(touchCosts, { mib: 64 * size, rounds: 5 });
    const [resident, , dontneed, free, , huge] = costs;
    return {
      table: {
        head: ['what the page was', 'to give it back', 'to touch it', 'median', 'faults a page'],
        rows: costs.map(({ label, back, touch, touchMiddle, faults }) => [
          label,
          back === 0 ? '–' : nsInWords(back),
          nsInWords(touch),
          nsInWords(touchMiddle),
          faults.toFixed(3),
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'Giving back a page of 4 KiB, and touching it again',
        value: { label: 'CPU time a page', unit: 'ns' },
        groups: costs.map(({ label, back, touch }) => ({
          label,
          bars: [
            { label: 'give back', value: back },
            { label: 'touch', value: touch },
          ],
        })),
      },
      bounds: [
        clocked(
          factor(
            'a page that comes back from MADV_DONTNEED costs five times one that stayed',
            dontneed.touch,
            resident.touch,
            'at least',
            5,
          ),
        ),
        bound('it is one fault a page', 'count', Math.round(dontneed.faults * 1000) / 1000, 'at least', 0.99),
        machine.advice('FREE')
          ? clocked(
              factor(
                'under MADV_FREE it comes back for at most half of that',
                free.touch,
                dontneed.touch,
                'at most',
                0.5,
              ),
            )
          : untold(
              'under MADV_FREE it comes back for at most half of that',
              'this kernel does not take MADV_FREE',
            ),
        machine.hugePage === 0 || machine.hugePages === 'never' || huge.faults > 0.5
          ? untold(
              'in huge pages memory comes for at most half of that',
              machine.hugePages === 'never'
                ? 'huge pages are switched off (never)'
                : 'the kernel gave no huge pages',
            )
          : clocked(
              factor(
                'in huge pages memory comes for at most half of that',
                huge.touch,
                dontneed.touch,
                'at most',
                0.5,
              ),
            ),
      ],
      notes: [
        'A page is the quickest of five rounds, since what others do meanwhile can only make one slower; the median of the touch is beside. The bounds are of the quickest.',
        'The zeroing is the larger part: the kernel hands out zeroed pages. That they are cold in the caches costs more, which is not in these figures.',
      ],
    };
  },
};
