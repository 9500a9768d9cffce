import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';

let heap: Heap;
let addr: number;
let neighbour: number;
beforeAll(() => {
  heap = new Heap({ environment: false, reach: 2 ** 30 });
  addr = heap.malloc(16);
  neighbour = heap.malloc(16);
});
afterAll(() => heap.dispose());

const nines = (n: number): Uint8Array<ArrayBuffer> => new Uint8Array(n).fill(9);
const contents = (): string => Buffer.from(heap.read(addr, 16)).toString('hex');
const filled = 'ee'.repeat(16);

class Short extends Uint8Array {
  override get length(): number {
    return 4;
  }
  override get byteLength(): number {
    return 4;
  }
}

function lying(): Uint8Array {
  const data = nines(8);
  Object.defineProperty(data, 'length', { value: 64 });
  Object.defineProperty(data, 'byteLength', { value: 64 });
  return data;
}

function shared(n: number): Uint8Array<SharedArrayBuffer> {
  const data = new Uint8Array(new SharedArrayBuffer(n));
  data.fill(9);
  return data;
}

function resizable(n: number, most: number): Uint8Array<ArrayBuffer> {
  const buffer = new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer)(n, {
    maxByteLength: most,
  });
  return new Uint8Array(buffer).fill(9);
}

const resize = (data: Uint8Array, n: number): void =>
  (data.buffer as unknown as { resize(n: number): void }).resize(n);

function detached(): Uint8Array {
  const data = nines(8);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return data;
}

describe('write takes', () => {
  const taken: readonly (readonly [string, () => Uint8Array, number])[] = [
    ['a Uint8Array', () => nines(8), 8],
    ['a part of one', () => nines(32).subarray(3, 9), 6],
    ['an empty one', () => nines(0), 0],
    ['a Buffer', () => Buffer.alloc(7, 9), 7],
    ['a Buffer of the pool', () => Buffer.from('\t'.repeat(5)), 5],
    ['one over shared memory', () => shared(8), 8],
    [
      'one that grew',
      () => {
        const data = resizable(2, 12);
        resize(data, 12);
        return data.fill(9);
      },
      12,
    ],
    [
      'one of a class that says it is shorter, whole',
      () => {
        const data = new Short(8);
        Uint8Array.prototype.fill.call(data, 9);
        for (let i = 0; i < 8; i++) data[i] = 9;
        return data;
      },
      8,
    ],
    ['one that says it is longer, as long as it is', lying, 8],
  ];
  test.each(taken)('%s', (_what, make, n) => {
    heap.fill(addr, 16, 0xee);
    heap.fill(neighbour, 16, 7);
    heap.write(addr, make());
    expect(contents()).toBe('09'.repeat(n) + 'ee'.repeat(16 - n));
    expect(isAll(heap.read(neighbour, 16), 7)).toBe(true);
  });
});

describe('write refuses', () => {
  const refused: readonly (readonly [string, () => unknown])[] = [
    ['a text', () => 'abc'],
    ['an array', () => [1, 2, 3]],
    ['something with a length', () => ({ length: 3, 0: 1, 1: 2, 2: 3 })],
    ['something that can be walked', () => new Set([1, 2, 3])],
    ['a Uint16Array', () => new Uint16Array([1, 2, 3])],
    ['a Uint8ClampedArray', () => new Uint8ClampedArray([1, 2, 3])],
    ['an Int8Array', () => new Int8Array([1, 2, 3])],
    ['a Float64Array', () => new Float64Array([1])],
    ['a BigUint64Array', () => new BigUint64Array([1n])],
    ['a DataView', () => new DataView(new ArrayBuffer(8))],
    ['an ArrayBuffer', () => new ArrayBuffer(8)],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(8)],
    ['nothing', () => undefined],
    ['null', () => null],
    ['a number', () => 3],
    ['a bigint', () => 3n],
    ['a symbol', () => Symbol('bytes')],
    ['a thing without a prototype', () => Object.create(null)],
    ['what only inherits from one', () => Object.create(nines(8))],
    ['a proxy of one', () => new Proxy(nines(8), {})],
    ['one that was detached', detached],
    [
      'one whose memory has become too short',
      () => {
        const whole = resizable(16, 16);
        const part = new Uint8Array(whole.buffer, 4, 8);
        resize(whole, 6);
        return part;
      },
    ],
  ];
  test.each(refused)('%s', (_what, make) => {
    heap.fill(addr, 16, 0xee);
    expect(codeOf(() => heap.write(addr, make() as Uint8Array))).toBe('ERR_INVALID_ARGUMENT');
    expect(contents()).toBe(filled);
  });

  test('what does not fit, by its true length', () => {
    class Small extends Short {}
    heap.fill(neighbour, 16, 7);
    expect(codeOf(() => heap.write(addr, new Small(64)))).toBe('ERR_OUT_OF_RANGE');
    expect(codeOf(() => heap.write(addr, shared(17)))).toBe('ERR_OUT_OF_RANGE');
    expect(isAll(heap.read(neighbour, 16), 7)).toBe(true);
  });
});

test('fill takes whole numbers, by their low eight bits', () => {
  heap.fill(addr, 16, -1);
  expect(contents()).toBe('ff'.repeat(16));
  heap.fill(addr, 16, 0x1ee);
  expect(contents()).toBe(filled);
  for (const byte of ['x', '7', null, undefined, 1.5, Number.NaN, 3n, Symbol('b'), {}, nines(1)])
    expect(codeOf(() => heap.fill(addr, 16, byte as number))).toBe('ERR_INVALID_ARGUMENT');
  expect(contents()).toBe(filled);
});

test('lengths are whole numbers', () => {
  for (const length of ['1', null, undefined, 1.5, -1, Number.NaN, 3n, Symbol('n'), {}] as number[]) {
    expect(codeOf(() => heap.read(addr, length))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => heap.view(addr, length))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => heap.fill(addr, length, 1))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => heap.copy(addr, neighbour, length))).toBe('ERR_INVALID_SIZE');
  }
});
