/** User arenas: objects that end together, the memory they leave at once, and looks that come too late. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { UserArena } from '../../lib/api/user-arena.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { Sys } from '../../lib/os/sys.ts';
import { codeOf } from '../support/codes.ts';
import { FailingSys } from '../support/failing-sys.ts';
import { collectUntil } from '../support/garbage.ts';
import { isAll } from '../support/is-all.ts';
import { Random, seedOf } from '../support/random.ts';

const MiB = 2 ** 20;
const reach = 256 * MiB;

function heapOf(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach, liveness: 'tracing', ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const fields = { left: 'pointer', right: 'pointer', key: 'f64' } as const;
const liveness = ['tracing', 'explicit'] as const;

/** Bytes of address space that are mapped for the heap, quarantine not among them. */
const heapBytes = (heap: Heap): number => runtimeOf(heap).memory.meta.accounts.of('heap');
const isWaiting = (heap: Heap, chunk: number): boolean => {
  const space = runtimeOf(heap).alloc.userArenas?.chunks.space;
  for (let at = space?.state.free[0] ?? 0; at !== 0; at = space?.rows().next[at - 1] ?? 0)
    if (at === chunk) return true;
  return false;
};
const chunkAt = (heap: Heap, addr: number): number =>
  runtimeOf(heap).alloc.userArenas?.chunks.space.chunkAt(addr) ?? 0;

