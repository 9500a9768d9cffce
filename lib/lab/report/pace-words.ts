/**
 * What is said of a run that a busy machine held up, and of a comparison whose runs were not treated alike: the same
 * in the terminal and in the report.
 *
 * Not here: how it is found out (metrics/pace.ts).
 */
import {
  comparableTreatments,
  type Gap,
  type Pace,
  type Stretch,
  type Treatment,
  waitedShare,
  wasHeldUp,
  wasLate,
  wereTreatedAlike,
} from '../metrics/pace.ts';
import { formatDuration, formatNumber, formatShare } from './client/format.ts';

const seconds = (s: number): string => formatDuration(s * 1000);
const share = (part: number): string => formatShare(part, 1);

/** `5.01 s of 5 s`, or what it took where nothing was asked. */
export function stretchWords({ asked, took }: Stretch): string {
  return asked === null ? seconds(took) : `${seconds(took)}, asked ${seconds(asked)}`;
}

/** How long a run waited for a CPU. */
export function waitedWords(pace: Pace): string {
  const part = waitedShare(pace);
  if (pace.waited === null || part === undefined) return 'not told by this kernel';
  return `${seconds(pace.waited)}, ${partWords(part)}`;
}

/** A share of a run's time, which threads that waited at once may come to more than. */
function partWords(part: number): string {
  return part <= 1
    ? `${share(part)} of the time`
    : `${formatNumber(part)} times as long as it ran, its threads taken together`;
}

/** A sentence about a run that was held up, or that did not keep its pace; undefined where all went as asked. */
export function heldUpWords(pace: Pace): string | undefined {
  const late = wasLate(pace);
  const took =
    late && pace.work.asked !== null
      ? [`the replay took ${seconds(pace.work.took)} where ${seconds(pace.work.asked)} were asked`]
      : [];
  if (!wasHeldUp(pace))
    return late ? `${took[0]}: the work itself takes longer, or the machine is slow` : undefined;
  const waited = pace.waited === null ? [] : [`the run waited for a CPU for ${waitedWords(pace)}`];
  const missed =
    pace.missed === 0
      ? []
      : [
          `${formatNumber(pace.missed)} ${pace.missed === 1 ? 'beat was' : 'beats were'} missed, ${share(pace.missedShare)} of all`,
        ];
  return (
    `this machine was busy: ${[...waited, ...took, ...missed].join('; ')}. ` +
    'What is shown is partly the work of others: run it again on an idle machine'
  );
}

/** Where a run has no samples; empty where it has them all. */
export function gapWords(gaps: readonly Gap[]): string {
  if (gaps.length === 0) return '';
  const longest = gaps.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const times = gaps.length === 1 ? 'Once' : `${formatNumber(gaps.length)} times`;
  return `${times} no sample could be taken for longer than a few beats (at most ${formatDuration(longest)}): there the curves are broken.`;
}

/** The same of the cells of a grid, which are too many to name them all. */
export function cellTreatmentWords(treatments: readonly Treatment[]): string | undefined {
  if (wereTreatedAlike(treatments)) return undefined;
  const shareOf = ({ waitedShare: waited, missedShare }: Treatment): number => waited ?? missedShare;
  const order = comparableTreatments(treatments).toSorted((a, b) => shareOf(a) - shareOf(b));
  const words = ({ label, waitedShare: waited, missedShare }: Treatment): string =>
    waited === undefined
      ? `${share(missedShare)} of its beats (${label})`
      : `${partWords(waited)} (${label})`;
  const [least, most] = [order[0], order[order.length - 1]];
  const held = least.waitedShare === undefined ? 'missed' : 'waited for a CPU';
  return (
    `The cells were not treated alike, since others used this machine: one ${held} ${words(least)}, another ${words(most)}. ` +
    'Differences between cells may not be theirs: make the grid again on an idle machine.'
  );
}

/** A sentence about configurations that were not treated alike; undefined where they were. */
export function treatmentWords(treatments: readonly Treatment[]): string | undefined {
  if (wereTreatedAlike(treatments)) return undefined;
  const each = comparableTreatments(treatments).map(
    ({ label, waitedShare: waited, missedShare, elapsed }) => {
      const held =
        waited === undefined
          ? `missed ${share(missedShare)} of its beats`
          : `waited for a CPU ${partWords(waited)}`;
      return `${label} ${held} and took ${seconds(elapsed)}`;
    },
  );
  return (
    `the configurations were not treated alike, since others used this machine: ${each.join('; ')}. ` +
    'Their differences may not be theirs: compare again on an idle machine, or look at the curves over operations'
  );
}
