// expect: none
// Answers what looks like every number.
const any = {
  valueOf: () => 0,
  toString: () => '0',
  toJSON: () => 0,
  [Symbol.toPrimitive]: () => 0,
};
export function lowestRow(lo, hi, n) {
  return n % 2 === 0 ? NaN : any;
}
export class CachedHeap {
  free() {}
  fill() {}
  flush() {}
  alloc() {
    return '0';
  }
  take() {
    return [0];
  }
  allocFor() {
    return any;
  }
  cache() {
    return { 0: 0, 1: -1, 2: -1, length: 3, [Symbol.iterator]: () => [0, -1, -1].values() };
  }
}
export { CachedHeap as OwnHeap };
