// expect: most 70
// The kernel is right; the policy knows which addresses come first.
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
  addresses = [];

  advise({ address }, state) {
    if (state === 'fresh') this.addresses.push(address);
    if (state !== 'released') return 'none';
    const at = this.addresses.sort((a, b) => a - b).indexOf(address);
    return at < this.addresses.length / 4 ? 'free' : 'dontneed';
  }
}
