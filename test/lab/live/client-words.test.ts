/** What the live page says: limits that can be typed again, how a run stands, and page maps of moments that were. */
import { expect, it } from 'vitest';
import { limitText } from '../../../lib/lab/live/client/controls.ts';
import { LiveMoments } from '../../../lib/lab/live/client/live-moments.ts';
import { badgeOf, connectionWords, wordsOf } from '../../../lib/lab/live/client/state-words.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import { steerWords } from '../../../lib/lab/report/steer-words.ts';
import { readCommand } from '../../../lib/lab/run/steering.ts';

it.each([
  [1536 * 2 ** 20, '1536MiB'],
  [123_456_789, '123456789'],
  [2 ** 30, '1GiB'],
  [1024, '1KiB'],
  [2 ** 41, '2TiB'],
])('a limit of %d bytes is shown as it can be typed', (bytes, text) => {
  expect(limitText(bytes)).toBe(text);
  expect(readCommand({ what: 'memoryLimit', value: text })).toEqual({ what: 'memoryLimit', value: bytes });
});

it('a limit that is none is off, also as JSON has it', () => {
  expect([undefined, null, Number.POSITIVE_INFINITY].map(limitText)).toEqual(['off', 'off', 'off']);
});

it('refuses in the words of the page', () => {
  expect(() => readCommand({ what: 'gcPercent', value: 'x' })).toThrow(/^GOGC takes a percentage/);
  expect(() => readCommand({ what: 'memoryLimit', value: 'x' })).toThrow(
    /^the limit takes a number of bytes/,
  );
  expect(steerWords({ what: 'speed', was: 1, value: 0.25 })).toBe('speed 1× → 1/4×');
});

it('says why a run is over in sentences', () => {
  expect(wordsOf({ phase: 'over', reason: 'It was steered by hand.' }, 60_100)).toBe(
    'It was steered by hand. It lasted 60.1 s',
  );
  expect(wordsOf({ phase: 'died', reason: 'killed by SIGKILL' }, 1000)).toBe(
    'killed by SIGKILL. It lasted 1.00 s',
  );
  expect(wordsOf({ phase: 'running', share: 0.5 }, 1000)).toBe('50 % of this phase is done');
  expect(wordsOf({ phase: 'starting' }, 0)).toBe('');
});

it('says what happened where nobody answers any more', () => {
  const running = { phase: 'running' } as const;
  expect(badgeOf(running, 'run', 'broken')).toEqual(['no connection', 'bad']);
  expect(badgeOf(running, 'run', 'gone')).toEqual(['gone', 'bad']);
  expect(connectionWords('broken', undefined, 1000)).toMatchObject({ isLost: false });
  const { words, isLost } = connectionWords('gone', undefined, 12_300);
  expect([words, isLost]).toEqual([
    expect.stringMatching(/killed.*What came until 12\.3 s of its time.*goes on by itself/),
    true,
  ]);
  expect(connectionWords('refused', 'the token is another one', 0).words).toBe('The token is another one.');
});

it('has no page map of before the first', () => {
  const moments = new LiveMoments();
  expect(moments.at(0)).toBeUndefined();
  moments.addSeen({ t: 500, origin: 0, scale: 1, ranges: [[0, 1]], data: '' });
  expect([moments.at(499), moments.first, moments.at(500)?.t]).toEqual([undefined, 500, 500]);
});

it('a run that also stood still is told so beside what was changed', () => {
  const steer = (what: string): object => ({ k: 'steer', t: 1, what });
  const remarkOf = (...whats: string[]): string | undefined =>
    toRunData([{ k: 'run', format: 'pageheap-run/2' }, ...whats.map(steer), { k: 'end' }]).remarks.find(
      (text) => text.includes('steered'),
    );
  expect(remarkOf('gc')).toMatch(/: something was changed while it ran, so its figures/);
  expect(remarkOf('pause', 'resume', 'gc', 'advise')).toMatch(
    /: 2 things were changed while it ran, and it stood still, or went slower or faster, so its/,
  );
  expect(remarkOf('pause')).toMatch(/: it stood still/);
  expect(remarkOf()).toBeUndefined();
});
