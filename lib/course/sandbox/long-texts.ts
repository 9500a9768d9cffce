/**
 * What operators do to long texts, counted by their length: comparing goes through as much as both have, a key through all of it.
 *
 * Until there is a text of more letters than are compared in one step, there is nothing to count; the source asks that first
 * (source/instrument.ts). What was made is looked at where it is made: what `+` makes there, what built-ins make in builtin-costs.ts.
 * A template is a call of `concat`.
 *
 * A module of the engine that a hand-in runs in, so it is text here (prelude.ts).
 */
import { piece } from '../source/piece.ts';

/** Letters of a text that are copied for a unit: that is faster than comparing. */
const copied = 1024;

export const longTextsSource = `
import { work } from '$counter';
const { apply } = Reflect;
const { min, trunc } = Math;
const { toPrimitive } = Symbol;
const toObject = Object;
/** Whether there is a text of more letters than are compared in one step. Until then no text takes work of its own. */
export let long = false;
work.begin = () => { long = true; };
/** Of what a built-in made, which counted it. */
work.seen = (value) => {
  if (typeof value === 'string' && value.length > ${piece}) long = true;
  return value;
};
/** Of what an operator made. */
work.text = (value) => {
  work.seen(value);
  if (typeof value === 'string') work.charge(trunc(value.length / ${copied}));
  return value;
};
/** Steps in which texts are gone through. */
export const steps = (value) => typeof value === 'string' ? trunc(value.length / ${piece}) : 0;
const both = (a, b) => {
  if (typeof a === 'string' && typeof b === 'string') work.charge(min(steps(a), steps(b)));
};
work.key = (value) => {
  if (long) work.charge(steps(value));
  return value;
};
work.subject = (value, cases) => {
  if (long) work.charge(cases * steps(value));
  return value;
};
/** What an operator makes of an object first, which may be a text. */
const primitive = (value, hint) => {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value;
  const own = value[toPrimitive];
  if (own !== undefined && own !== null) {
    const made = apply(own, value, [hint]);
    if (toObject(made) === made) throw new TypeError('toPrimitive must return a primitive value');
    return made;
  }
  for (let i = 0; i < 2; i++) {
    const convert = i === 0 ? value.valueOf : value.toString;
    if (typeof convert !== 'function') continue;
    const made = apply(convert, value, []);
    if (toObject(made) !== made) return made;
  }
  throw new TypeError('toPrimitive');
};
work.is = (a, b) => {
  if (long) both(a, b);
  return a === b;
};
work.isNot = (a, b) => !work.is(a, b);
work.like = (a, b) => {
  if (long && a !== null && a !== undefined && b !== null && b !== undefined) {
    if (typeof a === 'string') b = primitive(b, 'default');
    if (typeof b === 'string') a = primitive(a, 'default');
    both(a, b);
  }
  return a == b;
};
work.unlike = (a, b) => !work.like(a, b);
const ordering = (order) => (a, b) => {
  if (long) {
    a = primitive(a, 'number');
    b = primitive(b, 'number');
    both(a, b);
  }
  return order(a, b);
};
work.less = ordering((a, b) => a < b);
work.atMost = ordering((a, b) => a <= b);
work.more = ordering((a, b) => a > b);
work.atLeast = ordering((a, b) => a >= b);
`;
