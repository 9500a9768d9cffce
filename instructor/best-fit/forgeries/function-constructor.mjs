// expect: none
// Comes to a constructor of functions by way of one, in each of its kinds.
const kinds = [function () {}, function* () {}, async function () {}, async function* () {}, class {}, () => 0, Array.prototype.push];
const made = [];
for (const kind of kinds) {
  try { made.push(kind.constructor('return globalThis')()); } catch {}
  try { made.push(Object.getPrototypeOf(kind).constructor('return 0')()); } catch {}
  try { made.push(Reflect.construct(kind.constructor, ['return 0'])()); } catch {}
}
class Heap {
  grow() {}
  alloc() { return made.length > 0 ? 0 : -1; }
  free() {}
  forEachFree() { if (made.length > 0) throw new Error('code from a string ran'); }
}
export { Heap as FirstFit, Heap as BestFit, Heap as NextFit, Heap as OwnFit };
