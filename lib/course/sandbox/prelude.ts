/**
 * What runs in the realm before a hand-in does: the counter, built-ins that count, and the driver that calls the hand-in.
 *
 * These are modules of the engine that the hand-in runs in, so they are text here. They take what they need of the
 * built-ins before the hand-in can change them, and nothing of theirs can be reached from it: the counter and the driver
 * are variables of modules that it cannot import.
 *
 * What a built-in costs has a module of its own (builtin-costs.ts). A step of an iterator is a unit. What would compute
 * without a count, tell the time, or come between a built-in and what it goes through (a Proxy) is taken away.
 *
 * The driver carries out blocks of calls, and answers a text: for each call what it answered and its units. What was
 * answered before an interruption is kept, and asked for afterwards.
 *
 * Not here: the engine and its limits (engine.ts), which call means what (the exercises).
 */

import { costsSource } from './builtin-costs.ts';
import { gatheringSource } from './gathering.ts';
import { kindsSource } from './kinds.ts';
import { lengthsSource } from './lengths.ts';
import { longTextsSource } from './long-texts.ts';

/** Module: the counter. `n` units so far; and, of a source that tells its lines, how many each had. */
const counterSource = `
const keys = Object.keys;
const { getPrototypeOf } = Reflect;
const toObject = Object;
/** Of the call that is carried out: its number, and the count at which it is stopped; and whether time is told by line. */
export const state = { __proto__: null, limit: Infinity, call: 0, timed: false };
/** The engine's own: takes the line that was, and answers whether time is up. */
const passed = globalThis.$passed;
delete globalThis.$passed;
export const work = Object.create(null);
work.n = 0;
/** Of what is made next: counted already. */
work.waived = 0;
/**
 * Counts what is about to be done. Where that is more than may be, it is not begun: a built-in cannot be stopped on its way, so what is
 * over its limit waits here for the engine's look, which nothing catches.
 */
work.charge = (units) => {
  if (work.n + units <= state.limit) {
    work.n += units;
    return;
  }
  work.n = state.limit + 1;
  for (;;);
};
work.members = (value) => {
  if (typeof value === 'object' && value !== null) work.charge(keys(value).length);
  return value;
};
/** What for-in goes through: the names of the prototypes, too. */
work.names = (value) => {
  if (value !== null && value !== undefined)
    for (let at = toObject(value); at !== null; at = getPrototypeOf(at)) work.charge(keys(at).length);
  return value;
};
let line = 0;
let told = 0;
let lines = Object.create(null);
work.here = (next) => {
  if (work.n !== told) lines[line] = (lines[line] ?? 0) + work.n - told;
  told = work.n;
  if (state.timed && passed(line)) {
    state.limit = -1;
    for (;;);
  }
  line = next;
};
work.unit = (at, units = 1) => {
  work.here(at);
  work.n += units;
};
work.back = (value, at) => {
  work.here(at);
  return value;
};
work.linesFromHere = () => {
  work.here(0);
  lines = Object.create(null);
};
work.lines = () => {
  work.here(0);
  const list = [];
  const names = keys(lines);
  for (let i = 0; i < names.length; i++) list[i] = [+names[i], lines[names[i]]];
  return list;
};
`;