describe.each(liveness)('a user arena, %s', (liveness) => {
  test('holds objects, arrays and bytes, zeroed, that are apart from each other', () => {
    const heap = heapOf({ liveness, debug: true, reach: 64 * MiB });
    const node = heap.type(fields);
    const text = heap.type({ n: 'u32', at: ['u8', 5] });
    using arena = heap.newArena();
    expect(arena.bytes).toBe(0);
    const taken: [number, number][] = [];
    const random = new Random(3);
    for (let i = 0; i < 2000; i++) {
      const [addr, size, align] = random.of<() => [number, number, number]>([
        () => [arena.new(node), 24, 8],
        () => [arena.new(text), 12, 4],
        () => [arena.newArray(node, 7), 168, 8],
        () => [arena.malloc(i), i, 1],
        () => [arena.malloc(8 * i, false), 8 * i, 8],
      ])();
      expect(addr % align).toBe(0);
      if (size === 0) continue;
      expect(isAll(heap.read(addr, size), 0)).toBe(true);
      heap.fill(addr, size, 0xff);
      heap.fill(addr, size, 0);
      taken.push([addr, size]);
    }
    taken.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < taken.length; i++)
      expect(taken[i - 1]![0] + taken[i - 1]![1]).toBeLessThanOrEqual(taken[i]![0]);
    expect(arena.bytes / arena.chunkBytes).toBeGreaterThan(1);
    heap.check(3);
    heap.gc();
    heap.check(3);
  });

  test('counts a chunk as one large object, and gives its memory back without a collection', () => {
    const heap = heapOf({ liveness, debug: true });
    const before = heap.readMemStats();
    const arena = heap.newArena();
    for (let i = 0; i < 20; i++) arena.malloc(MiB);
    const chunks = arena.bytes / arena.chunkBytes;
    const during = heap.readMemStats();
    const bytes = chunks * arena.chunkBytes;
    expect(chunks).toBe(3);
    expect(during.HeapInuse - before.HeapInuse).toBe(bytes);
    expect(during.HeapAlloc - before.HeapAlloc).toBe(bytes);
    expect(during.HeapSys - before.HeapSys).toBe(bytes);
    expect(during.Mallocs - before.Mallocs).toBe(chunks);
    arena.free();
    const after = heap.readMemStats();
    expect(after).toMatchObject({
      HeapInuse: before.HeapInuse,
      HeapAlloc: before.HeapAlloc,
      HeapSys: before.HeapSys,
      HeapReleased: before.HeapReleased,
      NumGC: during.NumGC,
    });
    expect(after.Frees - before.Frees).toBe(chunks);
    expect(arena.bytes).toBe(0);
    expect(arena.isFreed).toBe(true);
    heap.check(3);
  });

  test('once it was freed every look through the library is told', () => {
    const heap = heapOf({ liveness });
    const node = heap.type({ ...fields, items: ['u16', 4], big: 'u64' });
    const outside = heap.new(node);
    if (liveness === 'tracing') heap.root(outside);
    const arena = heap.newArena();
    const addr = arena.new(node);
    const bytes = arena.malloc(100);
    heap.write(bytes, new Uint8Array([1, 2, 3]));
    arena.free();
    const looks: (() => unknown)[] = [
      () => node.left.get(addr),
      () => node.left.set(addr, outside),
      () => node.key.get(addr),
      () => node.key.set(addr, 1),
      () => node.items.at(2).get(addr),
      () => node.big.get(addr),
      () => heap.read(bytes, 3),
      () => heap.write(bytes, new Uint8Array(3)),
      () => heap.fill(bytes, 3, 1),
      () => heap.copy(outside, bytes, 8),
      () => heap.copy(bytes, outside, 8),
      () => heap.view(bytes, 3),
      () => arena.new(node),
      () => arena.newArray(node, 3),
      () => arena.malloc(3),
      () => arena.free(),
      ...[heap.pin, heap.unpin, heap.pins, heap.weak].map((call) => () => call.call(heap, addr)),
      () => heap.addCleanup(addr, () => {}),
      () => heap.setFinalizer(addr, () => {}),
      () => heap.willSurvive(addr),
      ...(liveness === 'tracing' ? [() => heap.root(addr)] : [() => heap.drop(addr)]),
    ];
    const look = () => expect(looks.map(codeOf)).toEqual(looks.map(() => 'ERR_ARENA_FREED'));
    look();
    expect(heap.findObject(addr)).toBeUndefined();
    heap.gc();
    heap.gc();
    // Its addresses wait to be used again.
    look();
    heap.check(3);
  });

  test('what is too large for a chunk is an object of the heap', () => {
    const heap = heapOf({ liveness });
    const arena = heap.newArena();
    const largest = arena.chunkBytes / 4;
    expect(heap.findObject(arena.malloc(largest))?.size).toBe(arena.chunkBytes);
    const beyond = arena.malloc(largest + 1);
    expect(heap.findObject(beyond)?.size).toBe(largest + 8192);
    const many = arena.newArray(heap.type(fields), 100_000);
    expect(heap.findObject(many)?.noscan).toBe(false);
    arena.free();
    heap.malloc(0);
    heap.gc();
    expect(heap.readMemStats().HeapObjects).toBe(0);
    heap.check(3);
  });

  test('is refused what it cannot do, and what it cannot be', () => {
    const heap = heapOf({ liveness });
    const arena = heap.newArena();
    const type = heap.type(fields);
    expect(codeOf(() => arena.malloc(-1))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => arena.malloc(1.5))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => arena.newArray(type, -1))).toBe('ERR_INVALID_SIZE');
    expect(codeOf(() => arena.new({} as never))).toBe('ERR_INVALID_ARGUMENT');
    expect(arena.malloc(0)).toBe(heap.malloc(0));
    const addr = arena.malloc(16);
    expect(codeOf(() => heap.drop(addr))).toBe('ERR_WRONG_LIVENESS');
    heap.dispose();
    expect(codeOf(() => arena.malloc(16))).toBe('ERR_DISPOSED');
    expect(codeOf(() => arena.free())).toBe('ERR_DISPOSED');
  });

  test.each([64, 128, 192, 1024])('fits a heap of %i MiB of reach', (size) => {
    // Where collections run by themselves, one would bring back what was freed.
    const heap = heapOf({ liveness, reach: size * MiB, gcPercent: -1 });
    using arena = heap.newArena();
    expect(arena.chunkBytes).toBe(Math.min(8, 2 ** Math.floor(Math.log2(size / 32))) * MiB);
    let n = 0;
    const fill = (): unknown => {
      for (; ; n++) arena.malloc(arena.chunkBytes / 4);
    };
    // A quarter of the reach; where that is less than an arena, a whole one.
    const space = size === 64 ? 16 : Math.max(64, size / 4);
    const full = `the address space of user arenas, ${space} MiB, is taken`;
    expect(fill).toThrow(new RegExp(`${full}$`));
    expect(codeOf(fill)).toBe('ERR_OUT_OF_MEMORY');
    expect(n).toBeGreaterThanOrEqual(8);
    heap.check(3);
    heap.malloc(100);
    const freed = arena.bytes / MiB;
    arena.free();
    const again = heap.newArena();
    expect(() => again.malloc(10)).toThrow(`${full}; ${freed} MiB of it are of arenas that were freed`);
    heap.gc();
    again.malloc(10);
    heap.check(3);
  });

  test('a kernel that gives no more mappings keeps the memory accessible, and it is told', () => {
    const sys = new Sys({ mappings: { limit: () => 65_530, count: () => 63_000 } });
    const heap = heapOf({ liveness, sys });
    let addr = 0;
    for (let i = 0; i < 3; i++) {
      const arena = heap.newArena();
      addr = arena.malloc(1000);
      expect(isAll(heap.read(addr, 1000), 0)).toBe(true);
      heap.fill(addr, 1000, 7);
      const before = heapBytes(heap);
      arena.free();
      expect(heapBytes(heap)).toBe(before);
      expect(heap.readMemStats().HeapReleased).toBeGreaterThanOrEqual(arena.chunkBytes);
      heap.check(3);
      heap.gc();
      heap.check(3);
    }
    expect(codeOf(() => heap.read(addr, 1))).toBe('ERR_ARENA_FREED');
    expect(heap.fallbacks().join()).toContain('freed memory stays accessible');
  });

  test('wherever the system refuses memory, nothing is lost', () => {
    const sys = new FailingSys(['reserve', 'map', 'commit', 'alloc', 'used']);
    const heap = heapOf({ liveness, sys });
    let refused = 0;
    for (let pass = 0; pass < 8; pass++) {
      for (let round = 0; round < 2; round++) {
        const arena = heap.newArena();
        sys.refuse(pass, 1);
        const code = codeOf(() => {
          for (let i = 0; i < 9; i++) arena.malloc(MiB);
        });
        sys.relent();
        expect(['none', 'ERR_OUT_OF_MEMORY']).toContain(code);
        if (code !== 'none') refused++;
        heap.check(3);
        arena.malloc(MiB);
        arena.free();
        heap.check(3);
      }
      heap.gc();
      heap.check(3);
    }
    expect(refused).toBeGreaterThan(2);
  });

  test('two threads of one heap: each sees what the other freed', () => {
    const heap = heapOf({ liveness });
    const other = Heap.attach(heap.share());
    const arena = other.newArena();
    const type = other.type(fields);
    const mine = heap.type(fields);
    const addr = arena.new(type);
    mine.key.set(addr, 42);
    mine.left.set(addr, addr);
    expect(type.key.get(addr)).toBe(42);
    heap.gc();
    expect(mine.left.get(addr)).toBe(addr);
    arena.free();
    expect(codeOf(() => mine.key.get(addr))).toBe('ERR_ARENA_FREED');
    heap.gc();
    heap.check(3);
    other.dispose();
  });
});

