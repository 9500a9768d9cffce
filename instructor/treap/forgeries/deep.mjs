// expect: none
// Uses up the stack, and goes on as if nothing had happened.
const down = (n) => down(n + 1) + 1;
const quiet = () => { try { return down(0); } catch { return -1; } };
export class RunTreap { insert() { quiet(); } remove() { quiet(); } find() { return down(0); } forEach() { quiet(); } }
export class TreapHeap { grow() { quiet(); } alloc() { return quiet(); } free() { quiet(); } release() { return 0; } forEachFree() { quiet(); } }
