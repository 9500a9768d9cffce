/**
 * What a heap has for types and roots, on one thread: the memory that fields are read from, what allocates and holds.
 *
 * Not here: the public calls (traced-heap.ts, heap.ts).
 */
import type { Allocator, TypeShape } from '../alloc/scanning-malloc.ts';
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Design } from '../design/design.ts';
import { longestName, mostGlobals, type Roots } from '../gc/roots.ts';
import type { Runtime } from '../runtime/runtime.ts';
import {
  checkAddress,
  checkSize,
  refuse,
  refuseArenaObject,
  refuseFreed,
  refuseMemory,
  refuseMore,
} from './arguments.ts';
import { FieldMemory } from './field-memory.ts';
import { Forgotten, type ForgottenHost } from './forgotten.ts';
import { FrameStack } from './frame-stack.ts';
import { freedMemoryOf } from './freed-memory.ts';
import type { Guard } from './heap-reports.ts';
import { TypeBase } from './heap-type.ts';
import { Root, type RootHost, rootEnded, Scope } from './root.ts';
import { UserArena } from './user-arena.ts';

/** A root whose handle, or owner, the engine has found to be gone. */
interface ForgottenRoot {
  readonly root: number;
  /** The handle, where it is not that which is gone. */
  readonly handle: WeakRef<Root> | undefined;
}

/** A user arena that was lost without being freed. */
interface ForgottenArena {
  readonly arena: number;
}

export class Typing implements RootHost, ForgottenHost<ForgottenRoot | ForgottenArena> {
  readonly #runtime: Runtime;
  readonly #p: number;
  readonly #guarded: Guard;
  #memory: FieldMemory | undefined;
  #isOpen = true;
  readonly #forgotten: Forgotten<ForgottenRoot | ForgottenArena>;

  /** @param p the thread's P, to which its roots belong */
  constructor(runtime: Runtime, p: number, guarded: Guard) {
    this.#runtime = runtime;
    this.#p = p;
    this.#guarded = guarded;
    this.#forgotten = new Forgotten(this);
  }

  // ---------------------------------------------------------------- types

