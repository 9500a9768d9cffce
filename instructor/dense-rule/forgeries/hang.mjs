// expect: none
export class Chunk {
  alloc() {
    while (true) this.n = 1;
  }
}
export class DenseRule {
  constructor() {
    for (;;) new Array(1000).fill(0);
  }
}
