/**
 * What a comparison comes to, in words: the same on the terminal and at the top of its page.
 *
 * Only the best is said to be better, and better than those that can be told apart from it. Each sentence goes by the figures that it
 * speaks of: where one has a single value, that is said of this figure; where there is one run of each, of these runs.
 *
 * Not here: the verdicts (metrics/verdict.ts).
 */
import type { ComparedRuns } from '../metrics/comparison.ts';
import type { MetricUnit } from '../metrics/spread.ts';
import { type Better, type Standing, type Verdict, verdictsOf } from '../metrics/verdict.ts';
import type { RunHeader } from '../record/lines.ts';
import { formatNumber } from './client/format.ts';
import { formatInterval, formatMetric } from './comparison-values.ts';
import { pacedOver } from './summary.ts';

/** A sentence in pieces, some of which stand out. */
export type Words = readonly (string | { readonly strong: string })[];

export const plainWords = (words: Words): string =>
  words.map((piece) => (typeof piece === 'string' ? piece : piece.strong)).join('');

/** `a`, `a and b`, `a, b and c`. */
export function listedWords(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const headerIn = (configurations: readonly ComparedRuns[]): RunHeader | undefined =>
  configurations.flatMap(({ runs }) => runs)[0]?.header;

const isAsItRan = ({ runs }: ComparedRuns): boolean => runs[0]?.header.contender?.name === 'as-it-ran';

/** The figures that are not judged: the speed of a paced trace is its pace. */
export function withoutPace(configurations: readonly ComparedRuns[]): string[] {
  const header = headerIn(configurations);
  return header !== undefined && pacedOver(header) > 0 ? ['opsPerSec'] : [];
}

/** The verdicts of a comparison. */
export function verdictsIn(configurations: readonly ComparedRuns[]): Verdict[] {
  // What the program itself had was sampled by another clock, and not where it idles here.
  const judged = configurations.map((one) => (isAsItRan(one) ? { ...one, spread: {} } : one));
  return verdictsOf(judged, withoutPace(configurations));
}

/** What is said of the best; else that it has the least or the most of it. */
const claims: Readonly<Record<string, string>> = {
  rssEnd: 'ends with the least RSS',
  rssMean: 'has the least RSS on average',
  rssPeak: 'has the lowest RSS peak',
  decayHalf: 'is first at half decay',
  faults: 'has the fewest minor faults',
  opsPerSec: 'does the most operations a second',
};

/** What is counted is fewer, not less. */
export function lessOrMore(id: string, better: Better): string {
  if (better === 'more') return 'more';
  return id === 'faults' ? 'fewer' : 'less';
}

/** `27 % less`, or from twice on `3.1 times less`; without a number where the lower is nothing at all. */
export function differenceWords(than: string, better: Better, best: number, other: number): string {
  const [low, high] = [Math.min(best, other), Math.max(best, other)];
  if (low === 0) return than;
  const times = high / low;
  if (times >= 2) return `${times >= 10 ? formatNumber(Math.round(times)) : times.toFixed(1)} times ${than}`;
  const share = better === 'less' ? 1 - low / high : times - 1;
  return `${(share * 100).toFixed(share < 0.095 ? 1 : 0)} % ${than}`;
}

const medianWords = (unit: MetricUnit, { spread }: Standing): string => formatMetric(unit, spread.median);

/** A figure with the interval of its median, where there is one. */
function standingWords(unit: MetricUnit, { spread }: Standing): string {
  return [formatMetric(unit, spread.median), formatInterval(unit, spread)].filter((s) => s !== '').join(' ');
}

interface Named {
  readonly label: string;
}

const labelsOf = (of: readonly Named[], standings: readonly Standing[]): string =>
  listedWords(standings.map(({ configuration }) => of[configuration].label));

/** `27 % less than lists (252 MiB), 3.1 times less than treap (570 MiB)`: the next, and the last. */
export function distanceWords(of: readonly Named[], { metric, better, leaders, others }: Verdict): string {
  const next = others[0];
  const last = others[others.length - 1];
  const [best] = leaders.map(({ spread }) => spread.median);
  return [next, ...(last === next ? [] : [last])]
    .map(
      (other) =>
        `${differenceWords(lessOrMore(metric.id, better), better, best, other.spread.median)} than ${of[other.configuration].label} (${medianWords(metric.unit, other)})`,
    )
    .join(', ');
}

const isClaim = ({ others }: Verdict): boolean => others.length > 0;

/** The first verdict at length. */
function headline(of: readonly Named[], verdict: Verdict): Words {
  const { metric, better, leaders } = verdict;
  const [best, ...peers] = leaders;
  const claim = claims[metric.id] ?? `has the ${better === 'less' ? 'least' : 'most'} ${metric.label}`;
  const name = of[best.configuration].label;
  return [
    { strong: name },
    ` ${claim}: `,
    { strong: standingWords(metric.unit, best) },
    `, ${distanceWords(of, verdict)}. `,
    peers.length === 0 ? '' : `${labelsOf(of, peers)} cannot be told apart from ${name} in that. `,
  ];
}

/** Of the other verdicts, who is best in what: those with most claims first. */
function furtherClaims(of: readonly Named[], verdicts: readonly Verdict[]): Words {
  const byBest = new Map<string, string[]>();
  for (const { metric, better, leaders, others } of verdicts) {
    const [best, ...peers] = leaders;
    const who = of[best.configuration].label;
    const than = lessOrMore(metric.id, better);
    const by = differenceWords(than, better, best.spread.median, others[0].spread.median);
    // Between two there is no question which is meant.
    const whom = of.length > 2 ? ` than ${of[others[0].configuration].label}` : '';
    const alike = peers.length === 0 ? '' : `; not told apart from ${labelsOf(of, peers)}`;
    byBest.set(who, [...(byBest.get(who) ?? []), `${metric.label} (${by}${whom}${alike})`]);
  }
  const best = of.length > 2 ? 'best' : 'better';
  return [...byBest].flatMap(
    ([who, what], i): Words => [
      i === 0 ? '' : '; ',
      { strong: who },
      i === 0 ? ` is ${best} in ` : ' in ',
      listedWords(what),
    ],
  );
}

/** Of several that have runs, and of which no two have a figure that is judged. */
function nothingJudged(having: readonly ComparedRuns[]): Words {
  const others = having.filter((one) => !isAsItRan(one));
  const [only] = others;
  if (only === undefined || others.length > 1)
    return ['No figure that has a better and a worse is known of two of them: nothing is claimed.'];
  return [
    'Nothing is claimed of ',
    { strong: only.label },
    ' beside the program as it ran: that was sampled by another clock, and not where it idles here. Look at the curves over operations.',
  ];
}

/** By a word on each, in the order of the first of each word. */
function groupedBy(
  verdicts: readonly Verdict[],
  wordOn: (verdict: Verdict) => string,
): Map<string, Verdict[]> {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const word = wordOn(verdict);
    groups.set(word, [...(groups.get(word) ?? []), verdict]);
  }
  return groups;
}

