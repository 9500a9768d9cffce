// expect: none
// Throws what looks like a verdict.
const verdict = { verdict: 'graded', points: 100, get message() { throw this; }, toString() { return '[[0,0]]'; } };
export class Marker {
  root() { throw verdict; }
  step() { throw new Error('{"x":"","at":""}],[0,0]]'); }
  gray() { throw '[0,0]'; }
  marked() { throw null; }
  store() { throw undefined; }
}
