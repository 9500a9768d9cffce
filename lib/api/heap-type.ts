/**
 * Types: what the objects of a heap look like, declared by whoever uses them.
 *
 *     const node = heap.type({ left: 'pointer', right: 'pointer', key: 'f64' });
 *     node.layout      size, alignment, which words are pointers
 *     node.left        a field: get(addr), set(addr, value)
 *
 * A type is frozen. It belongs to the heap, and to the thread, that it was made on; another thread of a shared heap
 * makes its own.
 *
 * Not here: where fields lie (heap/type-layout.ts), reading them (fields.ts), allocating (heap.ts).
 */

import { type TypeShape, typeShape } from '../alloc/scanning-malloc.ts';
import type { SizeClasses } from '../alloc/size-classes.ts';
import { describe } from '../base/describe.ts';
import { userAddressEnd } from '../base/units.ts';
import { noPointers, type PointerMap } from '../heap/pointer-map.ts';
import {
  arrayLayout,
  type Layout,
  pointerMapOf,
  type ScalarKind,
  type StructLayout,
  scalarBytes,
  scalarLayout,
  structLayout,
} from '../heap/type-layout.ts';
import { refuse } from './arguments.ts';
import type { FieldMemory } from './field-memory.ts';
import { type ArrayField, fieldOf } from './field-tree.ts';
import type { Field } from './fields.ts';

/** What a field is declared as: a kind, `[what, length]`, a struct, or another type by value. */
export type FieldSpec = ScalarKind | readonly [element: FieldSpec, length: number] | StructSpec | TypeBase;

/** Fields by name, in order. */
export interface StructSpec {
  readonly [name: string]: FieldSpec;
}

/** What reads and writes what was declared so. */
export type FieldOf<S> = S extends 'u64' | 'i64'
  ? Field<bigint>
  : S extends ScalarKind
    ? Field
    : S extends readonly [infer E, number]
      ? ArrayField<FieldOf<E>>
      : S extends TypeBase
        ? Omit<S, 'layout'>
        : FieldsOf<S>;

export type FieldsOf<S> = { readonly [K in keyof S]: FieldOf<S[K]> };

/** What is known of a type beside its fields. */
export interface TypeLayout {
  /** Bytes, a multiple of `align`. */
  readonly size: number;
  readonly align: number;
  /** Which of its 8-byte words are pointers: the numbers of the first 4,096. */
  readonly pointerWords: readonly number[];
  /** Bytes up to the last pointer and with it; 0: it holds none, and marking never reads it. */
  readonly pointerBytes: number;
}

/** A type, with its fields by their names. */
export type HeapType<S = StructSpec> = TypeBase &
  (S extends StructSpec ? FieldsOf<S> : unknown) & { readonly [spec]?: S };

declare const spec: unique symbol;

/** The most pointer words that a type lists. */
const mostListed = 4096;
/** The most groups of 32 words that are searched for them. */
const mostLooks = 2 ** 20;

/** What a type is inside. */
interface Made {
  readonly memory: FieldMemory;
  readonly classes: SizeClasses;
  readonly layout: StructLayout;
  readonly map: PointerMap;
  readonly shape: TypeShape;
}

export class TypeBase {
  readonly layout: TypeLayout;
  readonly #made: Made;

  private constructor(made: Made) {
    const { size, align } = made.layout;
    this.#made = made;
    this.layout = Object.freeze({
      size,
      align,
      pointerWords: Object.freeze(listOf(made.map)),
      pointerBytes: made.map.pointers * 8,
    });
    for (const [name, value] of Object.entries(fieldOf(made.layout, made.memory, 0) as object))
      Object.defineProperty(this, name, { value, enumerable: true });
    Object.freeze(this);
  }

  /** @throws ERR_INVALID_ARGUMENT */
  static make(given: unknown, memory: FieldMemory, classes: SizeClasses): TypeBase {
    const layout = layoutOf(given, '');
    if (layout.form !== 'struct')
      refuse('ERR_INVALID_ARGUMENT', `a type is an object of fields, not ${describe(given)}`, given);
    if (layout.fields.has('layout'))
      refuse('ERR_INVALID_ARGUMENT', "a field cannot be called 'layout', which every type has", given);
    const map = pointerMapOf(layout);
    const made = { memory, classes, layout, map, shape: typeShape(layout.size, map, classes) };
    return new TypeBase(made);
  }

