/**
 * What has to be known of the RSS of contenders, in words: not all of it is of the same thing.
 */
import type { ComparedRuns } from '../metrics/comparison.ts';
import { sinceOf } from './summary.ts';
import { listedWords } from './verdict-words.ts';

/** What RSS is of, where that is not the same for all; undefined where it is. */
export function rssBasisWords(configurations: readonly ComparedRuns[]): string | undefined {
  const having = configurations.filter(({ runs }) => runs.length > 0);
  const isOfProcess = ({ runs }: ComparedRuns): boolean => runs[0]?.header.contender?.rss === 'process';
  const processes = having.filter(isOfProcess).map(({ label }) => label);
  const ranges = having.filter((one) => !isOfProcess(one)).map(({ label }) => label);
  if (processes.length === 0) return undefined;
  const whose = processes.length === 1 ? 'its process' : 'their processes';
  const late = having.flatMap(({ runs }) => runs.map(sinceOf)).find((ops) => ops > 0);
  const own =
    `RSS of ${listedWords(processes)} is of ${whose}, less what was there before the first operation` +
    (late === undefined ? '' : ` (of as-it-ran before operation ${late}, where its recording first tells)`);
  if (ranges.length === 0) return own;
  const theirs = ranges.length === 1 ? 'its own ranges' : 'their own ranges';
  return `${own}; that of ${listedWords(ranges)} is of ${theirs}. Process RSS added has one basis for all, in which a heap of here pays for Node`;
}
