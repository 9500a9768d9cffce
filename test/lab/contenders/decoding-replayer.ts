/**
 * A replayer in JavaScript that holds what it is told against what may be told: no slot is used twice, nothing dead is freed
 * or touched, no touch goes beyond an object. It keeps the bytes that live.
 */
import { expect } from 'vitest';
import * as wire from '../../../lib/lab/contenders/wire.ts';

export interface Told {
  readonly op: number;
  readonly flags: number;
  readonly thread: number;
  readonly slot: number;
  readonly bytes: number;
}

export class DecodingReplayer {
  readonly told: Told[] = [];
  readonly objects = new Map<number, number>();
  /** Bytes that touches of all kinds wrote. */
  touched = 0;
  closed = false;
  #from = 0;
  #aligned: Told | undefined;
  #isGreeted = false;

  get liveBytes(): number {
    return [...this.objects.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  write(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expect(bytes.length % wire.recordBytes).toBe(0);
    for (let at = 0; at < bytes.length; at += wire.recordBytes)
      this.#carryOut({
        op: view.getUint8(at),
        flags: view.getUint8(at + 1),
        thread: view.getUint16(at + 2, true),
        slot: view.getUint32(at + 4, true),
        bytes: Number(view.getBigUint64(at + 8, true)),
      });
  }

  answer(): unknown {
    if (this.#isGreeted) return { op: this.told.length, busyNs: 1, own: 64 };
    this.#isGreeted = true;
    return { allocator: 'decoding', version: '1', library: '/x' };
  }

  close(): void {
    this.closed = true;
  }

  #carryOut(r: Told): void {
    this.told.push(r);
    const size = this.objects.get(r.slot);
    // Said for the allocation that follows, which comes next.
    expect(this.#aligned === undefined || r.op === wire.opAllocate).toBe(true);
    if (r.op === wire.opAlign) {
      this.#aligned = r;
      return;
    }
    const isTouched = (r.flags & (wire.flagTouchAll | wire.flagTouchPages)) !== 0;
    switch (r.op) {
      case wire.opAllocate:
        expect(size).toBeUndefined();
        this.objects.set(r.slot, r.bytes);
        if (this.#aligned !== undefined) {
          expect(this.#aligned.thread).toBe(r.thread);
          expect(this.#aligned.bytes).toBeGreaterThanOrEqual(r.bytes);
        }
        this.#aligned = undefined;
        if (isTouched) this.touched += r.bytes;
        break;
      case wire.opFree:
        expect(size).toBeDefined();
        this.objects.delete(r.slot);
        break;
      case wire.opResize:
        expect(size).toBeDefined();
        if (isTouched) this.touched += Math.max(0, r.bytes - (size ?? 0));
        this.objects.set(r.slot, r.bytes);
        break;
      case wire.opTouchFrom:
        this.#from = r.bytes;
        break;
      case wire.opTouch:
        expect(this.#from + r.bytes).toBeLessThanOrEqual(size ?? -1);
        this.touched += r.bytes;
        this.#from = 0;
        break;
      case wire.opTouchEvery:
        expect(size).toBeDefined();
        break;
    }
  }
}
