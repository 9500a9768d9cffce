// expect: none
// Takes all memory that there is.
export class Marker {
  root() { const kept = []; for (;;) kept.push(new ArrayBuffer(2 ** 22)); }
  step() { return new Array(2 ** 31).fill(0).length; }
  gray() { return new Array(30_000).fill([]); }
  marked() { return new Array(90_000).fill(0); }
  store() {}
}
