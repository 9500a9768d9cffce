/**
 * User arenas, as a program has them: objects that all end at once.
 *
 *     const arena = heap.newArena();
 *     const tree = arena.new(node);
 *     node.left.set(tree, arena.new(node));
 *     arena.free();
 *
 * Objects of an arena are objects of the heap in all but their end: they hold pointers and are pointed to, and where the
 * heap traces, what they point to lives as long as the arena. Afterwards a look at one through the library is
 * ERR_ARENA_FREED; one through a view that somebody kept ends the process, with a report that names the arena.
 *
 * Not here: memory (alloc/user-arenas.ts, heap/user-chunks.ts).
 */
import type { TypeShape } from '../alloc/scanning-malloc.ts';
import type { UserArenas } from '../alloc/user-arenas.ts';
import { PageHeapError } from '../base/errors.ts';
import { checkSize } from './arguments.ts';
import type { TypeBase } from './heap-type.ts';
import { shown } from './shown.ts';

/** What an arena asks of its heap. */
export interface ArenaHost {
  /** Whether the heap can still be used on this thread. */
  isUsable(): boolean;
  /** Runs an operation as the heap's mode demands. @throws ERR_DISPOSED · ERR_REENTRANT */
  guarded<T>(operation: () => T): T;
  shapeOf(type: TypeBase): TypeShape;
  arrayShapeOf(type: TypeBase, n: number): TypeShape;
  /** An ordinary object; 0 when the system has no memory. */
  makeOutside(size: number, shape: TypeShape | undefined, noscan: boolean): number;
  /** Gives ordinary objects up. */
  dropOutside(addresses: readonly number[]): void;
  readonly zeroBase: number;
  /** A chunk was taken: it is told as an object of its size would be, and a collection may be due. */
  tookChunk(address: number, bytes: number): void;
  /** There was no memory: collects where that may give address space of arenas back. Whether it did. */
  reclaim(): boolean;
  refuseMemory(size: number): never;
}

export class UserArena {
  /** Bytes of the chunks that it takes memory in. */
  readonly chunkBytes: number;
  readonly #host: ArenaHost;
  readonly #arenas: UserArenas;
  /** 0: it was freed. */
  #id: number;
  readonly #ended: (arena: UserArena) => void;
  /** Objects too large for a chunk, which the arena must end where nobody else does. */
  readonly #outside: number[] = [];

  constructor(host: ArenaHost, arenas: UserArenas, id: number, ended: (arena: UserArena) => void) {
    this.#host = host;
    this.#arenas = arenas;
    this.#id = id;
    this.#ended = ended;
    this.chunkBytes = arenas.chunks.space.chunkBytes;
  }

  /**
   * Allocates an object of a type, zeroed. One of more than a quarter of a chunk is an ordinary object of the heap: where
   * the heap traces it lives as long as it can be reached; else it is dropped when the arena is freed.
   * @returns its address
   * @throws ERR_ARENA_FREED · ERR_INVALID_ARGUMENT · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  new(type: TypeBase): number {
    return this.#make(this.#host.shapeOf(type));
  }

  /** Allocates n objects of a type in a row, zeroed. @throws as `new`; ERR_INVALID_SIZE where n is no length */
  newArray(type: TypeBase, n: number): number {
    return this.#make(this.#host.arrayShapeOf(type, n));
  }

  /**
   * Allocates bytes, zeroed.
   * @param size bytes, a whole number from 0 to 2^47
   * @param noscan they will hold no pointers; else each word may be one
   * @throws ERR_ARENA_FREED · ERR_INVALID_SIZE · ERR_OUT_OF_MEMORY · ERR_DISPOSED
   */
  malloc(size: number, noscan = true): number {
    const host = this.#host;
    return host.guarded(() => {
      const id = this.#held();
      checkSize(size);
      if (size === 0) return host.zeroBase;
      if (size > this.#arenas.largest) return this.#makeOutside(size, undefined, noscan);
      const addr = this.#bytes(id, size, noscan);
      return this.#made(addr !== 0 || !host.reclaim() ? addr : this.#bytes(id, size, noscan), size);
    });
  }

  /**
   * Gives all of it back to the system, at once and without a collection. Its addresses are not used again before nothing
   * points there: as marking finds, where the heap traces; else the next collection takes this call for the word that
   * nothing does.
   * @throws ERR_ARENA_FREED where it was freed before · ERR_DISPOSED
   */
  free(): void {
    this.#host.guarded(() => this.#end(this.#held()));
  }

  /** Frees it, unless it was, or its heap was disposed of. */
  [Symbol.dispose](): void {
    if (this.#id !== 0 && this.#host.isUsable()) this.free();
  }

  /** One line, for whoever prints it. */
  [shown](): string {
    return `UserArena { ${this.#id === 0 ? 'freed' : `chunks of ${this.chunkBytes} bytes`} }`;
  }

  /** Whether it was freed. */
  get isFreed(): boolean {
    return this.#id === 0;
  }

  /** Bytes of its chunks, whatever part of them is used; 0 once it was freed. @throws ERR_DISPOSED */
  get bytes(): number {
    return this.#host.guarded(() =>
      this.#id === 0 ? 0 : this.#arenas.chunksOf(this.#id).length * this.chunkBytes,
    );
  }

  #make(shape: TypeShape): number {
    const host = this.#host;
    return host.guarded(() => {
      const id = this.#held();
      const { size, noscan, map } = shape;
      if (size === 0) return host.zeroBase;
      if (size > this.#arenas.largest) return this.#makeOutside(size, shape, noscan);
      const arenas = this.#arenas;
      const pointers = noscan ? undefined : map;
      const addr = arenas.alloc(id, size, pointers);
      return this.#made(addr !== 0 || !host.reclaim() ? addr : arenas.alloc(id, size, pointers), size);
    });
  }

  #bytes(id: number, size: number, noscan: boolean): number {
    return noscan ? this.#arenas.alloc(id, size, undefined) : this.#arenas.allocUntyped(id, size);
  }

  #made(addr: number, size: number): number {
    if (addr === 0) return this.#host.refuseMemory(size);
    const chunk = this.#arenas.chunks.takeTaken();
    if (chunk !== 0) this.#host.tookChunk(chunk, this.chunkBytes);
    return addr;
  }

  #makeOutside(size: number, shape: TypeShape | undefined, noscan: boolean): number {
    const addr = this.#host.makeOutside(size, shape, noscan);
    if (addr === 0) return this.#host.refuseMemory(size);
    this.#outside.push(addr);
    return addr;
  }

  #end(id: number): void {
    this.#id = 0;
    this.#ended(this);
    this.#arenas.free(id);
    this.#host.dropOutside(this.#outside);
    this.#outside.length = 0;
  }

  #held(): number {
    if (this.#id === 0) throw new PageHeapError('ERR_ARENA_FREED', 'the user arena was freed');
    return this.#id;
  }
}
