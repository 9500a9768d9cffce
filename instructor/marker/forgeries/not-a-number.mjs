// expect: none
// Answers numbers that are none.
export class Marker {
  root() { return NaN; }
  step() { return NaN; }
  gray() { return [[NaN]]; }
  marked() { return [Infinity, -0, 1.5, '0', null]; }
  store() { return -1; }
}