  /** How objects of a type are allocated. @throws ERR_INVALID_ARGUMENT for what is no type of this heap */
  static shapeOf(type: TypeBase, memory: FieldMemory | undefined): TypeShape {
    // By trying: to ask first (`#made in type`) takes forty instructions, of each object that is made.
    try {
      const made = type.#made;
      if (made.memory === memory) return made.shape;
    } catch {}
    return refuseType(type);
  }

  /** The same of n in a row. @throws ERR_INVALID_ARGUMENT · ERR_INVALID_SIZE */
  static arrayShapeOf(type: TypeBase, n: number, memory: FieldMemory | undefined): TypeShape {
    if (!Number.isInteger(n) || n < 0)
      refuse('ERR_INVALID_SIZE', `a length is a whole number from 0, not ${describe(n)}`, n);
    TypeBase.shapeOf(type, memory);
    const { layout, map, classes } = type.#made;
    const size = layout.size * n;
    if (size > userAddressEnd)
      refuse('ERR_INVALID_SIZE', `${n} objects of ${layout.size} bytes are more than 2^47 bytes`, n);
    return typeShape(size, n === 0 ? noPointers : map.repeated(n, layout.size / 8), classes);
  }

  /** The layout of a type that is used as a field. */
  static layoutOf(type: TypeBase): StructLayout {
    return type.#made.layout;
  }
}

function refuseType(value: unknown): never {
  return refuse(
    'ERR_INVALID_ARGUMENT',
    `not a type of this heap, which heap.type() makes: ${describe(value)}`,
    value,
  );
}

/** The first pointers of a map. What lies between runs is not searched; of one with long gaps so much as a listing is worth. */
function listOf(map: PointerMap): number[] {
  const words: number[] = [];
  let looks = 0;
  for (const { from: first, end } of map.runs)
    for (let from = first; from < end && words.length < mostListed && looks < mostLooks; from += 32, looks++)
      for (let mask = map.mask(from); mask !== 0 && words.length < mostListed; mask &= mask - 1) {
        const word = from + 31 - Math.clz32(mask & -mask);
        // What is of the next run comes with that.
        if (word < end) words.push(word);
      }
  return words;
}

const isKind = (value: unknown): value is ScalarKind =>
  typeof value === 'string' && Object.hasOwn(scalarBytes, value);

/** How deep declarations nest: one that holds itself has no end. */
const deepest = 64;

/** @param path where in the declaration, for messages */
function layoutOf(given: unknown, path: string, depth = 0): Layout {
  const at = path === '' ? '' : ` (at ${path.slice(0, 100)})`;
  if (depth > deepest)
    refuse('ERR_INVALID_ARGUMENT', `a declaration nests ${deepest} deep at most${at}`, given);
  if (isKind(given)) return scalarLayout(given);
  if (given instanceof TypeBase) return TypeBase.layoutOf(given);
  if (Array.isArray(given)) {
    const [element, length] = given as unknown[];
    if (given.length !== 2 || !Number.isInteger(length) || (length as number) < 0)
      refuse('ERR_INVALID_ARGUMENT', `an array is declared as [what, length]${at}`, given);
    const layout = arrayLayout(layoutOf(element, `${path}[]`, depth + 1), length as number);
    if (layout.size > userAddressEnd)
      refuse('ERR_INVALID_ARGUMENT', `an array of more than 2^47 bytes${at}`, given);
    return layout;
  }
  if (typeof given !== 'object' || given === null) {
    const kinds = Object.keys(scalarBytes).join(', ');
    refuse(
      'ERR_INVALID_ARGUMENT',
      `a field is one of ${kinds}, [what, length], an object of fields, or a type, not ${describe(given)}${at}`,
      given,
    );
  }
  const [symbol] = Object.getOwnPropertySymbols(given);
  if (symbol !== undefined)
    refuse('ERR_INVALID_ARGUMENT', `a field has a name, not ${describe(symbol)}${at}`, given);
  const fields = Object.entries(given).map(
    ([name, field]) => [name, layoutOf(field, path === '' ? name : `${path}.${name}`, depth + 1)] as const,
  );
  const layout = structLayout(fields);
  if (layout.size > userAddressEnd)
    refuse('ERR_INVALID_ARGUMENT', `a struct of more than 2^47 bytes${at}`, given);
  return layout;
}
