/**
 * The collector's calls where one would not make them: from within finalizers and cleanups, and with what belongs to another
 * thread's view of the heap or to another heap. What comes out is a result or a typed error, and the heap is sound.
 *
 * Some designs: callback-misuse.test.ts; all of them: test/long/api.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';
import { isAll } from '../support/is-all.ts';
import { nonsense, typed } from '../support/nonsense.ts';

/** A heap, another view of it, and something of each kind that the view has. */
function world(options: HeapOptions) {
  const heap = new Heap({ environment: false, reach: 2 ** 27, gcPercent: -1, ...options });
  const views = [heap];
  onTestFinished(() => {
    for (const view of views.reverse()) view.dispose();
  });
  const other = Heap.attach(heap.share());
  views.push(other);
  const isTraced = options.liveness === 'tracing';
  const type = heap.type({ next: 'pointer', n: 'f64' });
  const otherType = other.type({ next: 'pointer', n: 'f64' });
  /** Makes an object garbage. */
  const lose = (at: number): void => {
    if (isTraced) heap.malloc(16);
    else heap.drop(at);
  };
  return { heap, other, views, type, otherType, isTraced, lose };
}

type World = ReturnType<typeof world>;

/** What a callback may do with its heap, or try. `at`: the address that it is called with, or was its object's. */
const deeds: Readonly<Record<string, (world: World, at: number) => unknown>> = {
  collects: ({ heap }) => heap.gc(),
  'collects elsewhere': ({ other }) => other.gc(),
  'begins a cycle': ({ heap }) => void heap.step(),
  'gives memory back': ({ heap }) => heap.freeOSMemory(),
  checks: ({ heap }) => heap.check(3),
  'runs callbacks': ({ heap }) => expect(heap.runFinalizers()).toBe(0),
  'runs those of another': ({ other }) => other.runFinalizers(),
  'sets its finalizer again': ({ heap }, at) => heap.setFinalizer(at, () => {}),
  'sets it twice': ({ heap }, at) => {
    heap.setFinalizer(at, () => {});
    heap.setFinalizer(at, () => {});
  },
  'sets it elsewhere': ({ other }, at) => other.setFinalizer(at, () => {}),
  'removes it': ({ heap }, at) => heap.setFinalizer(at, null),
  'adds a cleanup and stops it': ({ heap }, at) => heap.addCleanup(at, () => {}, 1).stop(),
  'adds a cleanup': ({ heap }, at) => heap.addCleanup(at, () => {}, 1),
  'takes a weak handle': ({ heap }, at) => heap.weak(at).get(),
  'takes one elsewhere and leaves it': ({ other }, at) => void other.weak(at).get(),
  'pins and unpins': ({ heap }, at) => {
    heap.pin(at);
    heap.unpin(at);
  },
  'unpins what is not pinned': ({ heap }, at) => heap.unpin(at),
  'asks whether it survives': ({ heap }, at) => heap.willSurvive(at, at),
  drops: ({ heap }, at) => heap.drop(at),
  'drops it elsewhere': ({ other }, at) => other.drop(at),
  'drops a batch': ({ heap }, at) => heap.dropAll([at, at]),
  'makes an arena and frees it twice': ({ heap }) => {
    const arena = heap.newArena();
    arena.malloc(100);
    arena.free();
    arena.free();
  },
  'roots it and lets it go': ({ heap }, at) => heap.root(at).dispose(),
  'makes a stack of frames': ({ heap }, at) => {
    const stack = heap.newStack(1024);
    stack.push(2);
    stack.set(0, at);
    stack.dispose();
  },
  'writes to it': ({ heap }, at) => heap.fill(at, 16, 255),
  'allocates a lot': ({ heap, type, isTraced }) => {
    for (let i = 0; i < 2000; i++) {
      const made = heap.new(type);
      if (!isTraced) heap.drop(made);
    }
  },
  'attaches and leaves': ({ heap }) => Heap.attach(heap.share()).dispose(),
  'disposes of the heap': ({ heap }) => heap.dispose(),
  'lets the other view go': ({ other, views }) => {
    views.splice(views.indexOf(other), 1);
    other.dispose();
  },
  'calls nonsense': ({ heap }) => {
    for (const one of nonsense) {
      for (const call of [
        heap.setFinalizer,
        heap.addCleanup,
        heap.weak,
        heap.pin,
        heap.root,
        heap.drop,
      ] as const)
        typed('a call', () => (call as (...given: unknown[]) => unknown).call(heap, one, one, one));
    }
  },
};

