/** What the user's code throws may be anything; whoever looks at it is told something, and never throws. */
import { describe, expect, it } from 'vitest';
import FirstFit from '../../examples/first-fit.mjs';
import { Heap } from '../../lib/api/heap.ts';
import { describeThrown } from '../../lib/base/describe.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import { isOfPackage, placesOfError } from '../../lib/base/places.ts';
import { lookable, rootErrorOf, stackOf } from '../../lib/base/thrown.ts';
import { packError, unpackError } from '../../lib/lab/run/run-messages.ts';

const thrower = {
  getPrototypeOf: (): never => {
    throw 2;
  },
  get: (): never => {
    throw 3;
  },
  has: (): never => {
    throw 4;
  },
};
const without = (name: string): Error =>
  Object.defineProperty(new Error('mine'), name, {
    get: () => {
      throw 5;
    },
  });
const loop = new Error('mine');
loop.cause = loop;

const odd: readonly (readonly [string, unknown])[] = [
  ['a proxy', new Proxy({}, thrower)],
  ['a proxy of an error', new Proxy(new Error('x'), thrower)],
  ['an error caused by a proxy', new Error('mine', { cause: new Proxy({}, thrower) })],
  ['an error with a stack that throws', without('stack')],
  ['one with a name that throws', without('name')],
  ['one with a message that throws', without('message')],
  ['one with a cause that throws', without('cause')],
  ['one with a stack that is none', Object.assign(new Error('mine'), { stack: () => 1 })],
  ['one that is its own cause', loop],
  ['an object below a proxy', Object.create(new Proxy({}, thrower))],
  ['null', null],
  ['undefined', undefined],
  ['a symbol', Symbol('mine')],
];

describe.each(odd)('%s', (_, thrown) => {
  it('can be looked at', () => {
    const seen = lookable(thrown);
    expect(typeof describeThrown(thrown)).toBe('string');
    expect([true, false]).toContain(seen instanceof Error);
    for (const one of [thrown, seen]) {
      rootErrorOf(one);
      stackOf(one);
      placesOfError(one);
      isOfPackage(one);
    }
  });

  it('crosses from one process to another', () => {
    const error = new PageHeapError('ERR_PAGE_HEAP', 'mine', { cause: thrown });
    const packed = structuredClone(packError(error));
    expect(unpackError(packed)).toMatchObject({ code: 'ERR_PAGE_HEAP', message: 'mine' });
  });

  it('out of a page heap is its failing', () => {
    class Mine extends FirstFit {
      override alloc(): never {
        throw thrown;
      }
    }
    const heap = new Heap({ environment: false, pageHeap: Mine as never, reach: 2 ** 26 });
    let caught: unknown;
    try {
      heap.malloc(5000);
    } catch (error) {
      caught = error;
    }
    heap.dispose();
    expect(caught).toBeInstanceOf(PageHeapError);
    expect(caught).toMatchObject({
      code: 'ERR_PAGE_HEAP',
      message: expect.stringContaining('Mine threw in alloc: '),
    });
  });
});
