/**
 * What puts the elements of several arrays together: `flat`, `flatMap`, `concat`.
 *
 * It is done here, element by element. The built-ins go through holes, which their answer does not show, and an object in the
 * place of the array that is made can end them on their way: neither what they answer nor what they are given tells their work.
 *
 * A module of the engine that a hand-in runs in, so it is text here (prelude.ts).
 */
export const gatheringSource = `
import { work } from '$counter';
import { isObject, lengthOf, number } from '$lengths';
const { apply, defineProperty } = Reflect;
const { isArray } = Array;
const arrayFlat = Array.prototype.flat;
const spreads = Symbol.isConcatSpreadable;
const toObject = Object;

const gathering = (gather) => (f, self, args) => {
  work.n++;
  if (self === null || self === undefined) return apply(f, self, args);
  return gather(f, toObject(self), args);
};
/** An empty one of the receiver's kind, as the built-in makes it. */
const emptyOf = (self) => {
  const bare = [];
  if (isArray(self)) defineProperty(bare, 'constructor', { __proto__: null, value: self.constructor });
  work.waived = 1;
  try {
    return apply(arrayFlat, bare, []);
  } finally {
    work.waived = 0;
  }
};
const element = { __proto__: null, value: undefined, writable: true, enumerable: true, configurable: true };
const put = (into, at, value) => {
  element.value = value;
  if (!defineProperty(into, at, element)) throw new TypeError('an element cannot be defined');
};
/** Puts elements behind \`at\`, those of arrays so many levels down. @returns the place behind them */
const putAll = (into, at, of, n, depth) => {
  for (let i = 0; i < n; i++) {
    work.n++;
    if (!(i in of)) continue;
    const value = of[i];
    if (depth > 0 && isArray(value)) at = putAll(into, at, value, lengthOf(value), depth - 1);
    else put(into, at++, value);
  }
  return at;
};
export const flattening = gathering((_f, self, args) => {
  const n = lengthOf(self);
  const depth = number(args, 0, 1);
  const into = emptyOf(self);
  putAll(into, 0, self, n, depth);
  return into;
});
export const flatMapping = gathering((f, self, args) => {
  const n = lengthOf(self);
  const callback = args[0];
  if (typeof callback !== 'function') return apply(f, self, args);
  const into = emptyOf(self);
  let at = 0;
  for (let i = 0; i < n; i++) {
    work.n++;
    if (!(i in self)) continue;
    const value = apply(callback, args[1], [self[i], i, self]);
    if (isArray(value)) at = putAll(into, at, value, lengthOf(value), 0);
    else put(into, at++, value);
  }
  return into;
});
export const concatenating = gathering((_f, self, args) => {
  const into = emptyOf(self);
  let at = 0;
  for (let k = -1; k < args.length; k++) {
    const item = k < 0 ? self : args[k];
    const asked = isObject(item) ? item[spreads] : false;
    if (asked === undefined ? isArray(item) : asked) {
      const n = lengthOf(item);
      for (let i = 0; i < n; i++) {
        work.n++;
        if (i in item) put(into, at + i, item[i]);
      }
      at += n;
    } else {
      work.n++;
      put(into, at++, item);
    }
  }
  into.length = at;
  return into;
});
`;
