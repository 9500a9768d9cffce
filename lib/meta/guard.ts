/**
 * Guards: in debug mode, who works on guarded columns is held to what their declarations say.
 *
 * A class over columns that belong to the heap's lock has its methods and accessors wrapped, as own properties of
 * the one object: each first asks whether the calling thread may touch the columns now. So nothing is paid where
 * nobody asked for it, and no method has to remember to ask. Private members are not wrapped; a public one comes
 * before them.
 *
 * Not here: who may (the caller says: the holder of the lock, or of an unshared heap its owner).
 */
import { fatal } from '../base/errors.ts';

/** Whether the calling thread may touch what is guarded. */
export type MayTouch = () => boolean;

/** Makes every public member of an object `fatal` for a thread that may not touch what it works on. */
export function guardMembers(object: object, mayTouch: MayTouch): void {
  const assert = (of: object, member: string): void => {
    if (!mayTouch())
      fatal('guarded columns are touched without their lock', { class: of.constructor.name, member });
  };
  const seen = new Set(['constructor']);
  for (let of = Object.getPrototypeOf(object); of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      if (seen.has(name)) continue;
      seen.add(name);
      const { value, get, set } = member;
      if (typeof value === 'function') {
        Object.defineProperty(object, name, {
          value(this: object, ...args: unknown[]): unknown {
            assert(object, name);
            return Reflect.apply(value, this, args);
          },
          configurable: true,
          writable: true,
        });
      } else if (get !== undefined || set !== undefined) {
        Object.defineProperty(object, name, {
          ...(get === undefined
            ? {}
            : {
                get(this: object): unknown {
                  assert(object, name);
                  return Reflect.apply(get, this, []);
                },
              }),
          ...(set === undefined
            ? {}
            : {
                set(this: object, to: unknown): void {
                  assert(object, name);
                  Reflect.apply(set, this, [to]);
                },
              }),
          configurable: true,
        });
      }
    }
  }
}
