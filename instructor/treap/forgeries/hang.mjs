// expect: none
// Does not end, and catches what would end it.
const on = () => { for (;;) try { for (;;); } catch {} finally { continue; } };
export class RunTreap { insert() { on(); } remove() { on(); } find() { on(); } forEach() { on(); } }
export class TreapHeap { grow() { on(); } alloc() { on(); } free() { on(); } release() { on(); } forEachFree() { on(); } }
