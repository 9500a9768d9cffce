// expect: none
// Ends in nothing: in depth, and in memory.
export class Kernel {
  constructor() {
    this.again();
  }
  again() {
    return [...this.again()];
  }
}
export class AdvicePolicy {
  kept = [];
  advise() {
    for (;;) this.kept.push(new Array(1e5).fill(0));
  }
}
