/** What the heap asks of the kernel for its chunks as huge pages, by the option hugePageAdvice. */
import { expect, onTestFinished, test } from 'vitest';
import { runtimeOf } from '../../lib/api/heap.ts';
import { chunkBytes } from '../../lib/base/units.ts';
import { Heap } from '../../lib/index.ts';
import { Sys } from '../../lib/os/sys.ts';
import { recordingAddon } from '../support/recording-addon.ts';

type Advice = 'none' | 'hugepage' | 'collapse';
const page = 8192;
const inChunk = chunkBytes / page;

function heapOf(hugePageAdvice: Advice, more: object = {}) {
  const { addon, advised } = recordingAddon(2 ** 21);
  const sys = new Sys({ addon });
  const heap = new Heap({
    ...{ sys, hugePageAdvice, environment: false, reach: '64MiB', collect: false, scavenge: false },
    ...{ pageCachePages: 0, densePages: 513, denseGenerations: 0 },
    ...more,
  });
  onTestFinished(() => heap.dispose());
  const base = heap.malloc(page);
  const hints = (): [string, number, number][] =>
    advised
      .splice(0)
      .filter(([name]) => name !== 'DONTNEED')
      .map(([name, at, length]) => [name, (at - base) / page, length / page]);
  return { heap, base, hints };
}

/** Fills the first chunk page by page, takes a hole into it that the scavenger gives back, and fills it again. */
function breakAndFill({ heap, base, hints }: ReturnType<typeof heapOf>) {
  const pages = [base, ...Array.from({ length: inChunk - 1 }, () => heap.malloc(page))];
  const filled = hints();
  for (const at of pages.slice(100, 130)) heap.drop(at);
  heap.freeOSMemory();
  const broken = hints();
  for (let i = 100; i < 110; i++) heap.malloc(page);
  const sparse = hints();
  for (let i = 110; i < 130; i++) heap.malloc(page);
  return { filled, broken, sparse, dense: hints() };
}

test.each<[Advice, Record<string, [string, number, number][]>]>([
  ['none', { filled: [], broken: [], sparse: [], dense: [] }],
  [
    'hugepage',
    {
      filled: [['HUGEPAGE', 0, inChunk]],
      broken: [['NOHUGEPAGE', 0, inChunk]],
      sparse: [],
      dense: [['HUGEPAGE', 0, inChunk]],
    },
  ],
  ['collapse', { filled: [], broken: [], sparse: [], dense: [['COLLAPSE', 0, inChunk]] }],
])('%s: when a chunk is fresh, broken, filled a little, dense again', (advice, hints) => {
  expect(breakAndFill(heapOf(advice))).toEqual(hints);
});

test('with narrow caches, too', () => {
  const { dense } = breakAndFill(heapOf('collapse', { pageCachePages: 8 }));
  expect(dense).toEqual([['COLLAPSE', 0, inChunk]]);
});

test('a chunk that is allocated whole is not collapsed', () => {
  const { heap, hints } = heapOf('collapse');
  const large = heap.malloc(4 * chunkBytes);
  heap.drop(large);
  heap.freeOSMemory();
  hints();
  heap.malloc(4 * chunkBytes);
  expect(hints().filter(([, , pages]) => pages !== inChunk)).toEqual([]);
  expect(hints()).toEqual([]);
});

test('heaps that ask for nothing have the plain index; those that attach ask as the first does', () => {
  const indexOf = (heap: Heap): string =>
    (runtimeOf(heap).pages as unknown as { index: object }).index.constructor.name;
  const plain = new Heap({ environment: false, reach: '64MiB' });
  onTestFinished(() => plain.dispose());
  expect(indexOf(plain)).toBe('ScavengeIndex');
  const asking = new Heap({ environment: false, reach: '64MiB', hugePageAdvice: 'collapse' });
  const attached = Heap.attach(asking.share());
  onTestFinished(() => {
    attached.dispose();
    asking.dispose();
  });
  expect([asking, attached].map(indexOf)).toEqual(['HugeChunkIndex', 'HugeChunkIndex']);
});

test('an advice policy says that itself', () => {
  class Policy {
    advise() {
      return 'none' as const;
    }
  }
  expect(() => new Heap({ advicePolicy: Policy, hugePageAdvice: 'collapse' })).toThrow(
    'option advicePolicy: says where huge pages may be, and so does hugePageAdvice',
  );
});
