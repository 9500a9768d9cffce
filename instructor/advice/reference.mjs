// The reference of exercise 6: pages that are there, and that may be taken; and advice by how long a range is away on average.
const WEIGHT = {{weight}};
const MOST = 12 * WEIGHT;
const LONGEST = 240; // calls until the kernel is short of memory

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

/** A mean that forgets. */
class Mean {
  constructor(value, times, least) {
    this.value = value;
    this.times = times;
    this.least = least;
  }

  add(n) {
    this.times++;
    this.value += Math.max(this.least, 1 / this.times) * (n - this.value);
  }
}

export class AdvicePolicy {
  calls = 0;
  left = new Map();
  ranges = new Map();
  sizes = new Map();

  advise({ address, bytes }, state) {
    this.calls++;
    const size = Math.round(Math.log2(bytes));
    if (state === 'reused' && this.left.has(address)) this.note(address, size, this.calls - this.left.get(address));
    if (state !== 'released') return 'none';
    this.left.set(address, this.calls);
    const expected = (this.ranges.get(address) ?? this.sizes.get(size))?.value ?? Infinity;
    return expected <= MOST ? 'free' : 'dontneed';
  }

  note(address, size, gap) {
    const away = Math.min(gap, LONGEST);
    const others = this.sizes.get(size) ?? new Mean(LONGEST, 10, 0.1);
    this.sizes.set(size, others);
    const known = this.ranges.get(address);
    const mean = known ?? new Mean(others.value, 1, 0.16);
    this.ranges.set(address, mean);
    if (known === undefined) others.add(away);
    mean.add(away);
  }
}
