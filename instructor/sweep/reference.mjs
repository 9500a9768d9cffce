// The reference of exercise 10.
const ORDER = '{{order}}';
const MARGIN = {{margin}};

export function sweepSpan(alloc, marks, objects) {
  let freed = 0;
  let firstFree = -1;
  for (let w = 0; w < marks.length; w++) {
    if ((marks[w] & ~alloc[w]) !== 0) return null;
    for (let dead = (alloc[w] & ~marks[w]) >>> 0; dead !== 0; dead &= dead - 1) freed++;
    const free = ~marks[w];
    if (firstFree >= 0 || free === 0) continue;
    const at = 32 * w + 31 - Math.clz32(free & -free);
    if (at < objects) firstFree = at;
  }
  return [freed, firstFree, ...marks];
}

const sum = (list) => list.reduce((all, n) => all + n, 0);

export class Sweep {
  taken = 0;
  swept = 0;
  credit = 0;

  constructor(pages, living, distance) {
    this.pages = pages;
    this.living = living;
    this.distance = distance;
    this.all = sum(pages);
    this.done = pages.map(() => false);
    const rank = {
      highest: () => 0,
      longest: (span) => -pages[span],
      fewest: (span) => living[span],
    }[ORDER];
    const tie = ORDER === 'longest' ? 1 : -1;
    this.order = [...pages.keys()].sort((a, b) => rank(a) - rank(b) || tie * (a - b));
    this.next = 0;
    this.lowest = 0;
  }

  sweep(span, spans) {
    this.done[span] = true;
    spans.push(span);
    this.swept += this.pages[span];
    if (this.living[span] === 0) this.credit += this.pages[span];
  }

  before(n) {
    const spans = [];
    this.taken += n;
    const way = Math.max(1, this.distance - MARGIN);
    const due = Math.min(this.all, Math.ceil((this.all * this.taken) / way));
    for (; this.swept < due; this.next++) {
      const span = this.order[this.next];
      if (!this.done[span]) this.sweep(span, spans);
    }
    for (; this.credit < n && this.lowest < this.pages.length; this.lowest++) {
      const span = this.lowest;
      if (!this.done[span] && this.living[span] === 0) this.sweep(span, spans);
    }
    this.credit = Math.max(0, this.credit - n);
    return spans;
  }

  rest() {
    const spans = [];
    for (; this.next < this.order.length; this.next++) {
      const span = this.order[this.next];
      if (!this.done[span]) this.sweep(span, spans);
    }
    return spans;
  }

  state() {
    return [this.swept, this.credit];
  }
}

/**
 * Even shares of what is left, by calls and not by pages, and packed: the longest spans first, each call filled up with shorter ones, so that
 * no call sweeps more than its share, rounded up, or than the longest span that is left. Empty spans go first.
 */
export class OwnSweep {
  taken = 0;
  calls = 0;
  owed = 0;

  constructor(pages, living, distance) {
    this.distance = distance;
    this.left = sum(pages);
    this.longest = Math.max(0, ...pages);
    // Unswept spans by their pages: the empty ones, and the others.
    this.lists = [true, false].map((isEmpty) => {
      const bySize = Array.from({ length: this.longest + 1 }, () => []);
      pages.forEach((n, span) => {
        if ((living[span] === 0) === isEmpty) bySize[n].push(span);
      });
      return bySize;
    });
  }

  before(n) {
    this.taken += n;
    this.calls++;
    // As if sixty calls of one page and a half had been before: a burst in the beginning is no rule.
    const mean = (this.taken + 90) / (this.calls + 60);
    // That of rest is one of them.
    const callsLeft = Math.max(2, (this.distance - this.taken + n) / mean);
    const share = this.left / callsLeft;
    this.owed += share;
    while (this.longest > 0 && this.lists.every((bySize) => bySize[this.longest].length === 0)) this.longest--;
    const most = Math.max(Math.ceil(share), this.longest);
    const spans = [];
    let pages = 0;
    for (const bySize of this.lists)
      for (let size = Math.min(this.longest, most - pages); size > 0; size--) {
        const list = bySize[size];
        while (list.length > 0 && pages + size <= most && this.owed > 0) {
          spans.push(list.shift());
          pages += size;
          this.owed -= size;
        }
      }
    this.left -= pages;
    return spans;
  }

  rest() {
    return this.lists.flat(2);
  }
}
