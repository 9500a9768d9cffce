/**
 * A run in another process, as whoever started it sees it: pages to look at, settings to change.
 *
 * Each question has an id, and its answer comes between two operations of the run. A process that does not answer (it may
 * be in one long operation, or in a module of the user's that never returns) is told so after a while; one that ends
 * answers all that was asked.
 */
import type { ChildProcess } from 'node:child_process';
import { PageHeapError } from '../../base/errors.ts';
import { type Answer, type FromChild, type LookedPages, type ToChild, unpackError } from './run-messages.ts';
import type { RunProcess } from './run-process.ts';
import type { Command, SteerState } from './steering.ts';

const patienceMs = 10_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class RunControl {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended = false;

  constructor({ child }: Pick<RunProcess, 'child'>) {
    this.#child = child;
    child.on('message', (message: FromChild) => {
      if (message.kind === 'looked' || message.kind === 'steered') this.#answered(message);
    });
    child.once('exit', () => this.#end());
  }

  /** The pages as they are; undefined where the run's heap tells of none, or there is no heap. */
  look(): Promise<LookedPages | undefined> {
    return this.#ask((id) => ({ kind: 'look', id }));
  }

  /** Carries out a command, or none: how the run stands then. @throws PageHeapError where it is refused */
  steer(command?: Command): Promise<SteerState> {
    return this.#ask((id) => ({ kind: 'steer', id, command }));
  }

  #answered(answer: Extract<FromChild, { kind: 'looked' | 'steered' }> & Answer<unknown>): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#forget(answer.id, waiting);
    if ('error' in answer) waiting.reject(unpackError(answer.error));
    else waiting.resolve(answer.value);
  }

  #end(): void {
    this.#ended = true;
    for (const [id, waiting] of this.#waiting) {
      this.#forget(id, waiting);
      waiting.reject(over());
    }
  }

  #ask<T>(message: (id: number) => ToChild): Promise<T> {
    if (this.#ended) return Promise.reject(over());
    const id = ++this.#last;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(
          new PageHeapError(
            'ERR_SYSTEM',
            `the process of the run has not answered for ${patienceMs / 1000} s`,
          ),
        );
      }, patienceMs);
      // Nobody is to be kept from ending by a question.
      timer.unref();
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      // It may be gone already; its exit tells.
      if (this.#child.connected) this.#child.send(message(id), () => undefined);
    });
  }

  #forget(id: number, { timer }: Waiting): void {
    clearTimeout(timer);
    this.#waiting.delete(id);
  }
}

const over = (): PageHeapError => new PageHeapError('ERR_SYSTEM', 'the run is over');
