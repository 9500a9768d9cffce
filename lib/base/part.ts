/**
 * Parts: code of the heap's user that takes the place of one of the heap's own decisions (a policy, a rule).
 *
 * A part is asked in the middle of an operation, where nothing may fail. So whatever it does, `ask` answers: a part that
 * throws, or answers what is no answer, is asked no more from then on, and what the heap does without it stands in its
 * place. What was wrong is remembered, with the place in the part's file; the next operation that may fail throws it
 * (`PartFaults.tell`), and it is told among the fallbacks.
 *
 *     const policy = new Part('scavenge policy', made, name, { foreign, faults });
 *     const bytes = policy.ask('onTime', [view], readBytes, 0);
 *
 * Not here: what a part is asked and may answer (its contract), a custom page heap (pages/guard.ts), whose failing
 * leaves the heap half changed and so ends the operation at once.
 */
import { describe, describeThrown, isPromise, saidNameOfClass } from './describe.ts';
import { FatalError, PageHeapError } from './errors.ts';
import type { ForeignCode } from './foreign-code.ts';
import { placeOfFunction } from './function-place.ts';
import { placesOfError } from './places.ts';

/** What was wrong with the parts of a heap. */
export class PartFaults {
  readonly #all: PageHeapError[] = [];
  #warn: (text: string) => void;
  #untold: PageHeapError | undefined;

  /** @param warn told of each at once, in the middle of an operation */
  constructor(warn: (text: string) => void = () => {}) {
    this.#warn = warn;
  }

  /** Tells nobody at once any more: whoever asks for this has an operation soon that may fail. */
  leaveToTell(): void {
    this.#warn = () => {};
  }

  add(fault: PageHeapError): void {
    this.#all.push(fault);
    this.#untold ??= fault;
    try {
      this.#warn(`${fault.message}; from now on the heap does without it`);
    } catch {
      // The user's, too, and nothing may fail here.
    }
  }

  /** Throws what was wrong first since it was last thrown. @throws ERR_POLICY */
  tell(): void {
    if (this.#untold === undefined) return;
    const fault = this.#untold;
    this.#untold = undefined;
    throw fault;
  }

  /** A sentence each. */
  list(): string[] {
    return this.#all.map(({ message }) => message);
  }
}

/** What a part is called through, and where its faults go. */
export interface PartSurroundings {
  readonly foreign: ForeignCode;
  readonly faults: PartFaults;
}

/** How an answer is read: to what it means, or to undefined where it is none. */
export interface AnswerKind<A> {
  /** What an answer must be, as `bytes, a number from 0 on`. */
  readonly expected: string;
  /** What of an answer is wrong, in words, where that is not all of it. */
  readonly wrong?: (answer: unknown) => string | undefined;
  read(answer: unknown): A | undefined;
}

export class Part<T extends object> {
  readonly #title: string;
  readonly #made: T;
  readonly #surroundings: PartSurroundings;
  #usable = true;

  /** @param kind as `scavenge policy` @param name of the class */
  constructor(kind: string, made: T, name: string, surroundings: PartSurroundings) {
    this.#title = `the ${kind} ${name}`;
    this.#made = made;
    this.#surroundings = surroundings;
  }

  /** Whether it is asked still. */
  get usable(): boolean {
    return this.#usable;
  }

  /** Whether it has a method; of one that cannot be read `ask` finds out why. */
  has(method: keyof T & string): boolean {
    try {
      return this.#surroundings.foreign.call(() => this.#made[method]) !== undefined;
    } catch {
      return true;
    }
  }

  /** What a method answers; `otherwise` where it has none, where it failed, and where it fails now. */
  ask<A>(method: keyof T & string, args: readonly unknown[], kind: AnswerKind<A>, otherwise: A): A {
    if (!this.#usable) return otherwise;
    let answer: unknown;
    let isMissing = false;
    let isAsync = false;
    try {
      const value = this.#surroundings.foreign.call(() => {
        // The method may be a getter, and what is answered an object whose members are code, too.
        const member = this.#made[method];
        isMissing = member === undefined;
        if (isMissing) return undefined;
        answer = Reflect.apply(member as (...args: unknown[]) => unknown, this.#made, args);
        isAsync = isPromise(answer);
        return isAsync ? undefined : kind.read(answer);
      });
      if (value !== undefined) return value;
      if (isMissing) return otherwise;
    } catch (cause) {
      if (cause instanceof FatalError) throw cause;
      this.#fail(threw(this.#title, method, cause), cause);
      return otherwise;
    }
    this.refuse(
      method,
      isAsync
        ? 'answered a Promise: no method may be async'
        : `answered ${shown(answer)}, and must answer ${kind.expected}${wrongIn(kind, answer)}`,
      answer,
    );
    return otherwise;
  }

