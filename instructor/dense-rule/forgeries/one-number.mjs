// expect: most 70
// The account is right; a chunk is kept by one number.
// reference: RULE, Chunk

export class DenseRule {
  keeps({ inUse }) {
    return inUse > 60;
  }
}
