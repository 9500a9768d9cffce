/** Questions about huge pages: khugepaged, stalls, dense chunks. */
import { pageSize } from '../../base/units.ts';
import { atSize, bound, clocked, factor, inWords, nsInWords, untold } from './answering.ts';
import { denseChunks } from './measure/dense.ts';
import { khugepaged as khugepagedMeasurement } from './measure/khugepaged.ts';
import { smallPage } from './measure/raw-memory.ts';
import { stalls as stallsMeasurement } from './measure/stalls.ts';
import type { Bound, Question, QuestionMachine } from './question.ts';

const noHugePages = ({ hugePage, hugePages }: QuestionMachine): string | undefined =>
  hugePage === 0
    ? 'this kernel has no transparent huge pages'
    : hugePages === 'never'
      ? 'transparent huge pages are switched off (/sys/kernel/mm/transparent_hugepage/enabled is never)'
      : undefined;

const counted = (n: number, thing: string): string => `${n} ${n === 1 ? thing : `${thing}s`}`;

/** Whole scans after which khugepaged must have been at any memory, from its beginning to its end. */
const enoughScans = 2;
/** Small pages that are missing in each huge page of the sparse heaps: khugepaged fills up so many, or does nothing. */
const sparsePtes = 512 - pageSize / smallPage;

/**
 * What khugepaged did by itself, against what max_ptes_none lets it do. That it brought memory back is seen at once; that it
 * did not says something only when it has been at this memory, and could have made a huge page.
 */
function byItself(
  { hugePage, maxPtesNone }: QuestionMachine,
  seen: {
    readonly came: number;
    readonly waited: string;
    readonly scans: number | undefined;
    readonly canCollapse: boolean;
  },
): Bound {
  const { came, waited, scans = 0 } = seen;
  const isBack = came >= hugePage / 2;
  const mayFill = maxPtesNone === undefined || maxPtesNone >= sparsePtes;
  const says = mayFill
    ? 'khugepaged by itself brings released memory back where huge pages are allowed'
    : `khugepaged by itself brings nothing back, since max_ptes_none is below the ${sparsePtes} that are missing`;
  const found = `${inWords('bytes', came)} in ${waited}, ${counted(scans, 'whole scan')}`;
  if (isBack) return { says, found, holds: mayFill };
  if (seen.scans === undefined)
    return untold(says, 'khugepaged does not tell how often it has looked at all memory');
  if (scans < enoughScans)
    return untold(
      says,
      `in ${waited} it made ${counted(scans, 'whole scan')} of all memory, and begins with other programs; wait longer: --scale 2`,
    );
  if (!mayFill) return { says, found, holds: true };
  if (maxPtesNone === undefined) return untold(says, 'the kernel does not tell max_ptes_none');
  if (!seen.canCollapse)
    return untold(says, 'nothing shows that the kernel could make huge pages: MADV_COLLAPSE made none');
  return { says, found, holds: false };
}

