import { describe, expect, it } from 'vitest';
import { shellWords } from '../../../lib/base/shell-words.ts';
import { heapOptionNames } from '../../../lib/cli/heap-options.ts';
import { resolveOptions } from '../../../lib/design/options.ts';
import { partOptions } from '../../../lib/design/parts.ts';
import { recordedOptions } from '../../../lib/design/recorded.ts';
import { tuningOptions } from '../../../lib/design/tuning.ts';
import { type Spread, spreadOf } from '../../../lib/lab/metrics/spread.ts';
import { curveColour, curveDash } from '../../../lib/lab/report/client/curve-style.ts';
import { formatSpread } from '../../../lib/lab/report/comparison-values.ts';
import { optionInWords, optionName } from '../../../lib/lab/report/option-names.ts';

import { mib } from './made-comparison.ts';

describe('a spread in words', () => {
  const of = (...values: readonly number[]) => spreadOf(values) as Spread;
  it.each([
    ['one value', formatSpread('seconds', of(1)), ''],
    ['equal ones', formatSpread('bytes', of(mib, mib)), ''],
    ['what rounds to nothing', formatSpread('seconds', of(1.0001, 1.0002)), ''],
    ['a share that hardly differs', formatSpread('share', of(0.50001, 0.50002)), ''],
    ['what differs a little', formatSpread('share', of(0.50049, 0.50051)), '[50.0, 50.1] %'],
    ['what differs', formatSpread('bytes', of(mib, 3 * mib)), '[1.00, 3.00] MiB'],
    ['units that differ', formatSpread('bytes', of(mib / 2, 3 * mib)), '[512 KiB, 3.00 MiB]'],
    [
      'an interval within the range',
      formatSpread('bytes', of(...Array.from({ length: 20 }, (_, i) => (i + 1) * mib))),
      '[6.50, 14.5] MiB, 1.00 MiB to 20.0 MiB',
    ],
    ['fewer values than runs', formatSpread('count', of(3), 2), '1 of 2 runs'],
  ])('%s', (_what, words, wanted) => expect(words).toBe(wanted));
});

it('curves of 64 configurations are all different, of eight by colour and by dash', () => {
  const pairs = Array.from({ length: 64 }, (_, i) => `${curveColour(i)} ${curveDash(i).join(' ')}`);
  expect(new Set(pairs).size).toBe(64);
  expect(new Set(pairs.slice(0, 8).map((pair) => pair.split(' ')[0])).size).toBe(8);
  expect(new Set(Array.from({ length: 8 }, (_, i) => curveDash(i).join(' '))).size).toBe(8);
});

it('options are called as on the command line', () => {
  // Numbers of the design and parts are told where they are not Go's.
  const recorded = recordedOptions(resolveOptions({ environment: false }));
  const names = Object.keys({ ...recorded, ...tuningOptions, ...partOptions }).map(optionName);
  expect(heapOptionNames.filter((name) => !names.includes(name))).toEqual([]);
  expect(optionName('timed')).toBe('timed');
  expect(optionName('triggerRatio')).toBe('trigger-ratio');
  expect(optionName('gcPercent')).toBe('gogc');
  expect(names.filter((name) => !/^[a-z][a-z0-9-]*$/.test(name))).toEqual([]);
  expect(optionInWords('hugePageHints', false)).toBe('off');
  expect(optionInWords('forcedGCPeriod', null)).toBe('never');
  expect(optionInWords('growthUnit', 4 * mib)).toBe('4 MiB');
  expect(optionInWords('retainExtra', undefined)).toBe('10');
  expect(optionInWords('densePages', 513)).toBe('off');
  expect(optionInWords('scavengePolicy', undefined)).toBe("the design's own");
});

it('a command line is quoted where it must be', () => {
  expect(shellWords('pageheap', '-c', "a b:it's,advise=free")).toBe(
    String.raw`pageheap -c 'a b:it'\''s,advise=free'`,
  );
});