/** Module: takes away, and wraps. */
const builtinsSource = `
import { work } from '$counter';
import { counted, flat, ruleOf, texts } from '$costs';
import { long } from '$texts';
const { apply, construct, ownKeys, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const CountedProxy = Proxy;

for (const name of ['eval', 'Date', 'RegExp', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Atomics', 'SharedArrayBuffer',
  'WeakRef', 'FinalizationRegistry', 'Proxy', 'performance', 'gc', 'std', 'os', 'print', 'console', 'queueMicrotask', 'navigator', 'scriptArgs', 'DOMException'])
  delete globalThis[name];
// Without a BigInt to begin with there is none.
for (const name of ['getBigInt64', 'getBigUint64', 'setBigInt64', 'setBigUint64']) delete DataView.prototype[name];
for (const name of ['match', 'matchAll', 'search', 'normalize', 'localeCompare']) delete String.prototype[name];
for (const kind of [function () {}, function* () {}, async function () {}, async function* () {}]) {
  const refused = function Function() { throw new TypeError('code from a string cannot be counted'); };
  const prototype = getPrototypeOf(kind);
  refused.prototype = prototype;
  defineProperty(prototype, 'constructor', { value: refused, writable: false, configurable: false });
  if (kind.constructor === refused && prototype === Function.prototype) globalThis.Function = refused;
}
// A stack is a text of as many lines as it is told.
for (const name of ['prepareStackTrace', 'captureStackTrace', 'stackTraceLimit'])
  defineProperty(Error, name, { value: name === 'stackTraceLimit' ? 10 : undefined, writable: false, configurable: false });
let chance = 1;
Math.random = () => {
  chance = (Math.imul(chance, 1103515245) + 12345) >>> 0;
  return chance / 4294967296;
};

const wrapped = new Map();
const wrap = (f, name, owner) => {
  const known = wrapped.get(f);
  if (known !== undefined) return known;
  const rule = ruleOf(name, owner);
  const made =
    rule === flat
      ? { call() { work.n++; if (long) texts(arguments); return apply(f, this, arguments); } }.call
      : { call() { return rule(f, this, arguments); } }.call;
  defineProperty(made, 'name', { value: f.name });
  defineProperty(made, 'length', { value: f.length });
  wrapped.set(f, made);
  wrapped.set(made, made);
  return made;
};

const done = new Set([globalThis, work]);
const cover = (owner) => {
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null || done.has(owner)) return;
  done.add(owner);
  for (const name of ownKeys(owner)) {
    const descriptor = getOwnPropertyDescriptor(owner, name);
    const { value } = descriptor;
    if (name === 'constructor') continue;
    // That of functions is a function itself.
    if (typeof value === 'function' && value.prototype === undefined && name !== 'prototype') {
      if (descriptor.configurable || descriptor.writable)
        defineProperty(owner, name, { ...descriptor, value: wrap(value, name, owner) });
    } else cover(value);
  }
};

const iterators = [[].values(), new Map().entries(), new Set().values(), ''[Symbol.iterator](), (function* () {})()];
for (const iterator of iterators)
  for (let p = getPrototypeOf(iterator); p !== null && p !== Object.prototype; p = getPrototypeOf(p)) cover(p);
for (const name of ownKeys(globalThis)) {
  const { value } = getOwnPropertyDescriptor(globalThis, name);
  if (typeof value === 'function' && value.prototype === undefined) globalThis[name] = wrap(value, name, globalThis);
  else cover(value);
}
cover(getPrototypeOf(Uint8Array));

// A setter or a value for a place of every array, or a name of every object, would come between the driver and what it keeps.
Object.preventExtensions(Object.prototype);
Object.preventExtensions(Array.prototype);

// Making an array is as much work as it is long.
for (const name of ['Array', 'String', 'ArrayBuffer', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array',
  'Int32Array', 'Uint32Array', 'Float16Array', 'Float32Array', 'Float64Array']) {
  const made = globalThis[name];
  if (made === undefined) continue;
  const counting = new CountedProxy(made, {
    construct: (target, args, newTarget) => counted(construct(target, args, newTarget), args),
    apply: (target, self, args) => counted(apply(target, self, args), args),
  });
  globalThis[name] = counting;
  defineProperty(made.prototype, 'constructor', { value: counting, writable: true, enumerable: false, configurable: true });
}
`;

/** Numbers that an answer may tell, and visits: no heap of the exercises has so many free runs, by far. */
const mostTold = 20_000;
const mostVisits = 5000;
const toldUnits = 4;

