// expect: none
// Changes built-ins so that nothing would differ.
JSON.stringify = () => '';
Array.prototype.push = () => 0;
Reflect.set(Array.prototype, 'toJSON', () => []);
Object.is = () => true;
Number.isInteger = () => true;
Reflect.defineProperty(Object.prototype, '2', { get: () => [], set() {} });
class Any { insert() {} remove() {} find() { return 0; } forEach() {} grow() {} alloc() { return 0; } free() {} release() { return 0; } forEachFree() {} }
export { Any as RunTreap, Any as TreapHeap };