const standingsOf = ({ leaders, others }: Verdict): readonly Standing[] => [...leaders, ...others];

/** Whether each that has the figure was run once. */
const isOfSingleRuns = (verdict: Verdict): boolean =>
  standingsOf(verdict).every(({ spread }) => spread.values.length === 1);

/** Why no difference is shown. */
export const evenWords = (verdict: Verdict): string =>
  isOfSingleRuns(verdict) ? 'they differ by less than 1 %' : 'the runs lie too close together';

/** The figures without a difference, by the reason why. */
function evenSentences(verdicts: readonly Verdict[]): Words[] {
  const byReason = groupedBy(verdicts, evenWords);
  return [...byReason].map(([why, of]) => [
    `No difference shown in ${listedWords(of.map(({ metric }) => metric.label))}: ${why}.`,
  ]);
}

/** That chance may have made differences between what has a single value; nothing where all claims are firm. */
function chanceSentences(of: readonly Named[], claims: readonly Verdict[]): Words[] {
  const weak = claims.filter(({ isFirm }) => !isFirm);
  const six = 'six runs of each would tell (--repeat 6).';
  if (weak.length === 0) return [];
  if (weak.every(isOfSingleRuns) && weak.length === claims.length)
    return [[`A single run shows no spread, so these differences may be chance; ${six}`]];
  const byWho = groupedBy(weak, (verdict) =>
    labelsOf(
      of,
      standingsOf(verdict).filter(({ spread }) => spread.n === 1),
    ),
  );
  return [...byWho].map(([who, verdicts]) => {
    const figures = listedWords(verdicts.map(({ metric }) => metric.label));
    const those = verdicts.length === 1 ? 'this difference' : 'these differences';
    return [
      `Of ${who} one run alone tells ${figures}, which shows no spread: ${those} may be chance; ${six}`,
    ];
  });
}

/** What a comparison comes to; some sentences, one at least. */
export function verdictSentences(configurations: readonly ComparedRuns[]): Words[] {
  const having = configurations.filter(({ runs }) => runs.length > 0);
  if (having.length < 2) {
    const one = having[0];
    if (one === undefined) return [['No configuration has a finished run: there is nothing to compare.']];
    const ended = one.spread.rssEnd;
    return [
      [
        configurations.length === 1 ? '' : 'Only ',
        { strong: one.label },
        configurations.length === 1 ? ' alone was run' : ' has a finished run',
        ', so nothing can be compared.',
        ...(ended === undefined
          ? []
          : [' Its RSS ended at ', { strong: formatMetric('bytes', ended.median) }, '.']),
      ],
    ];
  }
  const verdicts = verdictsIn(configurations);
  if (verdicts.length === 0) return [nothingJudged(having)];
  const claims = verdicts.filter(isClaim);
  const alike = verdicts.filter((verdict) => !isClaim(verdict));
  const sentences: Words[] = [];
  const [first, ...others] = claims;
  if (first !== undefined)
    sentences.push([
      isOfSingleRuns(first) ? 'In these single runs ' : '',
      ...headline(configurations, first),
    ]);
  if (others.length > 0) sentences.push([...furtherClaims(configurations, others), '.']);
  sentences.push(...evenSentences(alike), ...chanceSentences(configurations, claims));
  return sentences;
}
