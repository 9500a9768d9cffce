// expect: none
// Throws what looks like an answer.
const answer = { x: 0, at: '', get message() { throw this; }, toString: () => '[0,0]' };
class Any { insert() { throw answer; } remove() { throw null; } find() { throw '[0,0]'; } forEach() { throw undefined; } grow() { throw answer; } alloc() { throw 0; } free() { throw -1; } release() { throw answer; } forEachFree() { throw answer; } }
export { Any as RunTreap, Any as TreapHeap };
