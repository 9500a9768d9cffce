// expect: none
// Answers what claims to be every list and every number.
const any = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : name === 'length' ? 0 : any),
  apply: () => any,
  has: () => true,
  getPrototypeOf: () => Array.prototype,
});
export class Marker {
  root() { return any; }
  step() { return { valueOf: () => 0, toJSON: () => 0, toString: () => '0' }; }
  gray() { return new Proxy([], { get: (list, name) => (name === 'length' ? 0 : list[name]) }); }
  marked() { return any; }
  async store() { return any; }
}
