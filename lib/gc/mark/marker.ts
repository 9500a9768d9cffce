/**
 * The marker: finds what lives, and says so in the mark bits of every span.
 *
 * Whatever it goes by, it leaves the same behind: mark bits within the allocated ones, and the page bit of each span
 * that has any. Everything after marking is the same code.
 */
export interface Marked {
  readonly bytes: number;
  readonly objects: number;
}

export interface Marker {
  /** Marks every span in use. The caller holds the heap, and every span is swept. */
  mark(): Marked;
}

/** Where marking begins, for a marker that follows pointers. */
export interface RootSource {
  /** Calls for each address that a root holds, whatever it is. */
  eachRoot(visit: (address: number) => void): void;
  /** Calls for each object that has a finalizer: what it refers to is kept, and it is not. By span and number. */
  eachFinalized?(visit: (s: number, index: number) => void): void;
}
