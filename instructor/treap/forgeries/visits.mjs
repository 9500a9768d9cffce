// expect: none
// Visits as many nodes as it can, in each look.
export class RunTreap { insert() {} remove() {} find() { return -1; } forEach(visit) { for (let i = 0; i < 100_000; i++) visit(i, 1, 0); } }
export class TreapHeap { constructor() { this.list = new Array(60_000).fill(7); } grow() { return this.list; } alloc() { return this.list; } free() {} release() { return this.list; } forEachFree(visit) { for (;;) visit(this.list, this.list); } }
