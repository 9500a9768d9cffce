// expect: none
// Answers promises, proxies, and objects that claim to equal anything.
const any = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : any),
  apply: () => any,
  construct: () => any,
  has: () => true,
  getPrototypeOf: () => Number.prototype,
});
class Heap {
  constructor() {
    return any;
  }
}
class Later {
  async grow() {}
  async alloc() {
    return 0;
  }
  async free() {}
  async forEachFree() {}
}
class Boxed {
  grow() {}
  alloc() {
    return Object.assign(Object(0), { valueOf: () => 0, toJSON: () => 0, toString: () => '0' });
  }
  free() {}
  forEachFree() {}
}
export { Heap as FirstFit, Later as BestFit, Boxed as NextFit, Heap as OwnFit };
