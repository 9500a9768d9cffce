/**
 * The listener of a run's progress, which is the caller's code, and the signal by which a run is ended.
 *
 * It is called where a message of another process arrives, so that what it throws would have nobody to catch it and end
 * the caller's process. It is kept instead: it ends the run as the caller's signal would, the listener is not called
 * again, and whoever waits for the run is told. Of an async listener the same is true of what it rejects with; a run
 * is over when its listener is.
 *
 * Not here: what ends at the signal (run/fork-run.ts), which listeners are none (arguments.ts).
 */
import { isPromise } from '../../base/describe.ts';

/** What a caller has for a run while it lasts. */
export interface Listening<P> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: P) => unknown) | undefined;
}

export class ProgressListener<P> {
  readonly #caller: Listening<P>;
  readonly #stop = new AbortController();
  /** What the listener has begun and not ended. */
  readonly #begun = new Set<Promise<void>>();
  /** The first that it threw. */
  #failure: { readonly error: unknown } | undefined;

  constructor(caller: Listening<P>) {
    this.#caller = caller;
  }

  /** Aborted when the caller's is, and when the listener failed. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Calls the listener; never throws. */
  readonly tell = (progress: P): void => {
    if (this.#failure !== undefined) return;
    try {
      const answer: unknown = this.#caller.onProgress?.(progress);
      if (isPromise(answer)) this.#follow(answer as PromiseLike<unknown>);
    } catch (error) {
      this.#fail(error);
    }
  };

  /**
   * Waits for what is told of here, and for the listener.
   * @throws what the listener threw first; else what `work` throws
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#caller;
    const stop = (): void => this.#stop.abort(signal?.reason);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
    try {
      const [outcome] = await Promise.allSettled([work()]);
      await Promise.all(this.#begun);
      if (this.#failure !== undefined) throw this.#failure.error;
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  #follow(answer: PromiseLike<unknown>): void {
    const ended = Promise.resolve(answer).then(
      () => void this.#begun.delete(ended),
      (error: unknown) => {
        this.#begun.delete(ended);
        this.#fail(error);
      },
    );
    this.#begun.add(ended);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
  }
}
