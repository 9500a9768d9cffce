/** Nonsense of every kind, and what may come of an operation that is given some. */
import { PageHeapError } from '../../lib/base/errors.ts';

const bare = (members: object): object => Object.assign(Object.create(null), members);

export const nonsense: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 31,
  2 ** 32,
  2 ** 47,
  2 ** 53,
  -(2 ** 53),
  1e308,
  0n,
  5n,
  -(2n ** 70n),
  '',
  '8',
  'deep',
  '0x10',
  'radix',
  Symbol('nonsense'),
  Symbol.iterator,
  {},
  bare({}),
  bare({ length: 8 }),
  { length: 2 ** 40 },
  { valueOf: () => 64 },
  {
    valueOf() {
      throw new RangeError('no value');
    },
  },
  {
    toString() {
      throw new RangeError('no text');
    },
  },
  [],
  [64],
  () => 64,
  class {},
  new Date(0),
  new Map(),
  /x/,
  new Uint8Array(3),
  new Float64Array(1),
  new DataView(new ArrayBuffer(8)),
  new ArrayBuffer(8),
  new SharedArrayBuffer(8),
  new Proxy({}, {}),
  Promise.resolve(),
];

/** Does it, and lets through a typed error alone. */
export function typed(what: string, operation: () => unknown): unknown {
  try {
    return operation();
  } catch (error) {
    if (!(error instanceof PageHeapError))
      throw new Error(`${what} threw what has no code`, { cause: error });
    if (error.message.length >= 400) throw new Error(`${what} says too much: ${error.message}`);
    return undefined;
  }
}
