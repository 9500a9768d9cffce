// expect: none
// Does not end, in each call, and catches what would end it.
export class Marker {
  root() { for (;;) try { for (;;); } catch {} finally { continue; } }
  step() { for (;;); }
  gray() { return []; }
  marked() { for (;;); }
  store() {}
}
