// expect: none
// Wants a clock, or chance, to behave differently when graded.
const now = globalThis.Date?.now?.() ?? globalThis.performance?.now?.();
class Heap {
  grow() {}
  alloc() { return now === undefined ? -1 : 0; }
  free() {}
  forEachFree() { if (now !== undefined) throw new Error('there is a clock'); }
}
export { Heap as FirstFit, Heap as BestFit, Heap as NextFit, Heap as OwnFit };
