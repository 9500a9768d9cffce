/**
 * The marker: finds what lives, and says so in the mark bits of every span.
 *
 * Whatever it goes by, it leaves the same behind: mark bits within the allocated ones, and the page bit of each span
 * that has any. Everything after marking is the same code.
 */
export interface Marked {
  readonly bytes: number;
  readonly objects: number;
  /** Bytes of objects that were read for pointers. */
  readonly scanned: number;
}

export interface Marker {
  /** Marks every span in use. The caller holds the heap, and every span is swept. */
  mark(): Marked;
  /** Gives marking up: nothing is marked, nothing gray. Where nothing can go wrong there is no need for it. */
  abort?(): void;
}

/** A marker that can stop and go on, while the program runs. */
export interface ConcurrentMarker extends Marker {
  /** Whether a cycle marks beside the program. */
  readonly isMarking: boolean;
  /** Bytes of the heap that were scanned since `begin`. */
  readonly heapScanned: number;
  /** Begins to mark beside the program: from now on who stores a pointer shades. */
  begin(): void;
  /** Marks on, until nothing is gray or about so many words were looked at. @returns whether nothing is gray */
  step(words: number): boolean;
  /** The world stands: marks what is left, until nothing can be left. */
  settle(): void;
  /** Ends marking beside the program, when it has settled. */
  end(): Marked;
  /** Gives marking up: nothing is marked, nothing gray. */
  abort(): void;
}

/** What a root source calls for each root. */
export interface RootVisitor {
  /** What an address leads to lives, if it leads to an object. */
  root(address: number): void;
  /** What the object around an address points to lives; the object itself not by that. */
  rootsIn(address: number): void;
}

/**
 * Where marking begins, for a marker that follows pointers. Roots are visited in pieces, and between two of them the
 * program may change them: who stores a root while a cycle marks shades it (barrier.ts).
 */
export interface RootSource {
  /** Marking begins: visits what could be gone before its turn comes. Short. */
  firstRoots?(visitor: RootVisitor): void;
  /**
   * Visits roots, whatever they hold, some hundreds of them at most.
   * @param from 0, or what the last call returned @returns where to go on; 0: these were all
   */
  eachRoot(visitor: RootVisitor, from: number): number;
}

/** Visits all that there is of a source, at once. */
export function visitAll(source: RootSource, visitor: RootVisitor): void {
  source.firstRoots?.(visitor);
  let place = 0;
  do place = source.eachRoot(visitor, place);
  while (place !== 0);
}
