/**
 * What kind of thing a value is, in words; and whether what a hand-in exports is of the kind that it is to be.
 *
 * A module of the engine that a hand-in runs in, so it is text here (prelude.ts). Nothing of the hand-in is run, but for what says of a
 * function whether `new` may be in front of it.
 */
export const kindsSource = `
const { apply, construct, getPrototypeOf } = Reflect;
const parse = JSON.parse, quote = JSON.stringify, text = String;
const promises = Promise.prototype;
/** A value that has no other form, in words; nothing of the hand-in is run for it. */
export const words = (value) => {
  if (typeof value === 'number') return text(value);
  if (typeof value === 'object' && value !== null && getPrototypeOf(value) === promises) return 'a promise';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  return 'an object';
};
const kinds = new Map([
  [getPrototypeOf(async function () {}), 'an async function'],
  [getPrototypeOf(function* () {}), 'a generator'],
  [getPrototypeOf(async function* () {}), 'an async generator'],
]);
const kindOf = kinds.get;
const sourceOf = Function.prototype.toString;
const startsWith = String.prototype.startsWith;
export const isClass = (f) => apply(startsWith, apply(sourceOf, f, []), ['class']);
const isConstructor = (f) => {
  try {
    construct(Object, [], f);
    return true;
  } catch {
    return false;
  }
};
/** What a value is, in words. */
export const kind = (value) => {
  if (value === undefined || value === null) return text(value);
  if (typeof value === 'function')
    return apply(kindOf, kinds, [getPrototypeOf(value)]) ?? (isClass(value) ? 'a class' : isConstructor(value) ? 'a function' : 'a function that is no class');
  return typeof value === 'object' ? words(value) : 'a ' + typeof value;
};
/** Exports that are not what they are to be: with what each is. */
export const check = (exports, shapes) => {
  // Destructuring would ask an iterator, which may be the hand-in's.
  const both = parse(shapes);
  const names = both[0];
  const shape = both[1];
  let list = '';
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const value = exports[name];
    const wanted = shape[name]?.kind;
    const is = kind(value);
    const isRight = typeof value === 'function' &&
      (wanted === 'class' ? isConstructor(value) : wanted === 'function' ? is === 'a function' || is === 'a function that is no class' : true);
    if (!isRight) list += (list === '' ? '' : ',') + '[' + quote(name) + ',' + quote(is) + ']';
  }
  return '[' + list + ']';
};
`;
