import { describe, expect, it } from 'vitest';
import { endWords, silentWords } from '../../../lib/cli/unrecorded.ts';
import { type KnownImage, unrecordedEnd } from '../../../lib/lab/recorder/last-image.ts';
import type { RawHeader } from '../../../lib/lab/trace/raw.ts';

const headerOf = (executable: string, changes: Partial<RawHeader> = {}): RawHeader => ({
  ...{ bytes: 65536, pid: 7, parent: 1, firstCount: 0, firstNs: 0, lastCount: 0, lastNs: 0, wallMs: 0 },
  ...{ ending: 'running', reason: '', errno: 0, mapped: 0, ownMalloc: false, mostResident: 0 },
  ...{ executable, command: [executable] },
  ...changes,
});
const image = (executable: string, isRecorded = true, changes: Partial<RawHeader> = {}): KnownImage => ({
  ...{ image: 0, isRecorded },
  header: headerOf(executable, changes),
});
const seen = (executable: string, ...command: string[]) => ({ executable, command });
const bash = image('/bin/bash');
const exited = { ending: 'exited' } as const;

describe('what a program became in the end', () => {
  it.each<[string, Parameters<typeof unrecordedEnd>, string | undefined]>([
    ['is known by a look at it', [[bash], seen('/usr/bin/python3.11', 'python3'), false, true], 'python3'],
    [
      'is recorded',
      [
        [bash, image('/usr/bin/python3.11', true, exited)],
        seen('/usr/bin/python3.11', 'python3'),
        false,
        true,
      ],
      undefined,
    ],
    [
      'has a title over its words',
      [[image('/usr/bin/redis', true, exited)], seen('/usr/bin/redis', 'redis *:6379'), false, false],
      undefined,
    ],
    [
      'lies below another root',
      [[image('/bin/x', true, exited)], seen('/srv/root/bin/x', 'x'), false, false],
      undefined,
    ],
    [
      'has a file without an operation',
      [[bash, image('/bin/py', false, { reason: 'diskFull' })], undefined, false, true],
      'py',
    ],
    [
      'has a malloc of its own',
      [[bash, image('/bin/own', false, { ownMalloc: true })], undefined, false, false],
      'own',
    ],
    [
      'allocated nothing',
      [[bash, image('/bin/true', false)], seen('/bin/true', 'true'), false, false],
      undefined,
    ],
    ['has no file of its process', [[], seen('/bin/static', 'static'), false, false], undefined],
    ['was killed', [[bash], seen('/bin/bash', 'bash'), true, true], undefined],
    [
      'came to its end',
      [[image('/bin/bash', true, exited)], seen('/bin/bash', 'bash'), false, true],
      undefined,
    ],
  ])('%s', (_what, [own, last, isCut, isFull], name) => {
    const end = unrecordedEnd(own, last, isCut, isFull);
    expect(end?.name).toBe(name);
    expect(end === undefined).toBe(name === undefined);
  });

  it('may be missed by the looks', () => {
    const end = unrecordedEnd([bash], seen('/bin/bash', 'bash'), false, true);
    expect(end === undefined ? '' : endWords(end)).toBe(
      'what bash became in the end (exec), if anything, is not recorded: the disk is full',
    );
  });

  it('is told without a cause where none is known', () => {
    const end = unrecordedEnd([bash], seen('/bin/static', 'static'), false, false);
    expect(end === undefined ? '' : endWords(end)).toMatch(
      /^the program itself, static, is not recorded: the recorder was not loaded into it, .*; .* is bash, which started it/,
    );
  });
});

it('a cause is told once, with the names of those that are most', () => {
  const of = (name: string, n: number, reason = 'diskFull', ownMalloc = false) =>
    Array.from({ length: n }, () => ({ name, reason, ownMalloc }));
  expect(
    silentWords([
      ...of('a', 1),
      ...of('b', 1200),
      ...of('c', 3),
      ...of('d', 2),
      ...of('e', 1),
      ...of('own', 1, '', true),
      ...of('x', 5, ''),
    ]),
  ).toEqual([
    'of 1,207 processes, or programs in them, nothing is recorded: the disk is full: b (1,200), c (3), d (2), a, 1 more',
    'of own: nothing is recorded: its executable has a malloc of its own, which goes before the recorder’s',
  ]);
});
