// expect: none
// Throws answers, and numbers its own stack.
export class Chunk {
  constructor() {
    throw true;
  }
}
export class DenseRule {
  keeps() {
    throw Object.assign(new Error('true'), { stack: '],[true,1]' });
  }
}
