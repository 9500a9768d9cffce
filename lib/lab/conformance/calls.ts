/**
 * The page heap under test as a session calls it: whatever a call throws, and an answer that no call can have, ends
 * the check with the call's name.
 *
 * Members are looked up at every use, as in a heap: what the class lacks is not there. Methods are called on the page
 * heap itself, so that its private members work.
 *
 * Not here: whether an answer is right (session.ts, page-state-rules.ts, release-rules.ts).
 */
import { describe, isPromise } from '../../base/describe.ts';
import type { PageHeap } from '../../pages/contract.ts';
import type { Steps } from './steps.ts';

/** Calls that only look: told by the call they come after. */
const looks: ReadonlySet<string> = new Set(['check', 'stats', 'forEachFree']);

/** `alloc(7)`; of `release` not the callback; `stats() after free(0, 7)`. */
function callOf(name: string, args: readonly unknown[], steps: Steps): string {
  if (looks.has(name)) return `${name}() after ${steps.lastCall}`;
  return `${name}(${args
    .filter((arg) => typeof arg !== 'function')
    .map(String)
    .join(', ')})`;
}

/** The page heap, with its calls watched. */
export function watchCalls(heap: PageHeap, steps: Steps): PageHeap {
  const watched = new Map<unknown, (...args: unknown[]) => unknown>();
  const watch = (name: string, method: (...args: unknown[]) => unknown) => {
    const call = (...args: unknown[]): unknown => {
      let answer: unknown;
      try {
        answer = Reflect.apply(method, heap, args);
      } catch (thrown) {
        return steps.threw(callOf(name, args, steps), thrown);
      }
      steps.rethrow();
      if (isPromise(answer))
        steps.fail(`${callOf(name, args, steps)} answered a Promise: no method may be async`);
      return answer;
    };
    watched.set(method, call);
    return call;
  };
  // Not over the page heap itself, which may be frozen: what it has is then not to be shown otherwise.
  return new Proxy({} as PageHeap, {
    get(_target, name) {
      let member: unknown;
      try {
        member = Reflect.get(heap, name, heap);
      } catch (thrown) {
        return steps.threw(`the member ${String(name)}`, thrown);
      }
      return typeof member === 'function'
        ? (watched.get(member) ?? watch(String(name), member as (...args: unknown[]) => unknown))
        : member;
    },
  });
}

/** Passes a whole number of pages, or a page, from `least` on. */
export function isCount(value: unknown, least = 0): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0) && (value as number) >= least;
}

/** The counts of a page heap, as its `stats` answers them. */
export function statsOf(heap: PageHeap, steps: Steps): ReturnType<PageHeap['stats']> {
  const stats: unknown = heap.stats();
  if (typeof stats !== 'object' || stats === null)
    return steps.fail(
      `stats() after ${steps.lastCall} answered ${describe(stats)}, and must answer { pages, freePages, scavengedPages }`,
    );
  const { pages, freePages, scavengedPages } = stats as Readonly<Record<string, unknown>>;
  for (const [name, count] of Object.entries({ pages, freePages, scavengedPages }))
    if (!isCount(count))
      steps.fail(
        `stats() after ${steps.lastCall} answered ${describe(count)} for ${name}, and must answer a whole number`,
      );
  return { pages, freePages, scavengedPages } as ReturnType<PageHeap['stats']>;
}
