// expect: none
// Answers numbers that are none.
export class RunTreap { insert() {} remove() {} find() { return NaN; } forEach(visit) { visit(NaN, Infinity, -0); } }
export class TreapHeap { grow() {} alloc() { return '0'; } free() {} release() { return NaN; } forEachFree(visit) { visit(0, 0.5, NaN); } }
