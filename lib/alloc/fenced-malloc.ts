/**
 * Malloc behind an electric fence: each object has a span of its own, in whole pages, which is made to fault when the
 * object is freed (heap/sweep-span.ts). GODEBUG=efence=1.
 *
 * Not here: how a span of one object is made (malloc.ts).
 */
import { FreeListMalloc } from './freelist-malloc.ts';
import { Malloc, type ObjectShape } from './malloc.ts';

export class FencedMalloc extends Malloc {
  override malloc(size: number, noscan: boolean, zero: boolean): number {
    return size === 0 ? this.mallocTiny(0) : this.mallocLarge(size, noscan, zero);
  }

  override shaped({ size, noscan }: ObjectShape): number {
    return this.malloc(size, noscan, true);
  }
}

/** The same where free objects are in lists. */
export class FencedFreeListMalloc extends FreeListMalloc {
  override malloc(size: number, noscan: boolean, zero: boolean): number {
    return size === 0 ? this.mallocTiny(0) : this.mallocLarge(size, noscan, zero);
  }
}
