/**
 * What a built-in costs: a unit a call, and one for each element that it goes through, of an array or a text.
 *
 * This is a module of the engine that a hand-in runs in, so it is text here (prelude.ts has the others; lengths.ts how long a
 * thing is, gathering.ts what puts arrays together). A rule carries out the built-in and counts. Where a built-in takes a range, or stops early, the range and the stop are counted.
 *
 * A hand-in must not show the count another range than the built-in goes through. So an argument that says where is made a
 * number once, before the length is read, and the built-in is given that number: a `valueOf` has no second turn. What only
 * looks like an array must have a plain number for its length: one that is worked out could be another the next time.
 * What a search found is asked of the search itself.
 *
 * Iterators, callbacks and accessors count by themselves, so nothing is counted for what is gone through by those alone.
 */
export const costsSource = `
import { work } from '$counter';
import { concatenating, flatMapping, flattening } from '$gathering';
import { isObject, isTyped, lengthOf, number, size } from '$lengths';
import { long, steps } from '$texts';
const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isArray } = Array;
const { trunc, min, max, ceil, log2 } = Math;
const objectKeys = Object.keys;
const typed = getPrototypeOf(Uint8Array.prototype);
const getter = (owner, name) => getOwnPropertyDescriptor(owner, name).get;
const viewBuffer = getter(typed, 'buffer');
const mapSize = getter(Map.prototype, 'size');
const setSize = getter(Set.prototype, 'size');
const bufferBytes = getter(ArrayBuffer.prototype, 'byteLength');
const textIndexOf = String.prototype.indexOf;
/** As built-ins make a text of what they are given: none of a symbol. */
const text = String;
const asText = (v) => typeof v === 'symbol' ? v + '' : text(v);
/** What a built-in made: whatever kind of object it was told to make. */
const made = (value) => size(value) || (isObject(value) && !isArray(value) && !isTyped(value) ? ownKeys(value).length : 0);

/** The place of n that a relative index means. */
const place = (at, n) => at < 0 ? max(0, n + at) : min(at, n);
/** Elements of a range whose ends are two arguments. */
const range = (self, args, i) => {
  const from = number(args, i, 0);
  const to = number(args, i + 1, Infinity);
  const n = lengthOf(self);
  return max(0, place(to, n) - place(from, n));
};

/** Texts that are sought, or are keys. */
export const texts = (args) => {
  for (let i = 0; i < args.length; i++) work.charge(steps(args[i]));
};
export const flat = (f, self, args) => {
  work.n++;
  if (long) texts(args);
  return apply(f, self, args);
};
/** What makes a text, which may be a long one. */
const telling = (rule) => (f, self, args) => work.seen(rule(f, self, args));
/** Costs that are known before, or by what it answers. */
const before = (cost) => (f, self, args) => {
  // What makes numbers of arguments may run code of the hand-in's, which counts: so the cost first, then the sum.
  const units = 1 + cost(self, args);
  work.charge(units);
  return apply(f, self, args);
};
const after = (cost) => (f, self, args) => {
  work.n++;
  const result = apply(f, self, args);
  work.n += cost(result, self, args);
  return result;
};
/**
 * What makes an array by the constructor of its receiver, which counts what it makes: it is counted once. No more is waived
 * than is counted here, whoever makes it.
 */
const copying = (cost) => (f, self, args) => {
  const units = 1 + cost(self, args);
  work.charge(units);
  work.waived = units;
  try {
    return apply(f, self, args);
  } finally {
    work.waived = 0;
  }
};
const joining = (cost) => {
  const rule = copying(() => 0);
  return (f, self, args) => {
    const result = rule(f, self, args);
    work.n += cost(result, self);
    return result;
  };
};
const all = before(lengthOf);
const mapped = copying(lengthOf);
const byResult = after(made);
const byMembers = after((result) => isObject(result) ? ownKeys(result).length : 0);
/** Of a built-in that is not known here: all that it could go through. */
const unknown = (f, self, args) => {
  let units = 1 + size(self);
  for (let i = 0; i < args.length; i++) units += size(args[i]);
  work.charge(units);
  const result = apply(f, self, args);
  work.n += made(result);
  return result;
};
const sorting = before((self) => {
  const n = 1 + lengthOf(self);
  const rounds = ceil(log2(n + 1));
  let compared = 0;
  if (long && isArray(self)) for (let i = 0; i < n - 1; i++) compared += steps(self[i]);
  return (n + compared) * rounds - 1;
});
/** Before a search: the sought text is compared with each element. */
const seekIn = (n, wanted) => {
  if (long) work.charge(max(0, n) * steps(wanted));
};

/** A search with a callback: as far as it is called. \`through\` says by the answer whether it went on to the end. */
const seeking = (through, isLast = false) => (f, self, args) => {
  work.n++;
  const callback = args[0];
  if (typeof callback !== 'function') return apply(f, self, args);
  const n = lengthOf(self);
  let seen = 0;
  args[0] = function (value, at, whole) {
    const now = isLast ? n - at : at + 1;
    work.n += now - seen;
    seen = now;
    return apply(callback, this, [value, at, whole]);
  };
  const result = apply(f, self, args);
  if (result === through) work.n += n - seen;
  return result;
};
const never = {};

const including = (mayBe) => (f, self, args) => {
  const from = number(args, 1, 0);
  const n = lengthOf(self);
  const first = place(from, n);
  seekIn(n - first, args[0]);
  // Where the built-in would refuse, and where its receiver is no array, it is asked itself.
  if (!mayBe(self)) {
    work.n += 1 + n - first;
    return apply(f, self, args);
  }
  // It tells no place, and what is asked twice may answer twice: so it is done here.
  work.n++;
  const wanted = args[0];
  for (let i = first; i < n; i++) {
    work.n++;
    const found = self[i];
    if (found === wanted || found !== found && wanted !== wanted) return true;
  }
  return false;
};

const splice = (self, args) => {
  const from = number(args, 0, 0);
  const wanted = args.length === 0 ? 0 : args.length === 1 ? Infinity : number(args, 1, 0);
  const n = lengthOf(self);
  const first = place(from, n);
  const gone = min(max(0, wanted), n - first);
  const added = max(0, args.length - 2);
  return { gone, added, moved: n - first - gone, left: n - gone };
};

const joiningText = (f, self, args) => {
  work.charge(1 + lengthOf(self));
  const told = apply(f, self, args);
  work.n += size(told);
  return told;
};
const none = { __proto__: null };
const arrays = (mayBe) => ({
  ...none,
  at: flat, pop: flat, values: flat, keys: flat, entries: flat, subarray: copying(() => 0),
  // It asks \`join\`, which counts.
  toString: flat,
  push: before((_self, args) => max(0, args.length - 1)),
  unshift: before((self, args) => lengthOf(self) + args.length),
  shift: all, reverse: all, toReversed: all, with: all,
  forEach: all, map: mapped, filter: mapped, reduce: all, reduceRight: all,
  join: joiningText, toLocaleString: joiningText,
  flat: flattening, flatMap: flatMapping, concat: concatenating,
  sort: sorting, toSorted: sorting,
  fill: before((self, args) => {
    if (isTyped(self) && args.length > 0) args[0] = +args[0];
    return range(self, args, 1);
  }),
  slice: copying((self, args) => range(self, args, 0)),
  copyWithin: before((self, args) => {
    const to = number(args, 0, 0);
    const n = range(self, args, 1);
    const whole = lengthOf(self);
    return min(n, whole - place(to, whole));
  }),
  splice: copying((self, args) => {
    const { gone, added, moved } = splice(self, args);
    return gone + added + (gone === added ? 0 : moved);
  }),
  toSpliced: before((self, args) => {
    const { added, left } = splice(self, args);
    return left + added;
  }),
  set: before((_self, args) => lengthOf(args[0])),
  indexOf: (f, self, args) => {
    const from = number(args, 1, 0);
    const n = lengthOf(self);
    seekIn(n - place(from, n), args[0]);
    const at = apply(f, self, args);
    work.n += 1 + max(0, (at < 0 ? n : at + 1) - place(from, n));
    return at;
  },
  lastIndexOf: (f, self, args) => {
    const from = args.length > 1 ? number(args, 1, 0) : Infinity;
    const n = lengthOf(self);
    seekIn(n, args[0]);
    const at = apply(f, self, args);
    const first = from < 0 ? n + from : min(from, n - 1);
    work.n += 1 + max(0, first + 1 - max(0, at));
    return at;
  },
  includes: including(mayBe),
  find: seeking(never), findIndex: seeking(never), findLast: seeking(never, true), findLastIndex: seeking(never, true),
  some: seeking(false), every: seeking(true),
});

/** Of a method of texts: its receiver as the text that it is, and what is sought as one. */
const onText = (rule) => (f, self, args) => {
  if (self === null || self === undefined) return flat(f, self, args);
  const text = asText(self);
  if (args.length > 0) args[0] = asText(args[0]);
  return rule(f, text, args, args.length > 0 ? args[0] : 'undefined');
};
/** Steps of a search that the sought text is compared in, at each place: the engine's search is naive. */
const comparing = 64;
const seek = (text, sought) => {
  const steps = trunc(sought.length / comparing);
  if (steps > 0) work.charge(max(0, text.length - sought.length) * steps);
};
const textIndex = (text, args, sought) => {
  const from = place(max(0, number(args, 1, 0)), text.length);
  seek(text, sought);
  const at = apply(textIndexOf, text, [sought, from]);
  work.n += 1 + (at < 0 ? text.length - from : at - from + sought.length);
  return at;
};
const edge = onText((f, text, args, sought) => {
  work.n += 1 + min(sought.length, text.length);
  return apply(f, text, args);
});
const replacing = onText((f, text, args, sought) => {
  seek(text, sought);
  work.n += 1 + text.length;
  const result = apply(f, text, args);
  work.n += max(0, result.length - text.length);
  return result;
});
const wholeText = onText((f, text, args) => {
  work.n += 1 + text.length;
  return apply(f, text, args);
});
const strings = {
  ...none,
  at: flat, charAt: flat, charCodeAt: flat, codePointAt: flat, toString: flat, valueOf: flat,
  indexOf: onText((_f, text, args, sought) => textIndex(text, args, sought)),
  includes: onText((_f, text, args, sought) => textIndex(text, args, sought) >= 0),
  lastIndexOf: onText((f, text, args, sought) => {
    const from = args.length > 1 ? args[1] = +args[1] : NaN;
    const first = max(0, min(from !== from ? Infinity : trunc(from), text.length - sought.length));
    seek(text, sought);
    const at = apply(f, text, args);
    work.n += 1 + (at < 0 ? min(first + 1, text.length) : first - at + sought.length);
    return at;
  }),
  startsWith: edge, endsWith: edge,
  split: (f, self, args) => {
    if (self === null || self === undefined) return flat(f, self, args);
    const text = asText(self);
    if (args[0] !== undefined) seek(text, args[0] = asText(args[0]));
    const between = args[0] === undefined ? text.length : args[0].length;
    const parts = apply(f, text, args);
    let gone = 0;
    for (let i = 0; i < parts.length; i++) gone += parts[i].length + between;
    work.n += 1 + min(gone, text.length);
    return parts;
  },
  replace: replacing, replaceAll: replacing,
  trim: wholeText, trimStart: wholeText, trimEnd: wholeText, isWellFormed: wholeText, toWellFormed: wholeText,
};

const sized = (get) => before((self) => apply(get, self, []));
const maps = { ...none, forEach: sized(mapSize), clear: sized(mapSize) };
// What asks the other set asks its own methods, which count.
const copied = sized(setSize);
const sets = { ...none, forEach: copied, clear: copied, union: copied, difference: copied, symmetricDifference: copied };
const membersOf = (v) => isObject(v) ? ownKeys(v).length : 0;
const firstsMembers = before((_self, args) => membersOf(args[0]));
const secondsMembers = before((_self, args) => membersOf(args[1]));
const objects = {
  ...none,
  keys: byResult, values: byResult, entries: byResult, getOwnPropertyNames: byResult, getOwnPropertySymbols: byResult,
  getOwnPropertyDescriptors: byMembers,
  assign: before((_self, args) => {
    let units = 0;
    for (let i = 1; i < args.length; i++) units += typeof args[i] === 'string' ? args[i].length : isObject(args[i]) ? objectKeys(args[i]).length : 0;
    return units;
  }),
  freeze: firstsMembers, seal: firstsMembers, isFrozen: firstsMembers, isSealed: firstsMembers,
  create: secondsMembers, defineProperties: secondsMembers,
};
const listed = (i) => before((_self, args) => lengthOf(args[i]));
const reflect = { ...none, ownKeys: byResult, apply: listed(2), construct: listed(1) };
/** The name of what is made is longer. */
const binding = (f, self, args) => {
  const made = flat(f, self, args);
  work.seen(made.name);
  return made;
};
const functions = { ...none, apply: listed(1), toString: byResult, bind: binding };
const mathematics = before((_self, args) => max(0, args.length - 2));
const ofText = before((_self, args) => args.length > 0 ? (args[0] = asText(args[0])).length : 0);
/** Members leave nothing in the text where they are functions or undefined: they count here, whatever becomes of them. A getter is not run. */
const goThrough = (value, within) => {
  if (!isObject(value) || isTyped(value) || within.length > mostNested) return;
  for (let i = 0; i < within.length; i++) if (within[i] === value) return;
  const names = objectKeys(value);
  if (!isArray(value)) work.charge(names.length);
  within[within.length] = value;
  for (let i = 0; i < names.length; i++) goThrough(getOwnPropertyDescriptor(value, names[i])?.value, within);
  within.length--;
};
/** Objects within objects: deeper ones count by their text alone. */
const mostNested = 64;
/** A list of names, the second argument, is gone through first. */
const writing = (f, self, args) => {
  work.charge(isArray(args[1]) ? lengthOf(args[1]) : 0);
  goThrough(args[0], []);
  return byResult(f, self, args);
};
const json = { ...none, parse: ofText, stringify: writing };
const eighths = (n) => ceil(n / 8);
const bytesOf = (buffer) => apply(bufferBytes, buffer, []);
const moving = before((self, args) => eighths(max(bytesOf(self), min(number(args, 0, 0), 2 ** 32))));
const buffers = {
  ...none,
  slice: copying((self, args) => {
    const from = number(args, 0, 0);
    const to = number(args, 1, Infinity);
    const n = bytesOf(self);
    return eighths(max(0, place(to, n) - place(from, n)));
  }),
  transfer: moving, transferToFixedLength: moving, resize: moving,
};
const globals = { ...none, parseInt: flat, parseFloat: flat, isNaN: flat, isFinite: flat,
  decodeURI: ofText, decodeURIComponent: ofText, unescape: ofText, encodeURI: byResult, encodeURIComponent: byResult, escape: byResult };
const iterators = { ...none };
for (const name of ['next', 'return', 'throw', 'map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'forEach', 'some', 'every', 'find'])
  iterators[name] = flat;

/** By what owns them: the rules that it has, and the rule of the rest. */
const owners = new Map([
  [Array.prototype, [arrays(isArray), unknown]],
  [typed, [arrays(isTyped), unknown]],
  [String.prototype, [strings, byResult]],
  [Map.prototype, [maps, flat]],
  [Set.prototype, [sets, flat]],
  [Object, [objects, flat]],
  [Reflect, [reflect, flat]],
  [Function.prototype, [functions, flat]],
  [Math, [{ ...none, max: mathematics, min: mathematics, hypot: mathematics }, flat]],
  [JSON, [json, unknown]],
  [Array, [{ ...none, isArray: flat, of: copying((_self, args) => args.length), from: joining(made) }, unknown]],
  [String, [none, byResult]],
  [Map, [none, flat]],
  [ArrayBuffer, [none, flat]],
  [ArrayBuffer.prototype, [buffers, unknown]],
  [globalThis, [globals, unknown]],
]);
for (const owner of [WeakMap.prototype, WeakSet.prototype, DataView.prototype, Object.prototype, Number, Number.prototype,
  Symbol, Symbol.prototype, Boolean.prototype, Promise, Promise.prototype, Error.prototype])
  owners.set(owner, [none, flat]);

/** Owners of built-ins that make texts. */
const tellers = new Set([String, String.prototype, JSON, globalThis]);

/** The rule of a built-in that is a member of that object. */
export const ruleOf = (name, owner) => {
  if (typeof name === 'symbol') return flat;
  const [rules, rest] = owners.get(owner) ?? [iterators, unknown];
  const rule = rules[name] ?? rest;
  return tellers.has(owner) || name === 'join' || name === 'toString' || name === 'toLocaleString' ? telling(rule) : rule;
};

const isBuffer = (v) => {
  try {
    return bytesOf(v) >= 0;
  } catch {
    return false;
  }
};
/** Counts what was made by a constructor: as much as it is long; of what is only seen through a view nothing is made. */
export const counted = (result, args) => {
  let units = 1;
  if (isTyped(result)) units += isObject(args[0]) && apply(viewBuffer, result, []) === args[0] ? 0 : size(result);
  else units += isObject(result) && isBuffer(result) ? eighths(bytesOf(result)) : size(result);
  const waived = min(units, work.waived);
  work.waived -= waived;
  work.n += units - waived;
  return work.seen(result);
};
`;