export const khugepaged: Question = {
  number: 9,
  name: 'khugepaged',
  question: 'Does khugepaged undo a release?',
  how: 'In two heaps one page of 8 KiB lives in each huge page, and the rest is given back. One leaves huge pages allowed; the other forbids them where the scavenger has broken one (hugePageAdvice hugepage). khugepaged is waited for; then MADV_COLLAPSE does the same at once.',
  reports: [8832, 55328, 64332],
  seconds: 32,
  byHand: [
    'grep AnonHugePages /proc/PID/smaps',
    'cat /sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none',
  ],
  unanswerable: (machine) =>
    noHugePages(machine) ??
    (machine.mincore ? undefined : 'the kernel does not tell what is resident (mincore)'),
  async ask({ size, measure, machine }) {
    const found = await measure(khugepagedMeasurement, {
      mib: 64 * size,
      waitMs: 30_000 * Math.min(1, size * size),
    });
    const { filled, samples, scans, collapsed, afterCollapse } = found;
    const [first, last] = [samples[0], samples[samples.length - 1]];
    const waited = inWords('seconds', last.t / 1000);
    const came = last.allowed - first.allowed;
    const ptes = machine.maxPtesNone;
    const collapse =
      afterCollapse.taken === 0
        ? untold(
            'MADV_COLLAPSE brings back all that was released',
            'this kernel does not take MADV_COLLAPSE (Linux 6.1 and later do)',
          )
        : bound(
            'what khugepaged may do, MADV_COLLAPSE does at once: all that was released is resident again',
            'bytes',
            afterCollapse.allowed,
            'at least',
            0.9 * filled,
          );
    return {
      table: {
        head: ['resident', 'huge pages allowed', 'forbidden where broken'],
        rows: [
          ['filled', inWords('bytes', filled), inWords('bytes', filled)],
          ['released', inWords('bytes', first.allowed), inWords('bytes', first.kept)],
          [`after ${waited} of khugepaged`, inWords('bytes', last.allowed), inWords('bytes', last.kept)],
          [
            'after MADV_COLLAPSE',
            inWords('bytes', afterCollapse.allowed),
            inWords('bytes', afterCollapse.kept),
          ],
          ['after another freeOSMemory', inWords('bytes', found.afterFree), '–'],
        ],
      },
      picture: {
        kind: 'curves',
        title: 'Resident after the release, then MADV_COLLAPSE',
        x: { label: 'time', unit: 'seconds' },
        y: { label: 'RSS of the heap', unit: 'bytes' },
        curves: (
          [
            ['huge pages allowed', 'allowed'],
            ['forbidden where broken', 'kept'],
          ] as const
        ).map(([label, of]) => ({
          label,
          points: [
            ...samples.map((sample): [number, number] => [sample.t / 1000, sample[of]]),
            [last.t / 1000, afterCollapse[of]],
            [(last.t / 1000) * 1.1, afterCollapse[of]],
          ],
        })),
        marks: [{ label: 'before the release', value: filled }],
      },
      bounds: [
        byItself(machine, { came, waited, scans, canCollapse: afterCollapse.taken > 0 }),
        collapse,
        bound(
          'where huge pages are forbidden nothing comes back, neither by khugepaged nor by MADV_COLLAPSE',
          'bytes',
          Math.max(last.kept, afterCollapse.kept),
          'at most',
          first.kept + 64 * 1024,
        ),
      ],
      notes: [
        `max_ptes_none is ${ptes ?? 'not told'}; khugepaged collapsed ${collapsed ?? 'an unknown number of'} pages of all programs meanwhile.`,
        `The heap believes that ${inWords('bytes', found.released)} are released, and so does not release them again.`,
      ],
    };
  },
};

