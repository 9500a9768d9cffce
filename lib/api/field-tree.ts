/**
 * The fields of a type, as its declaration nests them: structs are objects of fields, arrays have one for each element.
 *
 *     node.pair.a.get(addr)
 *     node.items.get(addr, 3)        an element of an array of values
 *     node.pairs.at(3).a.get(addr)   a field of an element
 *
 * Not here: fields that hold a value (fields.ts).
 */
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import type { ArrayLayout, Layout } from '../heap/type-layout.ts';
import type { FieldMemory } from './field-memory.ts';
import { type Field, scalarField } from './fields.ts';

/** Fields in a row: `length` of them. */
export class ArrayField<F> {
  /** Bytes from the object's start. */
  readonly offset: number;
  readonly length: number;
  readonly #stride: number;
  readonly #make: (offset: number) => F;
  readonly #made = new Map<number, F>();
  readonly #first: F;

  constructor(offset: number, { length, element }: ArrayLayout, make: (offset: number) => F) {
    this.offset = offset;
    this.length = length;
    this.#stride = element.size;
    this.#make = make;
    this.#first = make(offset);
  }

  /** The field that an element is, for who uses it more than once. @throws ERR_OUT_OF_RANGE */
  at(i: number): F {
    this.#check(i);
    let field = this.#made.get(i);
    if (field === undefined) {
      field = this.#make(this.offset + i * this.#stride);
      this.#made.set(i, field);
    }
    return field;
  }

  /** @throws ERR_OUT_OF_RANGE · ERR_INVALID_ADDRESS · ERR_DISPOSED */
  get<V>(this: ArrayField<Field<V>>, addr: number, i: number): V {
    this.#check(i);
    return this.#first.get(addr + i * this.#stride);
  }

  /** @throws ERR_OUT_OF_RANGE · ERR_INVALID_ADDRESS · ERR_DISPOSED */
  set<V>(this: ArrayField<Field<V>>, addr: number, i: number, value: V): void {
    this.#check(i);
    this.#first.set(addr + i * this.#stride, value);
  }

  #check(i: number): void {
    if (!(Number.isInteger(i) && i >= 0 && i < this.length))
      throw new PageHeapError(
        'ERR_OUT_OF_RANGE',
        `an array of ${this.length} has no element ${describe(i)}`,
        {
          value: i,
        },
      );
  }
}

/** What reads and writes a layout that lies at an offset of objects. */
export function fieldOf(layout: Layout, memory: FieldMemory, offset: number): unknown {
  switch (layout.form) {
    case 'scalar':
      return Object.freeze(scalarField(layout.kind, memory, offset));
    case 'array':
      return Object.freeze(new ArrayField(offset, layout, (at) => fieldOf(layout.element, memory, at)));
    case 'struct': {
      const fields = [...layout.fields].map(([name, field]) => [
        name,
        fieldOf(field.layout, memory, offset + field.offset),
      ]);
      return Object.freeze(Object.fromEntries(fields));
    }
  }
}
