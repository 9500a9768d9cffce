import fc from 'fast-check';
import { afterEach, describe, expect, it, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { FatalError } from '../../lib/base/errors.ts';
import { KiB } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { pageState } from '../../lib/inspect/page-states.ts';
import { Residency } from '../../lib/os/residency.ts';
import { codeOf } from '../support/codes.ts';
import { times } from '../support/extent.ts';
import { StackModel } from './stack-model.ts';

let heap: Heap;
afterEach(() => heap.dispose());

const make = (generation: (typeof generations)[number] = 'radix'): Heap =>
  new Heap({ generation, reach: 2 ** 30, environment: false, debug: true, collect: false });
const stackInuse = (): number => heap.sample().manual;
const span = 32 * KiB;

describe.each(generations)('pooled stacks of %s', (generation) => {
  it.each([
    [1, 2],
    [2048, 2],
    [2049, 4],
    [4096, 4],
    [8192, 8],
    [8193, 16],
    [16_384, 16],
  ])('of %i bytes have %i KiB', (size, kib) => {
    heap = make(generation);
    const stack = heap.allocStack(size);
    expect(stackInuse()).toBe(span);
    expect(stack % (kib * KiB)).toBe(0);
    heap.fill(stack, kib * KiB, 1);
    expect(codeOf(() => heap.read(stack, kib * KiB + 1))).toBe('ERR_OUT_OF_RANGE');
    expect(codeOf(() => heap.freeStack(stack + 1))).toBe('ERR_NOT_ALLOCATED');
    expect(codeOf(() => heap.read(stack - kib * KiB, 1))).toBe('ERR_NOT_ALLOCATED');
    expect(heap.findObject(stack)).toBeUndefined();
    expect(codeOf(() => heap.drop(stack))).toBe('ERR_NOT_ALLOCATED');
    heap.freeStack(stack);
    expect(codeOf(() => heap.freeStack(stack))).toBe('ERR_NOT_ALLOCATED');
    expect(codeOf(() => heap.write(stack, new Uint8Array(8)))).toBe('ERR_NOT_ALLOCATED');
    heap.check(3);
  });

  it('share spans of 32 KiB, which goroutines by the thousand cost no more', () => {
    heap = make(generation);
    const stacks = Array.from({ length: 8000 }, () => heap.allocStack(2 * KiB));
    expect(heap.readMemStats()).toMatchObject({ StackInuse: 8000 * 2 * KiB, StackSys: 8000 * 2 * KiB });
    expect(new Set(stacks).size).toBe(8000);
    heap.check(3);
    for (const stack of stacks) heap.freeStack(stack);
    // The cache holds 32 KiB at most, the last ones freed: of two spans at most beside those that hold none.
    expect(stackInuse()).toBeLessThanOrEqual(2 * span);
    heap.check(3);
    expect(stackInuse()).toBe(0);
  });

  it('lie where the runtime puts them, in any order of events', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 16_384 }), fc.nat()), { maxLength: 300 }),
        (events) => {
          heap?.dispose();
          heap = make(generation);
          const model = new StackModel(1);
          const bases = new Map<number, number>();
          const held: { addr: number; order: number; stack: ReturnType<StackModel['alloc']> }[] = [];
          for (const [kind, size, n] of events) {
            if (kind <= 5) {
              const order = StackModel.orderOf(size);
              const addr = heap.allocStack(size);
              const stack = model.alloc(0, order);
              const base = addr - stack.n * StackModel.sizeOf(order);
              expect(bases.get(stack.span) ?? base).toBe(base);
              bases.set(stack.span, base);
              heap.fill(addr, size, 0xab);
              held.push({ addr, order, stack });
            } else if (kind <= 8 && held.length > 0) {
              const [{ addr, order, stack }] = held.splice(n % held.length, 1);
              heap.freeStack(addr);
              model.free(0, order, stack);
            } else if (kind === 9 && n % 4 === 0) {
              heap.gc();
              model.flush();
            }
            for (const id of bases.keys()) if (!model.spans.has(id)) bases.delete(id);
            expect(stackInuse()).toBe(model.spans.size * span);
          }
          heap.check(3);
        },
      ),
      { numRuns: times(5) },
    );
  });
});

test('a collection and statistics empty the caches, and what was empty goes', () => {
  heap = make();
  for (const look of [() => heap.gc(), () => heap.readMemStats(), () => heap.readMetrics()]) {
    const [kept, gone] = [heap.allocStack(2 * KiB), heap.allocStack(16 * KiB)];
    heap.freeStack(gone);
    expect(stackInuse()).toBe(2 * span);
    look();
    expect(stackInuse()).toBe(span);
    heap.freeStack(kept);
    look();
    expect(stackInuse()).toBe(0);
  }
});

test('a fresh span is touched at each of its stacks, and one that was freed again', () => {
  heap = make();
  const residency = new Residency();
  const stack = heap.allocStack(16 * KiB);
  const base = stack - (stack % span === 0 ? 0 : 16 * KiB);
  const resident = (): number => residency.residentBytes([{ base, bytes: span }]);
  const touched = resident();
  // Two stacks of 16 KiB: a physical page each, unless the kernel gave a huge page.
  expect([2 * 4096, span]).toContain(touched);
  heap.freeStack(stack);
  expect(resident()).toBe(touched);
});

test('a stack that is written to after it was freed is found out', () => {
  heap = make();
  const stack = heap.allocStack(4 * KiB);
  const dangling = heap.view(stack, 8);
  heap.freeStack(stack);
  dangling.fill(0x41);
  expect(() => heap.check(3)).toThrow(FatalError);
  heap.dispose();
  heap = make();
});

test('page maps, and the check, know their pages', () => {
  heap = make();
  const stack = heap.allocStack(2 * KiB);
  const { origin, ranges, states } = heap.pageStates();
  const page = Math.floor((stack - origin) / 8192) - ranges[0][0];
  expect(states[page]).toBe(pageState.manual);
  expect(states.filter((state) => state === pageState.manual).length).toBe(4);
  const { stackPools } = runtimeOf(heap).alloc;
  const { columns } = runtimeOf(heap).state.spans;
  const s = runtimeOf(heap).state.pageColumns.spanOf[Math.floor((stack - origin) / 8192)];
  columns.allocCount[s]++;
  expect(() => stackPools.check()).toThrow(/miscounts its stacks/);
  columns.allocCount[s]--;
  heap.check(3);
});

test('several threads of a heap have a cache each', () => {
  heap = new Heap({ reach: 2 ** 30, environment: false, collect: false });
  const handle = heap.share();
  const other = Heap.attach(handle);
  const [mine, theirs] = [heap.allocStack(2 * KiB), other.allocStack(2 * KiB)];
  // Each cache took eight of the sixteen stacks of one span.
  expect(stackInuse()).toBe(span);
  expect(Math.abs(mine - theirs)).toBe(16 * KiB);
  // A stack goes to the cache of who frees it.
  other.freeStack(mine);
  expect(other.allocStack(2 * KiB)).toBe(mine);
  expect(codeOf(() => heap.freeStack(theirs + 1))).toBe('ERR_NOT_ALLOCATED');
  heap.freeStack(mine);
  heap.freeStack(theirs);
  heap.check(3);
  expect(stackInuse()).toBe(0);
  other.allocStack(8 * KiB);
  // Who leaves returns what its P has cached; the stack that is out stays.
  other.dispose();
  heap.check(3);
  expect(stackInuse()).toBe(span);
});
