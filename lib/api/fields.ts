/**
 * Fields: reading and writing one place of objects of a type.
 *
 *     node.key.get(addr)          the field of the object at addr
 *     node.key.set(addr, 1.5)
 *
 * What is checked is what costs nothing: that the address is a number, and of this heap's reach. That an object of the
 * type is there is the caller's business, as with a view; a field of one that was freed reads whatever is there now.
 *
 * A class for each kind, alike but for the array it reads: a load that has seen one kind of array is several times
 * faster than one that has seen more (HACKING.md, "What V8 does").
 *
 * Not here: arrays and structs (field-tree.ts), the memory (field-memory.ts), where fields lie (heap/type-layout.ts).
 */
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import type { ScalarKind } from '../heap/type-layout.ts';
import { refuse } from './arguments.ts';
import { type FieldMemory, perHigh as perUpperHalf } from './field-memory.ts';

/** A field that holds a value: a number, or of 64-bit integers a bigint. */
export interface Field<V = number> {
  /** Bytes from the object's start. */
  readonly offset: number;
  /** @throws ERR_INVALID_ADDRESS · ERR_DISPOSED */
  get(addr: number): V;
  /** @throws ERR_INVALID_ADDRESS · ERR_DISPOSED */
  set(addr: number, value: V): void;
}

const perHigh = perUpperHalf;
/** One past the greatest number that can be told from its neighbours. */
const pointerEnd = 2 ** 53;

const given = partsOf<{ readonly memory: FieldMemory; readonly offset: number }>;

/** What an address is counted from, to come to a field in the near window. */
function baseOf(field: object): number {
  const { memory, offset } = given(field);
  return memory.near.base - offset;
}

/** An address, 0 for none. */
export class PointerField extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.i32;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const memory = this.#memory;
    const at = addr - this.#base;
    if (!(at >= 0 && at < memory.nearBytes)) return this.#getFar(addr + this.offset);
    const words = this.#near;
    const i = at >>> 2;
    return (words[i + 1] >>> 0) * 4294967296 + (words[i] >>> 0);
  }

  set(addr: number, value: number): void {
    const memory = this.#memory;
    const at = addr - this.#base;
    if (
      !(at >= 0 && at < memory.storeBytes && Math.floor(value) === value && value >= 0 && value < pointerEnd)
    ) {
      memory.storePointer(addr + this.offset, value);
      return;
    }
    const words = this.#near;
    const i = at >>> 2;
    words[i] = value | 0;
    words[i + 1] = (value * perHigh) | 0;
  }

  #getFar(at: number): number {
    const { base, i32 } = this.#memory.far(at);
    const i = (at - base) / 4;
    return (i32[i + 1] >>> 0) * 2 ** 32 + (i32[i] >>> 0);
  }
}

class Uint8Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.u8;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 0] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 0] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, u8 } = this.#memory.far(at);
    return u8[at - base];
  }

  #setFar(at: number, value: number): void {
    const { base, u8 } = this.#memory.far(at);
    u8[at - base] = value;
  }
}

class Int8Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.i8;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 0] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 0] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, i8 } = this.#memory.far(at);
    return i8[at - base];
  }

  #setFar(at: number, value: number): void {
    const { base, i8 } = this.#memory.far(at);
    i8[at - base] = value;
  }
}

class Uint16Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.u16;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 1] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 1] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, u16 } = this.#memory.far(at);
    return u16[(at - base) / 2];
  }

  #setFar(at: number, value: number): void {
    const { base, u16 } = this.#memory.far(at);
    u16[(at - base) / 2] = value;
  }
}

class Int16Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.i16;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 1] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 1] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, i16 } = this.#memory.far(at);
    return i16[(at - base) / 2];
  }

  #setFar(at: number, value: number): void {
    const { base, i16 } = this.#memory.far(at);
    i16[(at - base) / 2] = value;
  }
}

class Uint32Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.u32;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 2] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 2] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, u32 } = this.#memory.far(at);
    return u32[(at - base) / 4];
  }

  #setFar(at: number, value: number): void {
    const { base, u32 } = this.#memory.far(at);
    u32[(at - base) / 4] = value;
  }
}

class Int32Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.i32;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 2] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 2] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, i32 } = this.#memory.far(at);
    return i32[(at - base) / 4];
  }

  #setFar(at: number, value: number): void {
    const { base, i32 } = this.#memory.far(at);
    i32[(at - base) / 4] = value;
  }
}

class Float32Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.f32;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 2] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 2] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, f32 } = this.#memory.far(at);
    return f32[(at - base) / 4];
  }

  #setFar(at: number, value: number): void {
    const { base, f32 } = this.#memory.far(at);
    f32[(at - base) / 4] = value;
  }
}

class Float64Field extends WrittenOnce implements Field {
  readonly offset = given(this).offset;
  readonly #memory = given(this).memory;
  readonly #near = given(this).memory.near.f64;
  readonly #base = baseOf(this);

  constructor(memory: FieldMemory, offset: number) {
    super({ memory, offset });
  }

  get(addr: number): number {
    const at = addr - this.#base;
    return at >= 0 && at < this.#memory.nearBytes ? this.#near[at >>> 3] : this.#getFar(addr + this.offset);
  }

  set(addr: number, value: number): void {
    const at = addr - this.#base;
    if (at >= 0 && at < this.#memory.nearBytes) this.#near[at >>> 3] = value;
    else this.#setFar(addr + this.offset, value);
  }

  #getFar(at: number): number {
    const { base, f64 } = this.#memory.far(at);
    return f64[(at - base) / 8];
  }

  #setFar(at: number, value: number): void {
    const { base, f64 } = this.#memory.far(at);
    f64[(at - base) / 8] = value;
  }
}

/** 64-bit integers, as bigints: for what must be exact, not for what must be fast. */
class LongField implements Field<bigint> {
  readonly offset: number;
  readonly #memory: FieldMemory;
  readonly #kind: 'u64' | 'i64';

  constructor(memory: FieldMemory, offset: number, kind: 'u64' | 'i64') {
    this.offset = offset;
    this.#memory = memory;
    this.#kind = kind;
  }

  get(addr: number): bigint {
    const at = addr + this.offset;
    const window = this.#memory.far(at);
    return window[this.#kind][(at - window.base) / 8];
  }

  set(addr: number, value: bigint): void {
    if (typeof value !== 'bigint') refuse('ERR_INVALID_ARGUMENT', 'a 64-bit field takes a bigint', value);
    const at = addr + this.offset;
    const window = this.#memory.far(at);
    window[this.#kind][(at - window.base) / 8] = value;
  }
}

/** What reads and writes a value that lies at an offset of objects. */
export function scalarField(kind: ScalarKind, memory: FieldMemory, offset: number): Field | Field<bigint> {
  switch (kind) {
    case 'pointer':
      return new PointerField(memory, offset);
    case 'u8':
      return new Uint8Field(memory, offset);
    case 'i8':
      return new Int8Field(memory, offset);
    case 'u16':
      return new Uint16Field(memory, offset);
    case 'i16':
      return new Int16Field(memory, offset);
    case 'u32':
      return new Uint32Field(memory, offset);
    case 'i32':
      return new Int32Field(memory, offset);
    case 'f32':
      return new Float32Field(memory, offset);
    case 'f64':
      return new Float64Field(memory, offset);
    case 'u64':
    case 'i64':
      return new LongField(memory, offset, kind);
  }
}
