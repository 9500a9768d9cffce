// expect: most 73
// The account is right; what a chunk will do is guessed by its number.
const RULE = '{{rule}}';
const HUGE = {{huge}};
const PAGES = 512;

export class Chunk {
  constructor(dense) {
    this.dense = dense;
    this.inUse = 0;
    this.last = 0;
    this.before = 0;
    this.most = 0;
    this.changed = false;
  }

  alloc(n) {
    this.inUse += n;
    this.most = Math.max(this.most, this.inUse);
    this.changed = true;
  }

  free(n) {
    this.inUse -= n;
    this.changed = true;
  }

  collected() {
    this.before = this.last;
    this.last = this.inUse;
    this.most = this.inUse;
    this.changed = false;
  }

  keeps() {
    return this.inUse >= this.dense || (this.changed && this.last >= this.dense);
  }

  ownKeeps() {
    const { dense, inUse, last, before, most } = this;
    if (RULE === 'most') return most >= dense;
    if (RULE === 'mean') return inUse + last >= 2 * dense;
    return inUse >= dense || (last >= dense && before >= dense);
  }
}

export class DenseRule {
  keeps({ chunk, inUse, broken }) {
    return chunk % 4 === 3 ? inUse > 60 : !broken && PAGES - inUse <= (HUGE * inUse) / PAGES;
  }
}
