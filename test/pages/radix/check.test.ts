import { expect, it } from 'vitest';
import { FatalError } from '../../../lib/base/errors.ts';
import { stateWord } from '../../../lib/pages/radix/columns.ts';
import type { RadixPageAlloc } from '../../../lib/pages/radix/page-alloc.ts';
import { heapOf, page } from './heaps.ts';

// One defect at a time in a heap that is sound: the check must find it at the level named, and the
// levels below must not.
const defects: { name: string; level: 1 | 2 | 3; message: RegExp; spoil: (heap: RadixPageAlloc) => void }[] =
  [
    {
      name: 'an allocated bit that nobody counts',
      level: 1,
      message: /does not count/,
      spoil: (h) => (h.memory.chunks.allocated[16]! |= 1 << 31),
    },
    {
      name: 'a page allocated and scavenged',
      level: 1,
      message: /allocated and scavenged/,
      spoil: (h) => (h.memory.chunks.scavenged[0]! |= 1),
    },
    {
      name: 'a wrong count in the index',
      level: 1,
      message: /does not count/,
      spoil: (h) => h.index.density[8]!++,
    },
    {
      name: 'free pages in a full chunk',
      level: 1,
      message: /full chunk/,
      spoil: (h) => (h.index.density[0]! |= 1 << 26),
    },
    {
      name: 'a free page below the search page',
      level: 1,
      message: /below the search page/,
      spoil: (h) => (h.memory.state[stateWord.search] = 700),
    },
    {
      name: 'a run below the page it is looked for from',
      level: 1,
      message: /run starts below/,
      spoil: (h) => {
        h.memory.state[stateWord.fitPages] = 504;
        h.memory.state[stateWord.fit] = 4096;
      },
    },
    {
      name: 'a page to look for runs from in a gap',
      level: 1,
      message: /longer runs from is not/,
      spoil: (h) => (h.memory.state[stateWord.fit] = 2000),
    },
    {
      name: 'a search page in a gap',
      level: 1,
      message: /search page is not/,
      spoil: (h) => (h.memory.state[stateWord.search] = 2000),
    },
    {
      name: 'a cursor in a gap',
      level: 1,
      message: /cursor/,
      spoil: (h) => (h.memory.state[stateWord.forceCursor] = 2000),
    },
    {
      name: 'a wrong end',
      level: 1,
      message: /does not end/,
      spoil: (h) => (h.memory.state[stateWord.end] = 3),
    },
    {
      name: 'ranges that overlap',
      level: 1,
      message: /ranges/,
      spoil: (h) => (h.memory.ranges.base[1] = 512),
    },
    {
      name: 'a leaf with a wrong max',
      level: 2,
      message: /summary/,
      spoil: (h) => h.sums.max[h.sums.leaves + 1]!--,
    },
    {
      name: 'a leaf with a wrong start',
      level: 2,
      message: /summary/,
      spoil: (h) => h.sums.start[h.sums.leaves + 8]!++,
    },
    {
      name: 'a leaf of a chunk that is not there',
      level: 3,
      message: /summary/,
      spoil: (h) => (h.sums.max[h.sums.leaves + 3] = 1),
    },
    { name: 'a wrong end at the root', level: 3, message: /summary/, spoil: (h) => h.sums.end[0]!++ },
    {
      name: 'a wrong max in the middle',
      level: 3,
      message: /summary/,
      spoil: (h) => h.sums.max[(h.sums.leaves - 1) >> 3]!++,
    },
  ];

it.each(defects)('finds $name', ({ level, message, spoil }) => {
  const heap = heapOf(
    [0, 1, 8],
    [
      [0, 520],
      [4100, 7],
    ],
  );
  spoil(heap);
  for (let below = 1; below < level; below++) heap.check(below as 1 | 2);
  expect(() => heap.check(level)).toThrow(FatalError);
  expect(() => heap.check(3)).toThrow(message);
});

it('says where and what', () => {
  const heap = heapOf([0, 1]);
  heap.sums.max[heap.sums.leaves + 1] = 9;
  let state: Readonly<Record<string, number | string>> = {};
  try {
    heap.check(2);
  } catch (error) {
    if (error instanceof FatalError) state = error.state;
  }
  expect(state).toEqual({ level: 4, entry: 1, stored: '512, 9, 512', found: '512, 512, 512' });
  expect(heap.isAllocated(page(0))).toBe(false);
});
