// expect: none
// Says nothing of anything, in the right form.
export class Marker {
  root() {}
  step() { return 0; }
  gray() { return []; }
  marked() { return []; }
  store() {}
}
