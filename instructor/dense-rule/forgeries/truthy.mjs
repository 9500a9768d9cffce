// expect: none
// Answers what is true wherever it is asked for.
const yes = { valueOf: () => true, toJSON: () => true, [Symbol.toPrimitive]: () => true };
export class Chunk {
  alloc() {}
  free() {}
  collected() {}
  keeps() {
    return new Boolean(true);
  }
  ownKeeps() {
    return yes;
  }
}
export class DenseRule {
  keeps() {
    return 'true';
  }
}
