// expect: none
// Throws what looks like an answer, with a stack of its own.
const answer = Object.assign(new Error('[0.01,1]'), { stack: '],[0.01,1]', name: '{"k":"ran"}' });
export class Pi {
  next() {
    throw answer;
  }
}
export class ScavengeController {
  next() {
    throw answer;
  }
}
