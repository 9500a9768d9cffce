/**
 * The span registry: where the spans in use are entered, so that they can be found again, to allocate from
 * and to be swept.
 *
 * The three designs differ in this: 2023 has sets by span class (set-registry.ts), 2014 and 2019 have two
 * lists a class, for allocating, and beside them either an array of all spans with busy lists, or two
 * stacks, for sweeping (list-registry.ts). Whoever allocates, frees or sweeps a span tells the registry; who
 * wants one asks it.
 *
 * Not here: sweeping a span (sweep-span.ts), when (gc/).
 */

/** Sweeps a span that the registry found, for who wants to allocate from it. */
export interface RegistrySweeper {
  /** Takes a span for sweeping, if it needs it and nobody else has. */
  tryAcquire(s: number): boolean;
  /** Whether somebody has taken it and is not done. */
  isBeingSwept(s: number): boolean;
  sweep(s: number, preserve: boolean): boolean;
}

export interface SpanRegistry {
  /**
   * Makes sure of the memory that entering a span of a class can need, when ids up to `spans` are in use.
   * False when there is none.
   */
  prepareFor(spanClass: number, spans: number): boolean;
  /** A heap span was allocated; `large`: it is one object. One of small objects will be cached at once. */
  allocated(s: number, large: boolean): void;
  /** A span is about to go back to the page heap. */
  freed(s: number): void;
  /** A span was swept and lives on. `preserve`: whoever swept it will cache it. */
  swept(s: number, preserve: boolean): void;
  /** A span came back from a cache, and needs no sweep. */
  uncached(s: number): void;
  /** A swept span with free objects, for a cache; sweeps what must be to find one. 0: there is none. */
  take(spanClass: number, sweeper: RegistrySweeper): number;
  /** A cycle has marked: every span is unswept now. */
  beginSweep(): void;
  /** A span that may have to be swept, 0 when there is none left. It may have been swept, freed or reused meanwhile. */
  nextUnswept(): number;
  /** `fatal` when a span is lost or stands where it should not. `isCached`: it is in a P's cache. */
  check(isCached: (s: number) => boolean): void;
}
