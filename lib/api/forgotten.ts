/**
 * What JavaScript has forgotten: a handle, an owner, a user arena whose object the engine has found to be gone, and the heap to
 * be told of it.
 *
 * Each heap has a registry of its own, which outlives it by a moment. For V8 gives up on all registries of a process when
 * one dies with callbacks due: it posts one task for all that have some, the task finds none and ends early, and no other is ever
 * posted (Node 20.20 and 24.21; test/api/forgotten.test.ts). So a registry is kept here until it was called for an object that is
 * thrown away when the heap is closed, or is found to be gone itself: whatever was due was called then, too. What its heap has watched that
 * lives on is forgotten with the registry.
 *
 * The registry keeps no heap alive. A program's own registries may still do all others that harm: then a forgotten root stays, as one does
 * that the engine has not found yet.
 */

/** Who is told. */
export interface ForgottenHost<T> {
  /** @param what as it was when it was watched */
  forget(what: T): void;
}

/** It is the last that a registry is called for. */
const last = Symbol('last');

type Registry = FinalizationRegistry<unknown>;

const kept = new Set<Registry>();

/** For hosts that are lost without being closed. It never dies. */
const lost = new FinalizationRegistry<Registry>((registry) => letGo(registry));

function letGo(registry: Registry): void {
  registry.register({}, last);
}

function registryFor<T>(host: WeakRef<ForgottenHost<T>>): Registry {
  const registry: Registry = new FinalizationRegistry((what) => {
    if (what === last) kept.delete(registry);
    else host.deref()?.forget(what as T);
  });
  kept.add(registry);
  return registry;
}

/** Watches objects for a host. */
export class Forgotten<T> {
  readonly #registry: Registry;

  constructor(host: ForgottenHost<T>) {
    this.#registry = registryFor(new WeakRef(host));
    lost.register(host, this.#registry, this);
  }

  /** Tells the host when an object is gone. @param token by which it is watched no longer: an object */
  watch(target: object, what: T, token: object): void {
    this.#registry.register(target, what, token);
  }

  unwatch(token: object): void {
    this.#registry.unregister(token);
  }

  /** Nothing is watched any more. */
  close(): void {
    lost.unregister(this);
    letGo(this.#registry);
  }
}
