/**
 * Guards: in debug mode, who works on guarded columns is held to what their declarations say.
 *
 * An object over columns that belong to the heap's lock gets a prototype of its own before its class's, whose members
 * first ask whether the calling thread may touch the columns now. So nothing is paid where nobody asked for it, no
 * method has to remember to ask, and the object has no field that it had not before. Private members are not
 * wrapped; a public one comes before them.
 *
 * Not here: who may (the caller says: the holder of the lock, or of an unshared heap its owner).
 */
import { fatal } from '../base/errors.ts';

/** Whether the calling thread may touch what is guarded. */
export type MayTouch = () => boolean;

/** Makes every public member of an object `fatal` for a thread that may not touch what it works on. */
export function guardMembers(object: object, mayTouch: MayTouch): void {
  const own = Object.getPrototypeOf(object) as object;
  const guarded = Object.create(own) as object;
  const className = object.constructor.name;
  for (const [name, member] of publicMembers(own)) {
    const asserted = <T>(operation: T): T => {
      if (typeof operation !== 'function') return operation;
      return function (this: object, ...args: unknown[]): unknown {
        if (!mayTouch())
          fatal('guarded columns are touched without their lock', { class: className, member: name });
        return Reflect.apply(operation, this, args);
      } as T;
    };
    const { value, get, set, ...rest } = member;
    Object.defineProperty(guarded, name, {
      ...rest,
      ...(value === undefined ? {} : { value: asserted(value) }),
      ...(get === undefined ? {} : { get: asserted(get) }),
      ...(set === undefined ? {} : { set: asserted(set) }),
    });
  }
  Object.setPrototypeOf(object, guarded);
}

/** What a class and those it extends declare, the overriding ones first; no constructors. */
function publicMembers(prototype: object): Map<string, PropertyDescriptor> {
  const members = new Map<string, PropertyDescriptor>();
  for (let of = prototype; of !== Object.prototype; of = Object.getPrototypeOf(of))
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(of)))
      if (name !== 'constructor' && !members.has(name)) members.set(name, member);
  return members;
}
