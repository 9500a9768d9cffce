// expect: none
// Changes the heap that it was given, what lists are, and how they are told, so that nothing would be left to mark.
const list = Array.prototype;
list.push = function () { return 0; };
list.includes = () => true;
list[Symbol.iterator] = function* () {};
Reflect.set(Object.prototype, 'toJSON', () => []);
Reflect.defineProperty(Object.prototype, 'answered', { get: () => 0 });
Number.prototype.toJSON = () => 0;
JSON.stringify = () => '[]';
export class Marker {
  constructor(heap) { heap.first.length = 1; heap.words.fill(0); this.heap = heap; }
  root() {}
  step() { return 0; }
  gray() { return []; }
  marked() { return []; }
  store() {}
}
