/**
 * Whoever walks an object's fields (an inspector, an assertion, a logger) must not come to a column: its view reaches
 * over memory that is not there, and reading that ends the process.
 */
import { deepStrictEqual } from 'node:assert';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import { generations } from '../../lib/design/design.ts';

/** Every typed array that own properties lead to, with the way there. Getters on prototypes are not asked. */
function viewsWithin(root: object): string[] {
  const found: string[] = [];
  const seen = new Set<object>();
  const walk = (value: unknown, path: string): void => {
    if (value === null || typeof value !== 'object' || seen.has(value)) return;
    seen.add(value);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      found.push(path);
      return;
    }
    for (const key of Reflect.ownKeys(value)) {
      const { value: member, get } = Object.getOwnPropertyDescriptor(value, key) ?? {};
      const at = `${path}.${String(key)}`;
      walk(get === undefined ? member : Reflect.apply(get, value, []), at);
    }
  };
  walk(root, '');
  return found;
}

describe.each(generations)('%s', (generation) => {
  let heap: Heap;
  beforeEach(() => {
    heap = new Heap({ generation, environment: false, reach: 2 ** 28, debug: true });
    for (let i = 0; i < 5000; i++) heap.drop(heap.malloc(i));
    heap.gc();
  });
  afterEach(() => heap.dispose());

  test('no field of a heap leads to a view of memory', () => {
    expect(viewsWithin(heap)).toEqual([]);
  });

  test('nor does any of what it is wired from, but to arrays that are the program’s own', () => {
    const reached = viewsWithin(runtimeOf(heap));
    expect(reached.length).toBeGreaterThan(0);
    const ordinary = /^\.alloc\.classes\.|^\.memory\.sys\.addon\.adviseBox$/;
    expect(reached.filter((path) => !ordinary.test(path))).toEqual([]);
  });

  test('inspecting one, however deep, and comparing two, is harmless', () => {
    const options = { depth: Infinity, showHidden: true, getters: true, customInspect: false };
    expect(inspect(heap, options)).toContain('Heap');
    expect(inspect(runtimeOf(heap), options)).toContain('MHeap');
    using other = new Heap({ generation, environment: false, reach: 2 ** 28 });
    deepStrictEqual(heap, other);
    heap.check(3);
  });
});
