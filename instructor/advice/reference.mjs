// The reference of exercise 6: pages that are there, and that may be taken; and advice by how long a range was away before.
const WEIGHT = {{weight}};
const MOST = 12 * WEIGHT;

export class Kernel {
  constructor(pages) {
    this.there = new Array(pages).fill(false);
    this.lazy = new Array(pages).fill(false);
    this.bytes = new Array(pages).fill(0);
  }

  write(page, byte) {
    this.there[page] = true;
    this.lazy[page] = false;
    this.bytes[page] = byte;
  }

  read(page) {
    return this.there[page] ? this.bytes[page] : 0;
  }

  advise(advice, page, n) {
    for (let i = page; i < page + n; i++) {
      if (advice === 'dontneed') this.drop(i);
      else if (advice === 'free' && this.there[i]) this.lazy[i] = true;
    }
  }

  pressure() {
    for (let i = 0; i < this.there.length; i++) if (this.lazy[i]) this.drop(i);
  }

  resident() {
    let n = 0;
    for (const there of this.there) if (there) n++;
    return n;
  }

  drop(page) {
    this.there[page] = false;
    this.lazy[page] = false;
    this.bytes[page] = 0;
  }
}

export class AdvicePolicy {
  calls = 0;
  left = new Map();
  away = new Map();
  bySize = new Map();

  advise({ address, bytes }, state) {
    this.calls++;
    const size = Math.round(Math.log2(bytes));
    if (state === 'reused' && this.left.has(address)) {
      const gap = this.calls - this.left.get(address);
      this.away.set(address, gap);
      this.bySize.set(size, gap);
    }
    if (state !== 'released') return 'none';
    this.left.set(address, this.calls);
    const expected = this.away.get(address) ?? this.bySize.get(size) ?? Infinity;
    return expected <= MOST ? 'free' : 'dontneed';
  }
}
