// expect: none
// Does its work by what was free once: comparing texts of a MiB, by operators, as keys, in a switch, in built-ins.
let x = 'a';
for (let i = 0; i < 20; i++) x += x;
const a = x + 'b', b = x + 'c';
const map = new Map([[a, 1]]);
const object = { [a]: 1 };
const again = (compare) => {
  let n = 0;
  for (let i = 0; i < 1e5; i++) n += compare() ? 1 : 0;
  return n;
};
const is = () => again(() => a === b);
const order = () => again(() => a < b);
const key = () => again(() => object[b] || b in object);
const choice = () => again(() => { switch (a) { case b: return true; default: return false; } });
const found = () => again(() => map.has(b) || [a, a].includes(b) || Object.is(a, b));
export class RunTreap { insert() { is(); } remove() { order(); } find() { key(); } forEach() { choice(); } }
export class TreapHeap { grow() { found(); } alloc() { is(); } free() { order(); } release() { key(); } forEachFree() { choice(); } }