  type(given: unknown): TypeBase {
    return TypeBase.make(given, this.#fields(), this.#runtime.alloc.classes);
  }

  shapeOf(type: TypeBase): TypeShape {
    return TypeBase.shapeOf(type, this.#memory);
  }

  arrayShapeOf(type: TypeBase, n: number): TypeShape {
    return TypeBase.arrayShapeOf(type, n, this.#memory);
  }

  /** From now on other threads collect, too. */
  share(): void {
    this.#memory?.share();
  }

  /** Nothing can be reached any more. */
  close(): void {
    this.#isOpen = false;
    this.#forgotten.close();
    this.#memory?.close();
  }

  // ---------------------------------------------------------------- roots

  get isUsable(): boolean {
    return this.#isOpen;
  }

  /** @throws ERR_WRONG_LIVENESS */
  get roots(): Roots {
    return this.#runtime.gc.tracing?.roots ?? refuseLiveness();
  }

  replaced(before: number, after: number): void {
    this.#runtime.gc.tracing?.barrier.replace(before, after);
  }

  guarded<T>(operation: () => T): T {
    return this.#guarded(operation);
  }

  checkTarget(address: number): void {
    if (address === 0 || address === this.#runtime.memory.zeroBase) return;
    checkAddress(address);
    const { finder } = this.#runtime.alloc;
    // What lies behind the bytes that were asked for is no object's, to marking either.
    if (finder.find(address) !== undefined) return;
    refuseFreed(finder, address);
    const shown = hex(address);
    if (finder.isOfHeap(address)) refuse('ERR_NOT_ALLOCATED', `no object is there: ${shown}`, address);
    refuse('ERR_INVALID_ADDRESS', `not an address of this heap: ${shown}`, address);
  }

  refuseMemory(): never {
    return refuseMore(this.#runtime, 'a root', 'roots', this.roots.handleRoom);
  }

  /** A root by itself. */
  root(address: number): Root {
    const { id, root } = this.#add(address, true);
    this.#forgotten.watch(root, { root: id, handle: undefined }, root);
    return root;
  }

  scope<T>(operation: (scope: Scope) => T): T {
    // The heap must be there, also where the function asks nothing of it.
    this.#guarded(() => undefined);
    return Scope.run((address) => this.#add(address, false).root, operation);
  }

  /** A root that ends with a JavaScript object. */
  own(owner: object, address: number): Root {
    if ((typeof owner !== 'object' || owner === null) && typeof owner !== 'function')
      refuse('ERR_INVALID_ARGUMENT', `an owner is an object, not ${describe(owner)}`, owner);
    const { id, root } = this.#add(address, true);
    this.#forgotten.watch(owner, { root: id, handle: new WeakRef(root) }, root);
    return root;
  }

  global(name: string): Root {
    const bytes = typeof name === 'string' ? new TextEncoder().encode(name) : new Uint8Array(0);
    // Half a surrogate pair has no bytes of its own: all such names would be one.
    if (bytes.length === 0 || bytes.length > longestName || bytes.includes(0) || /\p{Surrogate}/u.test(name))
      refuse(
        'ERR_INVALID_ARGUMENT',
        `a name is 1 to ${longestName} bytes of text, not ${describe(name)}`,
        name,
      );
    return this.#guarded(() => {
      const id = this.roots.global(bytes);
      if (id === 0) this.refuseMemory();
      if (id < 0) refuseMore(this.#runtime, 'a root', 'globals', { most: mostGlobals, isFull: true });
      return new Root(this, id, 'kept');
    });
  }

  stack(bytes: number): FrameStack {
    const memory = this.#fields();
    const { stacks } = this.#runtime.alloc;
    // Which P's cache it comes from makes no difference.
    const p = 0;
    return this.#guarded(() => {
      const { roots } = this;
      checkSize(bytes);
      if (bytes === 0) refuse('ERR_INVALID_SIZE', 'a stack has at least one byte', bytes);
      const base = stacks.alloc(p, bytes);
      if (base === 0) return refuseMemory(this.#runtime, `no memory for a stack of ${bytes} bytes`, bytes);
      const size = stacks.find(base)?.size ?? bytes;
      const id = roots.addStack(base, size, this.#p);
      if (id === 0) {
        stacks.free(p, base);
        return refuseMore(this.#runtime, 'a stack of frames', 'stacks of frames', roots.stackRoom);
      }
      const { barrier } = this.#runtime.gc.tracing ?? refuseLiveness();
      const free = (at: number): void => {
        stacks.free(p, at);
      };
      return new FrameStack({ base, id, bytes: size, host: this, memory, barrier, free });
    });
  }

  // ---------------------------------------------------------------- user arenas

  /** @param maker what allocates ordinary objects on this thread */
  arena(maker: Allocator): UserArena {
    const { alloc, memory, due, isTraced } = this.#runtime;
    const arenas = alloc.userArenas ?? refuseArenas(memory.design);
    const id = this.#guarded(
      () => arenas.make(this.#p) || refuseMore(this.#runtime, 'an arena', 'user arenas', arenas.room),
    );
    const arena = new UserArena(
      {
        isUsable: () => this.#isOpen,
        guarded: (operation) => this.#guarded(operation),
        shapeOf: (type) => this.shapeOf(type),
        arrayShapeOf: (type, n) => this.arrayShapeOf(type, n),
        makeOutside: (size, shape, noscan) =>
          shape === undefined ? maker.malloc(size, noscan, true) : maker.make(shape),
        dropOutside: (addresses) => {
          if (!isTraced) for (const addr of addresses) alloc.liveness.drop(addr);
        },
        zeroBase: memory.zeroBase,
        tookChunk: (address, bytes) => {
          maker.tookChunk?.(address, bytes);
          due.afterSlowPath(this.#p);
        },
        reclaim: () => arenas.awaitCycle() && due.collectForWant(),
        refuseMemory: (size) => refuseArenaObject(this.#runtime, size),
      },
      arenas,
      id,
      (ended) => this.#forgotten.unwatch(ended),
    );
    // Without pointers to follow nobody could tell when its objects are done with: then it stays.
    if (isTraced) this.#forgotten.watch(arena, { arena: id }, arena);
    return arena;
  }

  forget(what: ForgottenRoot | ForgottenArena): void {
    if ('arena' in what) {
      this.#afterwards(() => this.#runtime.alloc.userArenas?.forget(what.arena));
      return;
    }
    const { root: id, handle } = what;
    const root = handle?.deref();
    if (root !== undefined) rootEnded(root);
    this.#afterwards(() => {
      this.replaced(this.roots.addresses[id], 0);
      this.roots.remove(id);
    });
  }

  /** Does what the engine's own collection led to. */
  #afterwards(operation: () => void): void {
    if (!this.#isOpen) return;
    try {
      this.#guarded(operation);
    } catch (error) {
      // A heap whose lock is lost tells whoever uses it next.
      if (!(error instanceof PageHeapError)) throw error;
    }
  }

  /** @param isRegistered its end is to be told to who waits for it to be forgotten */
  #add(address: number, isRegistered: boolean): { readonly id: number; readonly root: Root } {
    return this.#guarded(() => {
      const { roots } = this;
      this.checkTarget(address);
      const id = roots.add(address, this.#p);
      if (id === 0) this.refuseMemory();
      this.replaced(0, address);
      const ended = isRegistered ? (root: Root) => this.#forgotten.unwatch(root) : undefined;
      return { id, root: new Root(this, id, 'held', ended) };
    });
  }

  #fields(): FieldMemory {
    const { spans, memory, state, gc } = this.#runtime;
    return this.#guarded(() => {
      const [first] = state.arenas.ranges();
      this.#memory ??= new FieldMemory({
        memory: spans.memory,
        bounds: { origin: memory.origin, reach: memory.reach, first: state.arenas.pageOf(first.base) },
        freed: freedMemoryOf(this.#runtime),
        isShared: memory.isShared,
        guarded: (operation) => this.#guarded(operation),
        barrier: gc.tracing?.barrier,
      });
      return this.#memory;
    });
  }
}

function refuseLiveness(): never {
  throw new PageHeapError(
    'ERR_WRONG_LIVENESS',
    "this heap has no roots: what is alive is said by drops; a heap with the liveness 'tracing' has them",
  );
}

/** Says what it is of the design that user arenas do not go with. */
function refuseArenas(design: Pick<Design, 'generation' | 'liveness' | 'pointerBits' | 'objects'>): never {
  const { generation, liveness, pointerBits, objects } = design;
  const refuseFor = (why: string, value: string): never => {
    throw new PageHeapError('ERR_WRONG_GENERATION', `this heap has no user arenas: ${why}`, { value });
  };
  if (generation !== 'radix')
    return refuseFor(
      `they are of the design of 2023 (generation 'radix'), and this is '${generation}'`,
      generation,
    );
  if (liveness === 'tracing')
    return refuseFor(`they need the pointer bits 'bits', and this one has '${pointerBits}'`, pointerBits);
  return refuseFor(`they do not go with objects on free lists (objects '${objects}')`, objects);
}
