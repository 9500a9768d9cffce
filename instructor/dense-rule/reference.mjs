// The reference of exercise 9: the account of a chunk; and a rule by what free pages, huge pages and faults cost.
const RULE = '{{rule}}';
const HUGE = {{huge}};
const FAULT = {{fault}};
const PAGES = 512;
const FULL = 496;
const PATIENCE = 4;

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
  known = new Map();

  keeps({ chunk, inUse, lastInUse, broken }) {
    const state = this.known.get(chunk) ?? { fullAt: -PATIENCE - 1, fell: false, returns: 0, calls: 0 };
    this.known.set(chunk, state);
    state.calls++;
    if (Math.max(inUse, lastInUse) >= FULL) state.fullAt = state.calls;
    if (inUse >= FULL) {
      if (state.fell) state.returns++;
      state.fell = false;
    } else state.fell = true;
    const free = PAGES - inUse;
    const worth = broken ? 0 : (HUGE * inUse) / PAGES;
    if (free <= worth) return true;
    const recent = state.calls - state.fullAt < PATIENCE;
    return recent && state.returns > 0 && free * PATIENCE < FAULT * free + HUGE * PATIENCE;
  }
}