/** Tries all of it in heaps of such designs. */
export function misuseIn(designs: readonly HeapOptions[]): void {
  describe.each(designs)('$generation, $liveness, $marking', (options) => {
    test.each(Object.keys(deeds))('a callback that %s', (name) => {
      const w = world(options);
      const { heap, type, lose } = w;
      const kept = heap.malloc(64);
      heap.pin(kept);
      heap.fill(kept, 64, 7);
      const called: string[] = [];
      const deed = deeds[name]!;
      const objects = Array.from({ length: 4 }, () => {
        const at = heap.new(type);
        heap.pin(at);
        return at;
      });
      const [a, b, c, d] = objects as [number, number, number, number];
      heap.setFinalizer(a, (at) => {
        called.push('finalizer');
        typed(name, () => deed(w, at));
      });
      heap.setFinalizer(b, () => called.push('after'));
      heap.addCleanup(
        c,
        () => {
          called.push('cleanup');
          typed(name, () => deed(w, c));
        },
        0,
      );
      heap.addCleanup(d, () => called.push('after'), 0);
      for (const at of objects) {
        heap.unpin(at);
        lose(at);
      }
      const { collector } = runtimeOf(heap).gc;
      heap.gc();
      if (options.marking === 'incremental') heap.step();
      heap.runFinalizers();
      expect(called.filter((one) => one !== 'after').sort()).toEqual(['cleanup', 'finalizer']);
      for (let i = 0; i < 4; i++) {
        heap.gc();
        heap.check(3);
        for (const view of w.views) view.runFinalizers();
      }
      expect(collector.isMarking).toBe(false);
      expect(called.sort()).toEqual(['after', 'after', 'cleanup', 'finalizer']);
      for (const at of objects) expect(heap.findObject(at)?.base).not.toBe(at);
      expect(isAll(heap.read(kept, 64), 7)).toBe(true);
      heap.check(3);
    });
  });

  describe.each(designs)(
    'what is another view’s or another heap’s: $generation, $liveness, $marking',
    (options) => {
      test('types, handles and addresses of another heap are refused', () => {
        const w = world(options);
        const foreign = new Heap({ environment: false, reach: 2 ** 27, ...options });
        onTestFinished(() => foreign.dispose());
        const type = foreign.type({ next: 'pointer' });
        const at = foreign.new(type);
        for (const call of [
          () => w.heap.new(type),
          () => w.heap.newArray(type, 2),
          () => w.heap.setFinalizer(at, () => {}),
          () => w.heap.weak(at),
          () => w.heap.pin(at),
          () => w.heap.drop(at),
          () => w.heap.willSurvive(at),
          () => w.heap.root(at),
        ])
          expect(codeOf(call)).toMatch(/^ERR_(INVALID_ARGUMENT|INVALID_ADDRESS|WRONG_LIVENESS)$/);
        w.heap.check(3);
        foreign.check(3);
      });

      test('what a view gave does nothing once the view is gone', () => {
        const w = world(options);
        const { heap, other, otherType, views, isTraced } = w;
        const at = heap.malloc(64);
        heap.pin(at);
        const weak = other.weak(at);
        const cleanup = other.addCleanup(at, () => expect.fail('its thread has left'), 0);
        const root = isTraced ? other.root(at) : undefined;
        const stack = isTraced ? other.newStack(1024) : undefined;
        const arena = options.generation === 'radix' ? other.newArena() : undefined;
        arena?.malloc(100);
        views.pop();
        other.dispose();
        const calls = [
          () => weak.get(),
          () => cleanup.stop(),
          () => weak.dispose(),
          () => root?.address,
          () => root?.dispose(),
          () => stack?.push(1),
          () => stack?.dispose(),
          () => arena?.malloc(8),
          () => arena?.free(),
          () => other.new(otherType),
          () => otherType.n.get(at),
          () => otherType.next.set(at, at),
          () => other.runFinalizers(),
        ];
        for (const [i, call] of calls.entries()) typed(`call ${i}`, call);
        expect(runtimeOf(heap).special.weak.live).toBe(0);
        heap.unpin(at);
        w.lose(at);
        heap.gc();
        heap.gc();
        heap.check(3);
        expect(heap.findObject(at)?.base).not.toBe(at);
      });
    },
  );
}