export const stalls: Question = {
  number: 10,
  name: 'stalls',
  question: 'What stalls do MADV_HUGEPAGE and MADV_COLLAPSE cause?',
  how: 'Single operations are timed: faults of small pages, faults after MADV_HUGEPAGE, calls of MADV_COLLAPSE.',
  reports: [61718, 63334],
  seconds: 3,
  byHand: [
    'pageheap compare stripes -c radix -c hugepage:radix,huge-page-advice=hugepage -c collapse:radix,huge-page-advice=collapse',
  ],
  unanswerable: noHugePages,
  async ask({ size, measure }) {
    const found = await measure(stallsMeasurement, { pieces: Math.max(4, Math.round(64 * size)) });
    const [small, hugePage, full] = found;
    const reported = 333e6;
    const worst = Math.max(...found.map(({ most }) => most).filter(Number.isFinite));
    const given = hugePage.huge > 0 || Number.isNaN(hugePage.huge);
    const refused = 'this kernel does not take MADV_COLLAPSE (Linux 6.1 and later do)';
    return {
      table: {
        head: ['', 'operations', 'median', '99 %', 'most', 'by the clock'],
        rows: found.map(({ label, count, median, high, most, mostWaited }) => [
          label,
          inWords('count', count),
          ...[median, high, most, count === 0 ? Number.NaN : mostWaited].map(nsInWords),
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'How long one operation takes in the kernel',
        value: { label: 'CPU time', unit: 'ns', log: true },
        groups: found
          .filter(({ count }) => count > 0)
          .map(({ label, median, high, most }) => ({
            label,
            bars: [
              { label: 'median', value: median },
              { label: '99 %', value: high },
              { label: 'most', value: most },
            ],
          })),
        marks: [{ label: 'reported, 333 ms', value: reported }],
      },
      bounds: [
        given
          ? clocked(
              factor(
                'a fault after MADV_HUGEPAGE takes ten times one of a small page: it zeroes 2 MiB',
                hugePage.median,
                small.median,
                'at least',
                10,
              ),
            )
          : untold(
              'a fault after MADV_HUGEPAGE takes ten times one of a small page',
              'the kernel gave no huge page: memory is in pieces',
            ),
        full.count === 0
          ? untold('a call of MADV_COLLAPSE takes fifty times a fault of a small page', refused)
          : clocked(
              factor(
                'a call of MADV_COLLAPSE takes fifty times a fault of a small page: it copies 2 MiB',
                full.median,
                small.median,
                'at least',
                50,
              ),
            ),
        clocked(bound('no operation takes the 333 ms that were reported', 'ns', worst, 'at most', reported)),
      ],
      notes: [
        'By CPU time, so that other programs are not counted. The last column has what passed by the clock at most: on a busy machine mostly others’ turns.',
        'Where free memory is in pieces the kernel compacts it first, within the operation; then these figures grow.',
      ],
    };
  },
};

export const denseRule: Question = {
  number: 12,
  name: 'dense-chunks',
  question: 'Does a dense-chunk rule help?',
  how: 'A heap in huge pages, of which one page in sixty-four is free, is scavenged: with Go’s rule for dense chunks, and without one. Then what lives is read at random.',
  reports: [59960],
  seconds: 6,
  byHand: ['pageheap compare perl -c radix -c never:radix,dense-pages=513'],
  unanswerable: noHugePages,
  async ask({ size, measure }) {
    const found = await measure(denseChunks, { mib: 256 * size, rounds: 5 });
    const [rule, none] = found;
    const isHuge = rule.hugeBefore > 0 && none.hugeBefore > 0;
    const kept = "with Go's rule nine tenths of the huge pages stay";
    const broken = 'without it at most a tenth stays, for the sake of one page in sixty-four';
    const why = Number.isNaN(rule.hugeBefore)
      ? 'smaps does not tell here'
      : 'the kernel gave no huge page: memory is in pieces';
    return {
      table: {
        head: ['', 'given back', 'huge pages before', 'after', 'a read at random', 'median'],
        rows: found.map(({ label, released, hugeBefore, hugeAfter, read, readMiddle }) => [
          label,
          inWords('bytes', released),
          inWords('bytes', hugeBefore),
          inWords('bytes', hugeAfter),
          nsInWords(read),
          nsInWords(readMiddle),
        ]),
      },
      picture: {
        kind: 'bars',
        title: 'What a scavenge takes, and what it breaks',
        value: { label: 'bytes', unit: 'bytes' },
        groups: found.map(({ label, released, hugeBefore, hugeAfter }) => ({
          label,
          bars: [
            { label: 'given back', value: released },
            { label: 'huge before', value: hugeBefore || 0 },
            { label: 'huge after', value: hugeAfter || 0 },
          ],
        })),
      },
      bounds: [
        isHuge ? factor(kept, rule.hugeAfter, rule.hugeBefore, 'at least', 0.9) : untold(kept, why),
        isHuge ? factor(broken, none.hugeAfter, none.hugeBefore, 'at most', 0.1) : untold(broken, why),
        factor(
          "what Go's rule does without is little: at most a fortieth of the heap",
          none.released,
          none.inUse,
          'at most',
          1 / 40,
        ),
        // What fits into the caches shows nothing of huge pages.
        atSize(
          size,
          0.5,
          clocked(
            factor(
              'reads are not slower in what stayed huge: at most a tenth',
              rule.read,
              none.read,
              'at most',
              1.1,
            ),
          ),
        ),
      ],
      notes: [
        'A read is the quickest of five rounds, since what others do meanwhile can only make one slower; its median is beside. The last bound is of the quickest.',
      ],
    };
  },
};
