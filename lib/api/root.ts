/**
 * Root handles: what JavaScript holds of a root of the heap.
 *
 * A handle holds one address, of an object or from within one, and keeps that object and all that can be reached from
 * it. The address lies in the heap's memory, under the handle's number, for whichever thread collects. A handle that
 * was forgotten by JavaScript gives its root up some time after the engine has found out, which may be never; so what
 * is not needed any more is disposed of. Numbers are used again: a handle whose root has ended has none any more.
 *
 * Not here: which kinds of roots there are (gc/roots.ts), stacks of frames (frame-stack.ts).
 */
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Roots } from '../gc/roots.ts';
import { refuse } from './arguments.ts';
import { shown } from './shown.ts';

/** What a root asks of its heap. */
export interface RootHost {
  readonly roots: Roots;
  /** Runs an operation as the heap's mode demands. @throws ERR_DISPOSED · ERR_REENTRANT */
  guarded<T>(operation: () => T): T;
  /** Passes what a root may hold. @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED */
  checkTarget(address: number): void;
  /** A root holds another address than before: who marks must know. */
  replaced(before: number, after: number): void;
  /** The system had no memory for a root. */
  refuseMemory(): never;
  /** The heap is there, and may be used now. */
  readonly isUsable: boolean;
}

/** What becomes of a root when its handle is disposed of: `kept` ones live on. */
export type RootKind = 'held' | 'kept';

/** A handle that was disposed of has this number, of which no column has an element. */
const gone = -1;

/** Takes a handle its number: its root has ended otherwise, with the object that owned it. */
export let rootEnded: (root: Root) => void;

export class Root {
  #id: number;
  readonly #host: RootHost;
  readonly #addresses: Float64Array;
  readonly #kind: RootKind;
  /** Told when the root is given up by itself. */
  readonly #ended: ((root: Root) => void) | undefined;

  static {
    rootEnded = (root) => {
      root.#id = gone;
    };
  }

  constructor(host: RootHost, id: number, kind: RootKind, ended?: (root: Root) => void) {
    this.#host = host;
    this.#id = id;
    this.#addresses = host.roots.addresses;
    this.#kind = kind;
    this.#ended = ended;
  }

  /** The address it holds; 0: none. @throws ERR_DISPOSED, also where the handle was disposed of */
  get address(): number {
    return this.#addresses[this.#id] ?? this.#refuseGone();
  }

  /**
   * An address of an object, or from within one; 0 for none.
   * @throws ERR_INVALID_ADDRESS · ERR_NOT_ALLOCATED · ERR_DISPOSED
   */
  set address(address: number) {
    this.#host.guarded(() => {
      if (this.#id === gone) this.#refuseGone();
      this.#host.checkTarget(address);
      this.#host.replaced(this.#addresses[this.#id], address);
      this.#addresses[this.#id] = address;
    });
  }

  /** Gives the root up: what it held lives on only as far as it can be reached otherwise. Again is harmless. */
  dispose(): void {
    const id = this.#id;
    if (id === gone) return;
    this.#id = gone;
    this.#ended?.(this);
    // Of a heap that is gone there is nothing to be given up.
    if (this.#kind !== 'held' || !this.#host.isUsable) return;
    this.#host.guarded(() => {
      this.#host.replaced(this.#addresses[id], 0);
      this.#host.roots.remove(id);
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** One line, for whoever prints it: the address that it holds. */
  [shown](): string {
    const address = this.#addresses[this.#id];
    if (address !== undefined) return `Root { ${address === 0 ? 'none' : hex(address)} }`;
    return `Root { ${this.#id === gone ? 'disposed of' : 'its heap is gone'} }`;
  }

  #refuseGone(): never {
    this.#host.guarded(() => undefined);
    throw new PageHeapError('ERR_DISPOSED', 'the root was disposed of', { value: this.#id });
  }
}

/** Roots that end together, when the function that was given the scope returns. */
export class Scope {
  readonly #make: (address: number) => Root;
  readonly #roots: Root[] = [];
  #isOver = false;

  constructor(make: (address: number) => Root) {
    this.#make = make;
  }

  /** A root until the scope ends. @throws as `heap.root`; ERR_DISPOSED: the scope has ended */
  root(address: number): Root {
    if (this.#isOver) throw new PageHeapError('ERR_DISPOSED', 'the scope has ended', { value: address });
    const root = this.#make(address);
    this.#roots.push(root);
    return root;
  }

  /** The same for an address that will not change. @returns the address @throws as `root` */
  keep(address: number): number {
    this.root(address);
    return address;
  }

  /** Runs a function in a scope. @throws what it throws; ERR_INVALID_ARGUMENT where it is asynchronous */
  static run<T>(make: (address: number) => Root, operation: (scope: Scope) => T): T {
    if (typeof operation !== 'function')
      refuse('ERR_INVALID_ARGUMENT', `a scope takes a function, not ${describe(operation)}`, operation);
    const scope = new Scope(make);
    try {
      const result = operation(scope);
      if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function')
        refuse(
          'ERR_INVALID_ARGUMENT',
          'a scope ends when its function returns, so it cannot be asynchronous',
          operation,
        );
      return result;
    } finally {
      scope.#isOver = true;
      for (const root of scope.#roots) root.dispose();
    }
  }
}