describe('a user arena in a heap that traces', () => {
  test('keeps what its objects point to, and they keep one another', () => {
    const heap = heapOf();
    const node = heap.type(fields);
    const arena = heap.newArena();
    const at = arena.new(node);
    node.left.set(at, heap.new(node));
    node.key.set(node.left.get(at), 5);
    // Also from words that are pointers only perhaps, and from the midst of a chunk.
    for (let i = 0; i < 1000; i++) arena.new(node);
    const words = arena.malloc(64, false);
    const far = heap.new(node);
    heap.write(words + 32, new Uint8Array(new BigUint64Array([BigInt(far)]).buffer));
    heap.malloc(0);
    heap.gc();
    heap.check(3);
    expect(node.key.get(node.left.get(at))).toBe(5);
    expect(heap.findObject(far)?.base).toBe(far);
    arena.free();
    heap.gc();
    expect(heap.findObject(far)).toBeUndefined();
    expect(heap.readMemStats().HeapObjects).toBe(0);
  });

  test('its addresses are not used again before nothing points there', () => {
    const heap = heapOf();
    const node = heap.type(fields);
    const arena = heap.newArena();
    const root = heap.root(arena.new(node) + 8);
    const holder = heap.root(heap.new(node));
    node.left.set(holder.address, root.address);
    const chunk = chunkAt(heap, root.address);
    arena.free();
    for (let i = 0; i < 3; i++) {
      heap.gc();
      heap.check(3);
      expect(isWaiting(heap, chunk)).toBe(false);
    }
    root.dispose();
    heap.gc();
    expect(isWaiting(heap, chunk)).toBe(false);
    node.left.set(holder.address, 0);
    heap.gc();
    expect(isWaiting(heap, chunk)).toBe(true);
    const again = heap.newArena();
    const addr = again.new(node);
    expect(chunkAt(heap, addr)).toBe(chunk);
    expect(node.left.get(addr)).toBe(0);
    heap.check(3);
  });

  test('a pointer into one that waits for nothing any more is a bad pointer', () => {
    const heap = heapOf();
    const node = heap.type(fields);
    const arena = heap.newArena();
    const stale = arena.new(node);
    arena.free();
    heap.gc();
    const root = heap.root(heap.new(node));
    node.left.set(root.address, stale);
    expect(() => heap.gc()).toThrow(/found bad pointer in the heap/);
  });

  test('one that JavaScript lost lives as long as something points into it', async () => {
    const heap = heapOf();
    const node = heap.type(fields);
    const make = (): number => {
      const arena = heap.newArena();
      return arena.new(node);
    };
    const root = heap.root(make());
    const chunk = chunkAt(heap, root.address);
    await collectUntil(() => runtimeOf(heap).alloc.userArenas?.live === 0);
    heap.gc();
    node.key.set(root.address, 1);
    expect(node.key.get(root.address)).toBe(1);
    heap.check(3);
    root.dispose();
    heap.gc();
    expect(isWaiting(heap, chunk)).toBe(true);
    heap.check(3);
  });

  test.each(['stop-the-world', 'incremental'] as const)(
    'random arenas, with pointers in and out of them, against a shadow, %s',
    (marking) => {
      const seed = seedOf('PAGEHEAP_ARENA_SEED');
      const random = new Random(seed);
      // A quarter of the reach is for chunks: enough for those of every arena this makes, none of them used again.
      const heap = heapOf({ gcPercent: 40, reach: 4 * 1024 * MiB, marking });
      const node = heap.type(fields);
      interface Node {
        readonly addr: number;
        readonly arena: UserArena | undefined;
        readonly key: number;
        left: Node | undefined;
      }
      const arenas: UserArena[] = [];
      const roots = Array.from({ length: 8 }, () => ({
        root: heap.root(),
        node: undefined as Node | undefined,
      }));
      const isGone = (n: Node): boolean => n.arena?.isFreed === true;
      const walk = (): void => {
        for (const { root, node: first } of roots) {
          let addr = root.address;
          for (let n = first, steps = 0; n !== undefined && steps < 50; n = n.left, steps++) {
            expect(addr, `PAGEHEAP_ARENA_SEED=${seed}`).toBe(n.addr);
            if (isGone(n)) {
              expect(codeOf(() => node.key.get(addr))).toBe('ERR_ARENA_FREED');
              break;
            }
            expect(node.key.get(addr), `PAGEHEAP_ARENA_SEED=${seed}`).toBe(n.key);
            addr = node.left.get(addr);
          }
        }
        heap.check(3);
      };
      for (let step = 0; step < 4000; step++) {
        const slot = random.of(roots);
        const what = random.below(40);
        if (what === 0 && arenas.length < 6) arenas.push(heap.newArena());
        else if (what === 1 && arenas.length > 0) arenas.splice(random.below(arenas.length), 1)[0]?.free();
        else if (what === 2) {
          slot.root.address = 0;
          slot.node = undefined;
        } else if (what === 3) heap.gc();
        else if (what === 5) heap.step();
        else if (what === 4) arenas[0]?.malloc(MiB);
        else {
          const arena = random.below(2) === 0 ? undefined : arenas[random.below(arenas.length + 1)];
          const addr = arena === undefined ? heap.new(node) : arena.new(node);
          node.key.set(addr, step);
          const next = random.of(roots).node;
          const left = next !== undefined && !isGone(next) ? next : undefined;
          node.left.set(addr, left?.addr ?? 0);
          slot.root.address = addr;
          slot.node = { addr, arena, key: step, left };
        }
        if (step % 250 === 0) walk();
      }
      walk();
      for (const arena of arenas) arena.free();
      for (const { root } of roots) root.address = 0;
      heap.malloc(0);
      heap.gc();
      heap.check(3);
      expect(heap.readMemStats().HeapObjects, `PAGEHEAP_ARENA_SEED=${seed}`).toBe(0);
    },
  );
});

