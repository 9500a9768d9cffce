// expect: none
// Answers more than anybody can read.
const list = new Array(90000).fill(0.01);
export class Pi {
  next() {
    return [list, list, list];
  }
}
export class ScavengeController {
  next() {
    const all = [];
    for (;;) all.push(new Float64Array(1e6));
  }
}
