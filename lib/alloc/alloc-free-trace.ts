/**
 * The trace of allocations and frees, in the words of GODEBUG=allocfreetrace of the Go runtime:
 *
 *     tracealloc(0xc000010000, 0x30)
 *     tracefree(0xc000010000, 0x30)
 *     tracegc()
 *
 * An allocation is told with the bytes that were asked for, a free with those the object had: the sweep tells it, which is
 * later than the object's death. Of a block of tiny objects the sweep knows the block alone, 16 bytes at its start, and that
 * means all of them. Go writes a stack under each line; nothing here has one.
 *
 * Of user arenas chunks are told, and no objects, as in Go; objects without bytes are not told.
 *
 * Not here: who reads it (lab/trace/alloc-free.ts).
 */
import type { Allocator, TypeShape } from './scanning-malloc.ts';

export class AllocFreeTrace {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  allocated(addr: number, size: number): void {
    this.#write(`tracealloc(0x${addr.toString(16)}, 0x${size.toString(16)})\n`);
  }

  freed(addr: number, size: number): void {
    this.#write(`tracefree(0x${addr.toString(16)}, 0x${size.toString(16)})\n`);
  }

  collected(): void {
    this.#write('tracegc()\nend tracegc\n');
  }
}

/** An allocator that tells what it hands out. */
export class ToldAllocator implements Allocator {
  readonly #malloc: Pick<Allocator, 'malloc'>;
  readonly #maker: Allocator;
  readonly #trace: AllocFreeTrace;

  constructor(malloc: Pick<Allocator, 'malloc'>, maker: Allocator, trace: AllocFreeTrace) {
    this.#malloc = malloc;
    this.#maker = maker;
    this.#trace = trace;
  }

  malloc(size: number, noscan: boolean, zero: boolean): number {
    const addr = this.#malloc.malloc(size, noscan, zero);
    if (addr !== 0 && size !== 0) this.#trace.allocated(addr, size);
    return addr;
  }

  make(shape: TypeShape): number {
    const addr = this.#maker.make(shape);
    if (addr !== 0 && shape.size !== 0) this.#trace.allocated(addr, shape.size);
    return addr;
  }

  tookChunk(address: number, bytes: number): void {
    this.#maker.tookChunk?.(address, bytes);
    this.#trace.allocated(address, bytes);
  }
}