describe('a user arena where liveness is explicit', () => {
  test('its addresses are used again after the next collection', () => {
    const heap = heapOf({ liveness: 'explicit' });
    const arena = heap.newArena();
    const chunk = chunkAt(heap, arena.malloc(10));
    arena.free();
    expect(isWaiting(heap, chunk)).toBe(false);
    heap.gc();
    expect(isWaiting(heap, chunk)).toBe(true);
    expect(chunkAt(heap, heap.newArena().malloc(10))).toBe(chunk);
  });
});

test.each<[HeapOptions, string, RegExp]>([
  [{ generation: 'lists' }, 'lists', /design of 2023.* this is 'lists'/],
  [{ generation: 'treap' }, 'treap', /design of 2023.* this is 'treap'/],
  [{ liveness: 'explicit', objects: 'freelist' }, 'freelist', /objects on free lists/],
  [{ pointerBits: 'pairs' }, 'pairs', /pointer bits 'bits', and this one has 'pairs'/],
  [{ pointerBits: 'nibbles' }, 'nibbles', /pointer bits 'bits', and this one has 'nibbles'/],
])('no user arenas in other designs, and which part it is: %o', (options, value, words) => {
  const heap = heapOf(options);
  const refused = { code: 'ERR_WRONG_GENERATION', value, message: expect.stringMatching(words) };
  expect(() => heap.newArena()).toThrow(expect.objectContaining(refused));
});

test('an arena that outlives its heap ends with it', () => {
  const heap = heapOf();
  const arena = heap.newArena();
  arena.malloc(100);
  heap.dispose();
  arena[Symbol.dispose]();
  expect(codeOf(() => arena.free())).toBe('ERR_DISPOSED');
});