  /** What it did is against its contract: it is asked no more. @param what as `answered NaN, and …` */
  refuse(method: keyof T & string, what: string, value?: unknown): void {
    const place = this.#placeOf(method);
    const at = place === undefined ? '' : ` (${place})`;
    this.#fail(`${this.#title}: ${method} ${what}${at}`, undefined, value);
  }

  #placeOf(method: keyof T & string): string | undefined {
    try {
      return placeOfFunction(this.#surroundings.foreign.call(() => this.#made[method]));
    } catch {
      return undefined;
    }
  }

  #fail(message: string, cause: unknown, value?: unknown): void {
    this.#usable = false;
    const detail = { value, ...(cause === undefined ? {} : { cause }) };
    this.#surroundings.faults.add(new PageHeapError('ERR_POLICY', message, detail));
  }
}

/** An answer in a message: of an object its members. */
function shown(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return describe(answer);
  try {
    const members = Object.entries(answer).map(([name, value]) => `${name}: ${describe(value)}`);
    return members.length > 0 && members.length <= 6 ? `{ ${members.join(', ')} }` : describe(answer);
  } catch {
    return describe(answer);
  }
}

/** What of an answer is wrong, behind what it must be. */
function wrongIn(kind: AnswerKind<unknown>, answer: unknown): string {
  try {
    const wrong = kind.wrong?.(answer);
    return wrong === undefined ? '' : `: ${wrong}`;
  } catch {
    return '';
  }
}

function threw(title: string, method: string, cause: unknown): string {
  const [place] = placesOfError(cause);
  const at = place === undefined ? '' : ` (${place})`;
  return `${title} threw in ${method}: ${describeThrown(cause)}${at}`;
}

/**
 * Makes a part of a class that was brought.
 * @param methods of which it must have at least one
 * @throws ERR_INVALID_OPTION where it has none of them · ERR_POLICY where its constructor throws
 */
export function makePart<T extends object, H extends object>(
  {
    option,
    kind,
    methods,
  }: { readonly option: string; readonly kind: string; readonly methods: readonly string[] },
  brought: PartClass<T, H>,
  host: H,
  surroundings: PartSurroundings,
): Part<T> {
  const name = saidNameOfClass(brought);
  let made: T;
  try {
    made = surroundings.foreign.call(() => new brought(Object.freeze(host)));
  } catch (cause) {
    if (cause instanceof FatalError) throw cause;
    throw new PageHeapError('ERR_POLICY', threw(`the ${kind} ${name}`, 'its constructor', cause), {
      value: name,
      cause,
    });
  }
  const of: Record<string, unknown> = {};
  for (const method of methods)
    try {
      of[method] = surroundings.foreign.call(() => (made as Record<string, unknown>)[method]);
    } catch (cause) {
      if (cause instanceof FatalError) throw cause;
      throw new PageHeapError('ERR_POLICY', threw(`the ${kind} ${name}`, `its getter ${method}`, cause), {
        value: name,
        cause,
      });
    }
  if (!methods.some((method) => typeof of[method] === 'function'))
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `option ${option}: ${name} has no ${methods.join(', no ')}, and so says nothing`,
      { value: name, option },
    );
  for (const method of methods)
    if (of[method] !== undefined && typeof of[method] !== 'function')
      throw new PageHeapError(
        'ERR_INVALID_OPTION',
        `option ${option}: ${method} of ${name} is ${describe(of[method])}, and must be a function`,
        { value: name, option },
      );
  return new Part(kind, made, name, surroundings);
}

/** The class of a part, as it is brought. */
export type PartClass<T extends object, H extends object> = new (host: H) => T;
