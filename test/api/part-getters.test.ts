/** Whatever of a user's class is a getter that throws is a fault of that class, told as one. */
import { describe, expect, it } from 'vitest';
import type { partOptions } from '../../lib/design/parts.ts';
import { Heap, type HeapOptions, PageHeapError } from '../../lib/index.ts';
import { faultOf, inHeap } from './part-world.ts';

const methods = {
  scavengePolicy: ['onTime', 'onCycle', 'onGrowth'],
  advicePolicy: ['advise'],
  triggerPolicy: ['pace'],
  scavengeController: ['next'],
  denseRule: ['keeps'],
  pageCachePolicy: ['serves', 'fill', 'choose'],
  sweepOrder: ['order'],
  sizeClassTable: ['classes'],
} as const satisfies Record<keyof typeof partOptions, readonly string[]>;
const each = Object.entries(methods).flatMap(([option, names]) =>
  names.map((name) => [option, name] as const),
);

const throwing = (): never => {
  throw new RangeError('not to be read');
};

/** A class with one getter, on its prototype, that throws from the nth look on. */
function withGetter(name: string, from: number, answer: unknown = undefined): new () => object {
  let looks = 0;
  class Mine {}
  Object.defineProperty(Mine.prototype, name, {
    get: () => (++looks >= from ? throwing() : () => answer),
  });
  return Mine;
}

function refusal(options: HeapOptions): PageHeapError {
  try {
    new Heap({ environment: false, warn: () => undefined, ...options }).dispose();
  } catch (error) {
    if (error instanceof PageHeapError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a getter that throws', () => {
  it.each(each)('%s: %s, when the heap is made', (option, name) => {
    const { code, message } = refusal({ [option]: withGetter(name, 1) });
    expect(code).toBe('ERR_POLICY');
    expect(message).toMatch(new RegExp(`Mine threw in its getter ${name}: RangeError: not to be read`));
  });

  it.each(['onTime', 'onCycle'])('scavengePolicy: %s, when it is asked', (name) => {
    inHeap({ scavengePolicy: withGetter(name, 2) as never }, (world) => {
      const { code, message } = faultOf(world);
      expect([code, message]).toEqual([
        'ERR_POLICY',
        expect.stringMatching(new RegExp(`Mine threw in ${name}: RangeError: not to be read`)),
      ]);
    });
  });

  it('of a method that may be missing, and of what is no answer', () => {
    inHeap({ scavengePolicy: withGetter('onTime', 3, 'no number') as never }, (world) =>
      expect(faultOf(world).message).toMatch(/onTime answered 'no number', and must answer/),
    );
    class Mine {
      serves(): boolean {
        return true;
      }
      get choose(): never {
        return throwing();
      }
    }
    expect(refusal({ pageCachePolicy: Mine as never }).message).toMatch(/getter choose/);
  });

  it('in a table of size classes', () => {
    class Mine {
      classes(): object[] {
        return [
          {
            get size(): never {
              return throwing();
            },
          },
        ];
      }
    }
    expect(refusal({ sizeClassTable: Mine as never }).message).toMatch(/threw in classes: RangeError/);
  });

  it('is passed over where it is the name of the class', () => {
    class Mine {
      static get name(): never {
        return throwing();
      }
      onTime(): number {
        return Number.NaN;
      }
    }
    inHeap({ scavengePolicy: Mine as never }, (world) =>
      expect(faultOf(world).message).toMatch(/^the scavenge policy without a name: onTime answered NaN/),
    );
  });

  it.each(['alloc', 'freshScavenged', 'roundUp', 'takeBack'])('of a page heap: %s', (name) => {
    class Mine {}
    for (const method of ['alloc', 'free', 'grow', 'release', 'forEachFree', 'stats', 'check'])
      Object.defineProperty(Mine.prototype, method, { value: () => 0, configurable: true });
    Object.defineProperty(Mine.prototype, 'freshScavenged', { value: true, configurable: true });
    Object.defineProperty(Mine.prototype, name, { get: throwing });
    const { code, message } = refusal({ pageHeap: Mine as never });
    expect(code).toBe('ERR_PAGE_HEAP');
    expect(message).toBe('the page heap Mine threw in a getter: not to be read');
  });
});
