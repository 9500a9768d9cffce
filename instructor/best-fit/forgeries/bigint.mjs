// expect: refused
// Keeps its pages in the bits of one number.
export class FirstFit {
  bits = 0n;
  alloc(n) { return Number(this.bits & -this.bits); }
}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
