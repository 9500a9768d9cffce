/**
 * Span buffers: the ArrayBuffers over objects and stacks that are given out of the heap.
 *
 * One for each span that was asked for, and no longer than the span. So whoever walks a view with its buffer, prints
 * it, clones it or posts it meets memory that is there as long as the object is; and whoever transfers or detaches a
 * buffer takes it from the views of that span alone, never from the heap, which works through windows of its own
 * (object-memory.ts).
 *
 * A buffer is kept as long as its span is what it was, and used again. Of spans that are gone the buffers are only
 * remembered, so that those somebody still holds are detached with the rest.
 *
 * Not here: which bytes of a buffer are an object's.
 */
import { type Address, pageSize } from '../base/units.ts';
import type { Sys } from '../os/sys.ts';
import { maxViewBytes } from '../os/sys.ts';

/** What a page's span is: its first page and its pages; 0 pages where there is none. */
export interface SpanExtent {
  readonly startPage: number;
  readonly pages: number;
}

/** Buffers kept before it is looked whether their spans are still there. */
const firstLook = 1024;

export class SpanBuffers {
  readonly #sys: Sys;
  readonly #origin: Address;
  readonly #extentOf: (page: number) => SpanExtent;
  /** By the span's first page. */
  readonly #kept = new Map<number, ArrayBuffer>();
  #gone: WeakRef<ArrayBuffer>[] = [];
  #nextLook = firstLook;

  /** @param extentOf the span that a page lies in now */
  constructor(sys: Sys, origin: Address, extentOf: (page: number) => SpanExtent) {
    this.#sys = sys;
    this.#origin = origin;
    this.#extentOf = extentOf;
  }

  /** The bytes [at, at + length), which lie within one span. @throws ERR_INVALID_SIZE beyond 4 GiB */
  view(at: number, length: number): Uint8Array {
    const { startPage, pages } = this.#extentOf(Math.floor((at - this.#origin) / pageSize));
    const size = pages * pageSize;
    if (size > maxViewBytes) return this.#alone(at, length);
    const buffer = this.#kept.get(startPage);
    const offset = at - (this.#origin + startPage * pageSize);
    // One that was taken away has no bytes left.
    return new Uint8Array(buffer?.byteLength === size ? buffer : this.#make(startPage, size), offset, length);
  }

  /** Takes all of them their memory: views have no bytes from now on. */
  detach(): void {
    for (const buffer of this.#kept.values()) this.#sys.detach(buffer);
    for (const gone of this.#gone) {
      const buffer = gone.deref();
      if (buffer !== undefined) this.#sys.detach(buffer);
    }
    this.#kept.clear();
    this.#gone = [];
  }

  #make(startPage: number, size: number): ArrayBuffer {
    const former = this.#kept.get(startPage);
    if (former !== undefined) this.#forget(former);
    else if (this.#kept.size >= this.#nextLook) this.#look();
    const buffer = this.#sys.view(this.#origin + startPage * pageSize, size);
    this.#kept.set(startPage, buffer);
    return buffer;
  }

  /** A buffer of its own, of a span that is longer than a buffer can be. */
  #alone(at: number, length: number): Uint8Array {
    const buffer = this.#sys.view(at, length);
    this.#forget(buffer);
    return new Uint8Array(buffer);
  }

  #forget(buffer: ArrayBuffer): void {
    if (buffer.byteLength > 0) this.#gone.push(new WeakRef(buffer));
  }

  /** Keeps the buffers of spans that are still there. */
  #look(): void {
    for (const [startPage, buffer] of this.#kept) {
      const now = this.#extentOf(startPage);
      if (now.startPage === startPage && now.pages * pageSize === buffer.byteLength) continue;
      this.#kept.delete(startPage);
      this.#forget(buffer);
    }
    this.#gone = this.#gone.filter((gone) => gone.deref() !== undefined);
    this.#nextLook = Math.max(firstLook, 2 * (this.#kept.size + this.#gone.length));
  }
}
