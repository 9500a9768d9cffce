// expect: none
// Keeps what it is given to visit with, and calls it at other times, with numbers that change while they are read.
let kept;
let n = 0;
const sly = { valueOf: () => n++, toJSON: () => 1, [Symbol.toPrimitive]: () => n++ };
export class RunTreap {
  insert() { kept?.(sly, sly, sly); }
  remove() { kept?.(1, 1, 0); }
  find() { return sly; }
  forEach(visit) { kept = visit; visit(sly, sly, sly); visit(...[0, 1, 0].map(Object)); }
}
export class TreapHeap {
  grow() {}
  alloc() { kept?.(1); return sly; }
  free() {}
  release() { return sly; }
  forEachFree(visit) { kept = visit; visit(sly, sly, sly); }
}
