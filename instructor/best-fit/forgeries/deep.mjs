// expect: none
// Uses up the stack, and goes on in what follows.
const down = (n) => down(n + 1) + 1;
class Heap {
  grow() { try { down(0); } catch { return down(0); } }
  alloc() { try { return down(0); } catch { return 0; } }
  free() {}
  forEachFree() {}
}
export { Heap as FirstFit, Heap as BestFit, Heap as NextFit, Heap as OwnFit };
