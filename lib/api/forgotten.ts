/**
 * What JavaScript has forgotten: a handle, an owner, a user arena whose object the engine has found to be gone, and the heap to
 * be told of it.
 *
 * All heaps of a thread have one registry, which lives for ever. With one a heap, which goes with it, they would all fall silent
 * one day: V8 posts one task for all registries that have callbacks due, and where the only such registry has
 * died meanwhile the task finds none, ends early, and no other is posted any more, in the whole process (Node 20.20 and 24.21, ten lines
 * of JavaScript; test/api/forgotten.test.ts). And V8 gives callbacks to one registry a turn of the event loop: of 201 the last made had its turn after 136.
 *
 * The registry keeps no heap alive. A program's own registries may still do it the harm: then a forgotten root stays, as one does
 * that the engine has not found yet.
 */

/** Who is told. */
export interface ForgottenHost<T> {
  /** @param what as it was when it was watched */
  forget(what: T): void;
}

const registry = new FinalizationRegistry<() => void>((tell) => tell());

/** Watches objects for a host. */
export class Forgotten<T> {
  readonly #host: WeakRef<ForgottenHost<T>>;

  constructor(host: ForgottenHost<T>) {
    this.#host = new WeakRef(host);
  }

  /** Tells the host when an object is gone. @param token by which it is watched no longer: an object */
  watch(target: object, what: T, token: object): void {
    const host = this.#host;
    registry.register(target, () => host.deref()?.forget(what), token);
  }

  unwatch(token: object): void {
    registry.unregister(token);
  }
}
