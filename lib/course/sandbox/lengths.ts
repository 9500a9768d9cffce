/**
 * How long a thing is that a built-in goes through, as the count has it and the hand-in cannot change it.
 *
 * A module of the engine that a hand-in runs in, so it is text here (prelude.ts). What it takes of the built-ins it takes before
 * the hand-in is there.
 */
export const lengthsSource = `
const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { trunc, max } = Math;
const typed = getPrototypeOf(Uint8Array.prototype);
const viewLength = getOwnPropertyDescriptor(typed, 'length').get;
const viewKind = getOwnPropertyDescriptor(typed, Symbol.toStringTag).get;
export const isTyped = (v) => isView(v) && apply(viewKind, v, []) !== undefined;
export const isObject = (v) => typeof v === 'object' && v !== null || typeof v === 'function';
/** More than memory holds; what has more is mostly holes, and going through those would be for nothing. */
const mostElements = 2 ** 24;

/** Elements that a value has, where going through it is work. */
export const size = (value) => {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return isArray(value) ? value.length : isTyped(value) ? apply(viewLength, value, []) : 0;
};

/** Also of what only looks like an array. */
export const lengthOf = (value) => {
  let n = size(value);
  if (n === 0 && isObject(value) && !isArray(value) && !isTyped(value))
    for (let at = value; at !== null; at = getPrototypeOf(at)) {
      const length = getOwnPropertyDescriptor(at, 'length');
      if (length === undefined) continue;
      if (length.get !== undefined || length.set !== undefined || isObject(length.value))
        throw new TypeError('a length that is worked out cannot be counted: use an array');
      n = max(0, trunc(+length.value) || 0);
      break;
    }
  if (n > mostElements && typeof value !== 'string') throw new RangeError('more elements than memory holds');
  return n;
};

/** Makes an argument the number that the built-in would make of it, for both. Undefined is left. */
export const number = (args, i, missing) => {
  if (args[i] === undefined) return missing;
  return args[i] = trunc(+args[i]) || 0;
};
`;
