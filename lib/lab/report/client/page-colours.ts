/**
 * What a page of the map is, three ways: belief, residency, and the verdict on the two.
 *
 * The page's data gives each page as `state × 4 + residency`. A *view* is one way to look at that
 * pair: it sorts pairs into classes, each with a colour of the style sheet and words for the legend.
 */

import { verdictOf } from '../page-pairs.ts';

export { verdictOf } from '../page-pairs.ts';

/** A page that the moment's arenas do not hold. */
export const absentPage = 255;

export interface PageView {
  readonly name: string;
  /** What is shown, for the caption. */
  readonly caption: string;
  /** Custom properties of the style sheet, by class. */
  readonly colours: readonly string[];
  /** Words of the legend, by class. */
  readonly words: readonly string[];
  readonly classOf: (pair: number) => number;
}

export const beliefView: PageView = {
  name: 'belief',
  caption: 'What the heap believes',
  colours: ['unmapped', 'free', 'released', 'in-use', 'manual', 'trapped'],
  words: ['unmapped', 'free, backed', 'released', 'in use', 'manual', 'free, trapped in a physical page'],
  classOf: (pair) => pair >> 2,
};

export const kernelView: PageView = {
  name: 'kernel',
  caption: 'What the kernel holds',
  colours: ['not-resident', 'half-resident', 'resident', 'unknown'],
  words: ['not resident', 'half', 'resident', 'unknown'],
  classOf: (pair) => pair & 3,
};

export const verdictView: PageView = {
  name: 'verdict',
  caption: 'Where the two disagree',
  colours: ['agree', 'over', 'under', 'unknown'],
  words: ['agree', 'given up, yet resident', 'held, never touched', 'unknown'],
  classOf: verdictOf,
};

export const pageViews: readonly PageView[] = [beliefView, kernelView, verdictView];

/** A page in words: `in use, resident`. */
export function pageWords(pair: number): string {
  if (pair === absentPage) {
    return 'not in an arena of this moment';
  }
  const verdict = verdictOf(pair);
  const remark = verdict === 0 ? '' : ` (${verdictView.words[verdict]})`;
  const residency = ['not resident', 'one of two physical pages resident', 'resident', 'residency unknown'][
    pair & 3
  ];
  return `${beliefView.words[pair >> 2]}; ${residency}${verdict === 3 ? '' : remark}`;
}