/** Module: the driver. */
const driverSource = `
import { state, work } from '$counter';
import { isClass, kind, words } from '$kinds';
export { check } from '$kinds';
export { state };
const { apply, construct, get, ownKeys, getPrototypeOf } = Reflect;
const { isArray } = Array;
const { isFinite } = Number;
const parse = JSON.parse, quote = JSON.stringify, text = String, keys = Object.keys;
const cut = String.prototype.slice;
const nameOf = Object.prototype.toString;
const isError = (e) => e instanceof Error;
const longest = ${mostTold};
const mostVisits = ${mostVisits};
/** Units that telling one costs: as much as it takes. */
const toldUnits = ${toldUnits};
let left = 0;
/** Of this call so far. */
let telling = 0;
const mostMembers = 16;
const plain = Object.prototype;
const plainOf = (value) => {
  const from = getPrototypeOf(value);
  return from === plain || from === null;
};

let out = '';
let answers = 0;
let busy = false;

const number = (value) => (isFinite(value) ? text(value) : '{"!":"' + text(value) + '"}');
/** As JSON; lists of numbers go down so many levels, and what is told is work. */
const encode = (value, depth) => {
  left--;
  work.n += toldUnits;
  telling += toldUnits;
  state.limit += toldUnits;
  if (typeof value === 'number') return number(value);
  if (value === undefined) return '{"!":"undefined"}';
  if (value === null || value === true || value === false) return text(value);
  if (typeof value === 'string') return quote(apply(cut, value, [0, 200]));
  if (isArray(value) && depth > 0) {
    const n = value.length;
    if (n > left) return '{"!":"a list of ' + n + '"}';
    let list = '[';
    for (let i = 0; i < n; i++) list += (i === 0 ? '' : ',') + encode(value[i], depth - 1);
    return list + ']';
  }
  if (typeof value === 'object' && depth > 0 && plainOf(value)) {
    let members = '';
    const names = ownKeys(value);
    const n = names.length;
    if (n > mostMembers) return '{"!":"an object of ' + n + ' members"}';
    for (let i = 0; i < n; i++) {
      if (typeof names[i] !== 'string') continue;
      // A getter is run like any code of the hand-in's.
      members += (members === '' ? '' : ',') + quote(names[i]) + ':' + encode(get(value, names[i]), depth - 1);
    }
    return '{"members":{' + members + '}}';
  }
  return '{"!":"' + words(value) + '"}';
};
const missingText = (lacks, is) => '{"x":' + quote(is) + ',"at":"","lacks":' + quote(lacks) + '}';
/** What the driver asked for and did not find. */
class Lacking {
  constructor(lacks, is) {
    this.lacks = lacks;
    this.is = is;
  }
}
const lackingPrototype = Lacking.prototype;
/** No method of an exercise answers one. */
const promised = '{"!":"a promise"}';
const thrown = (error) => {
  if (typeof error === 'object' && error !== null && getPrototypeOf(error) === lackingPrototype)
    return missingText(error.lacks, error.is);
  let message = 'something that is no Error';
  let stack = '';
  try {
    if (isError(error)) {
      message = apply(cut, text(error.name) + ': ' + text(error.message), [0, 400]);
      stack = apply(cut, text(error.stack), [0, 2000]);
    } else if (typeof error === 'string' || typeof error === 'number') message = apply(cut, text(error), [0, 400]);
  } catch { /* its message throws: there is nothing to say. */ }
  return '{"x":' + quote(message) + ',"at":' + quote(stack) + '}';
};

let slots = [];
let tooMany = false;
let given = [];
const argument = (value, seen) => {
  if (typeof value !== 'object' || value === null || isArray(value)) return value;
  if (value.answer !== undefined) return given[value.answer];
  const from = work.n;
  if (value.collect !== undefined) return (...args) => {
    if (value.collect === 'counted') args[args.length] = work.n - from;
    work.n += toldUnits;
    if (seen.length < mostVisits) seen[seen.length] = args;
    else tooMany = true;
  };
  if (value.slot !== undefined) return slots[value.slot];
  if (value.special !== undefined) return +value.special;
  const made = {};
  const names = keys(value);
  for (let i = 0; i < names.length; i++) made[names[i]] = argument(value[names[i]], seen);
  return made;
};
const add = (line) => { out += (answers++ === 0 ? '' : ',') + line; };

/** Makes the driver of a hand-in's exports. */
export const drive = (exports, shapes) => {
  const shape = parse(shapes)[1];
  /** Of each slot: the class. */
  const classes = [];
  const lacking = (what, name, is) => {
    const wanted = shape[classes[what]]?.methods[name] ?? name + '()';
    return new Lacking(classes[what] + ' needs the method ' + wanted, classes[what] + '.' + name + ' ' + is);
  };
  /** What an object does not have, where a call of a method of it ended with that error; else the error. */
  const reasonOf = (error, what, name) => {
    if (typeof error === 'object' && error !== null && getPrototypeOf(error) === lackingPrototype) return error;
    try {
      const self = slots[what];
      const method = get(self, name);
      if (typeof method === 'function' && isClass(method)) return lacking(what, name, 'is a class');
      if (!isError(error) || error.message !== 'not a function') return error;
      const names = keys(shape[classes[what]]?.methods ?? {});
      for (let i = 0; i < names.length; i++) {
        const other = get(self, names[i]);
        if (typeof other !== 'function') return lacking(what, names[i], 'is ' + kind(other));
      }
    } catch { /* a getter throws: the first error is told. */ }
    return error;
  };
  return (block) => {
  if (busy) throw new TypeError('the driver is at work');
  busy = true;
  out = '';
  answers = 0;
  const { calls, units, total, until, clear, lastLines, seconds } = parse(block);
  state.timed = seconds !== undefined;
  const end = work.n + total;
  if (clear === true) slots = [];
  given = [];
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    const seen = [];
    const args = [];
    for (let a = 2; a < call.length; a++) args[args.length] = argument(call[a], seen);
    const before = work.n;
    state.limit = before + units;
    state.call++;
    left = longest;
    tooMany = false;
    telling = 0;
    let value, told;
    if (lastLines === true) work.linesFromHere();
    else work.here(0);
    try {
      const what = call[0], name = call[1];
      if (what === 'new') {
        value = construct(exports[name], args);
        classes[slots.length] = name;
        slots[slots.length] = value;
        value = slots.length - 1;
      } else if (what === 'export') {
        value = apply(exports[name], undefined, args);
      } else {
        const self = slots[what];
        const method = get(self, name);
        if (typeof method !== 'function') throw lacking(what, name, 'is ' + kind(method));
        value = apply(method, self, args);
      }
      work.here(0);
      // What a getter of the answer does is the call's work, too.
      told = encode(value, 3);
      if (told === promised && typeof call[0] === 'number')
        throw new Lacking(classes[call[0]] + '.' + call[1] + ' must answer at once: without async, await and promises', classes[call[0]] + '.' + call[1] + ' answers a promise');
    } catch (error) {
      state.limit = Infinity;
      const used = work.n - before;
      const what = call[0];
      add('[' + thrown(typeof what === 'number' ? reasonOf(error, what, call[1]) : error) + ',' + used + ']');
      break;
    }
    state.limit = Infinity;
    const used = work.n - before - telling;
    given[i] = value;
    let line = '[' + told + ',' + used;
    if (tooMany) line += ',{"!":"more than ' + mostVisits + ' visits"}';
    else if (seen.length > 0) line += ',' + encode(seen, 4);
    add(line + ']');
    if (used > units || work.n > end || (until !== undefined && call[1] === until[0] && value === until[1])) break;
  }
  busy = false;
  return '[' + out + ']';
  };
};
/** What was answered before an interruption. */
export const rest = () => {
  busy = false;
  state.limit = Infinity;
  return '[' + out + ']';
};
export const used = () => work.n;
/** Units of each line, since the realm began or those of a call alone. */
export const lines = () => {
  const list = work.lines();
  let told = '';
  for (let i = 0; i < list.length; i++) told += (i === 0 ? '' : ',') + '[' + list[i][0] + ',' + list[i][1] + ']';
  return '[' + told + ']';
};
`;

/** The modules by their names. */
export const preludeModules: Readonly<Record<string, string>> = {
  $counter: counterSource,
  $costs: costsSource,
  $gathering: gatheringSource,
  $kinds: kindsSource,
  $lengths: lengthsSource,
  $texts: longTextsSource,
  $builtins: builtinsSource,
  $driver: driverSource,
};
