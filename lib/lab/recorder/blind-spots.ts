/**
 * What a recording cannot see, in words: of a program before it starts, and of one that was recorded.
 *
 * The recorder sees calls of malloc and its like, where they are looked up by name. It does not see a pool that a program
 * fills from mmap, nor pieces that a program cuts out of an object itself. So what is said here rests on three signs:
 * what kind of file a program is, which libraries it had loaded, and how much more memory it had than it asked for.
 */

import { basename } from 'node:path';
import { calledAs } from '../../base/called-as.ts';
import type { RawContent } from './convert.ts';
import type { Obstacle, Program } from './program.ts';

const obstacles: Readonly<Record<Obstacle, string>> = {
  static: 'is linked statically: nothing can be loaded into it, and its own calls are not recorded',
  setuid:
    'runs with another user’s rights (set-user-id or set-group-id): the dynamic linker loads nothing into it',
  bits: `is no program of this machine’s own kind (${process.arch}): the recorder cannot be loaded into it`,
  unknown: 'cannot be read, so it is not known whether the recorder can be loaded into it',
};

/** Before it runs. What it starts may be recorded all the same. */
export function obstacleWords({ image, obstacle }: Program): string | undefined {
  return obstacle === undefined
    ? undefined
    : `${image} ${obstacles[obstacle]}; dynamically linked programs that it starts are recorded`;
}

interface Kind {
  readonly sign: RegExp;
  readonly words: string;
}

/** What is loaded, by the name of its file. */
const kinds: readonly Kind[] = [
  {
    sign: /^(libjvm\.so|java$)/,
    words: 'Java: its heap is its own, from mmap; what is recorded are the native calls beside it',
  },
  {
    sign: /^(libnode\.so|node$|nodejs$|chrome$|libv8)/,
    words: 'V8: the JavaScript heap is its own, from mmap; what is recorded are the native calls beside it',
  },
  {
    sign: /^(libcoreclr\.so|dotnet$|libmono)/,
    words: '.NET: its heap is its own, from mmap; what is recorded are the native calls beside it',
  },
  {
    sign: /^libgo\.so/,
    words: `Go: its heap is its own, from mmap; \`${calledAs()} run\` models it instead`,
  },
  {
    sign: /^(libasmrun|libcamlrun|ocaml)/,
    words: 'OCaml: its heap is its own; only large blocks come from malloc',
  },
  { sign: /^(beam\.smp|erl)/, words: 'Erlang: its allocators are its own, unless started with +Mea min' },
  { sign: /^(libapr-1\.so)/, words: 'APR pools: pieces of a pool are not seen, only its blocks' },
  { sign: /^(libtalloc\.so)/, words: 'talloc pools: pieces of a pool are not seen, only its blocks' },
  { sign: /^(cc1|cc1plus|lto1)$/, words: 'GCC: its collected pages come from mmap, its obstacks in blocks' },
  {
    sign: /^(postgres)$/,
    words: 'PostgreSQL: memory contexts; pieces of a block are not seen, only the blocks',
  },
  {
    sign: /^libjemalloc/,
    words: 'jemalloc is what it allocates with: its calls are recorded like any others',
  },
  {
    sign: /^libtcmalloc/,
    words: 'tcmalloc is what it allocates with: its calls are recorded like any others',
  },
  {
    sign: /^libmimalloc/,
    words: 'mimalloc is what it allocates with: its calls are recorded like any others',
  },
];

/** So much more than what it asked for is worth telling: bytes, and a share of that. */
const leastUnseen = 16 * 2 ** 20;
const leastShare = 0.5;

const stops: Readonly<Record<string, string>> = {
  cannotOpen:
    'its file could not be opened or made longer any more (it gave up the rights to, or changed its root)',
  diskFull: 'the disk is full',
  fileLimit: 'its limit of a file’s size (RLIMIT_FSIZE) was reached',
  cannotMap: 'it got no address space for the recording (RLIMIT_AS)',
  tooLong: 'it has more operations than a recording can have (two thousand million)',
};

/** Why recording stopped, in words. */
export const stopReason = (reason: string): string => stops[reason] ?? reason;

export const stopWords = (reason: string): string =>
  `recording stopped before its end: ${stopReason(reason)}; everything until then is there`;

/** Of one that was recorded, a sentence each. */
export function blindSpots(
  { header, samples, peakLive, malformed }: RawContent,
  libraries: ReadonlySet<string>,
  bytes: (n: number) => string,
): string[] {
  const names = [header.executable, ...libraries].map((path) => basename(path));
  const known = kinds.filter(({ sign }) => names.some((name) => sign.test(name))).map(({ words }) => words);
  const peak = samples.reduce((most, { anon }) => Math.max(most, anon), 0);
  const unseen = peak - peakLive;
  return [
    ...(header.reason === '' ? [] : [stopWords(header.reason)]),
    ...known,
    ...(unseen > Math.max(leastUnseen, leastShare * peakLive)
      ? [
          `${bytes(peak)} of memory of its own were resident at most, and ${bytes(peakLive)} alive by its calls: the rest is ` +
            'what malloc keeps, stacks, and what it maps itself (mmap), which is not recorded',
        ]
      : []),
    ...(malformed > 0 ? [`${malformed} records of it are damaged`] : []),
  ];
}
