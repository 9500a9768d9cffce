/** The heap dump: objects, edges, roots and types, as a program made them. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { generations } from '../../lib/design/design.ts';
import type { HeapOptions } from '../../lib/design/options.ts';

function heapOf(options: HeapOptions): Heap {
  const heap = new Heap({ environment: false, reach: 2 ** 28, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

type Line = Record<string, unknown>;
const linesOf = (heap: Heap): Line[] => heap.dump().map((line) => JSON.parse(line) as Line);
const ofKind = (lines: Line[], k: string): Line[] => lines.filter((line) => line.k === k);

describe.each(generations)('%s', (generation) => {
  test('tells objects, edges, types and roots', () => {
    const heap = heapOf({ generation, liveness: 'tracing' });
    const node = heap.type({ left: 'pointer', key: 'f64', right: 'pointer' });
    const root = heap.root(heap.new(node));
    const child = heap.new(node);
    node.left.set(root.address, child);
    // An address from within leads to the object; a cycle is one.
    node.right.set(child, root.address + 8);
    const array = heap.newArray(heap.type({ n: 'u32', to: 'pointer' }), 300);
    heap.global('array').address = array;
    heap.write(array + 299 * 16 + 8, new Uint8Array(new BigUint64Array([BigInt(child)]).buffer));
    const loose = heap.malloc(64, false);
    node.right.set(root.address, loose);
    heap.write(loose + 16, new Uint8Array(new BigUint64Array([BigInt(array + 100)]).buffer));
    const plain = heap.malloc(1000);
    const lines = linesOf(heap);
    const [head] = lines;
    expect(head).toMatchObject({ k: 'heap', format: 1, generation, liveness: 'tracing', objects: 5 });
    const objects = new Map(ofKind(lines, 'object').map((line) => [line.at, line]));
    expect(new Set(objects.keys())).toEqual(new Set([root.address, child, array, loose, plain]));
    const to = (at: number) => objects.get(at)?.to;
    expect(to(root.address)).toEqual([child, loose]);
    expect(to(child)).toEqual([root.address]);
    expect(to(array)).toEqual([child]);
    expect(to(loose)).toEqual([array]);
    expect(to(plain)).toEqual([]);
    const types = ofKind(lines, 'type');
    const typeOf = (at: number) => types[Number(objects.get(at)?.type)];
    expect(typeOf(child)).toMatchObject({ pointers: [0, 2], pointerWords: 2 });
    expect(typeOf(child)).toBe(typeOf(root.address));
    expect(typeOf(array)).toMatchObject({ pointerWords: 300 });
    expect(((typeOf(array)?.pointers ?? []) as number[]).slice(0, 3)).toEqual([1, 3, 5]);
    expect(typeOf(plain)).toMatchObject({ pointerWords: 0 });
    const roots = ofKind(lines, 'root');
    expect(roots).toContainEqual({ k: 'root', what: 'root', at: root.address });
    expect(roots).toContainEqual({ k: 'root', what: 'global', name: 'array', at: array });
    expect(head?.bytes).toBe([...objects.values()].reduce((sum, { bytes }) => sum + Number(bytes), 0));
    heap.check(3);
  });

  test('leaves out what a cycle has found dead, and dropped objects', () => {
    const traced = heapOf({ generation, liveness: 'tracing' });
    const node = traced.type({ left: 'pointer' });
    const kept = traced.root(traced.new(node));
    for (let i = 0; i < 100; i++) traced.new(node);
    traced.malloc(0);
    traced.gc();
    expect(ofKind(linesOf(traced), 'object').map(({ at }) => at)).toEqual([kept.address]);
    const heap = heapOf({ generation, liveness: 'explicit' });
    const objects = Array.from({ length: 100 }, (_, i) => heap.malloc(16 * (i + 1)));
    heap.dropAll(objects.slice(1));
    const lines = linesOf(heap);
    expect(ofKind(lines, 'object')).toHaveLength(1);
    expect(ofKind(lines, 'object')[0]).toMatchObject({ at: objects[0], to: [] });
    expect(ofKind(lines, 'root')).toEqual([]);
  });
});

test('of a user arena the chunk is the object, and a root', () => {
  const heap = heapOf({ liveness: 'tracing' });
  const node = heap.type({ left: 'pointer' });
  const arena = heap.newArena();
  const first = arena.new(node);
  for (let i = 0; i < 50; i++) arena.new(node);
  const outside = heap.new(node);
  node.left.set(arena.new(node), outside);
  const lines = linesOf(heap);
  expect(ofKind(lines, 'object')).toContainEqual(
    expect.objectContaining({ at: first, bytes: arena.chunkBytes, to: [outside] }),
  );
  expect(ofKind(lines, 'root')).toContainEqual({ k: 'root', what: 'arena', at: first });
  arena.free();
  expect(ofKind(linesOf(heap), 'object').map(({ at }) => at)).toEqual([outside]);
});
