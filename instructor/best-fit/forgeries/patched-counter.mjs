// expect: counted
// Replaces built-ins by its own, and the iterators, so that nothing would count.
const quiet = function* () { yield* []; };
const { values } = Array.prototype;
Array.prototype.findIndex = function (f) { let i = 0; for (const x of this) { if (f(x)) return i; i++; } return -1; };
const before = Object.getPrototypeOf([][Symbol.iterator]()).next;
Object.getPrototypeOf([][Symbol.iterator]()).next = function () { return before.call(this); };
globalThis.$work = { n: 0, members: (x) => x };
globalThis.work = globalThis.$work;
const $work = { get n() { return 0; }, set n(x) {} };
void [quiet, values, $work];
// The reference of exercise 2. TAIL and TIE are the constants of the student's handout.
const TAIL = {{tail}};
const TIE = '{{tie}}';

class Runs {
  runs = [];
  tail = TAIL;

  grow(page, n) {
    this.free(page, n);
  }

  /** The index of the first run that begins after `page`. */
  after(page) {
    let low = 0;
    let high = this.runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.runs[middle].page > page) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  free(page, n) {
    const { runs } = this;
    const at = this.after(page);
    const below = at > 0 ? runs[at - 1] : undefined;
    const above = at < runs.length ? runs[at] : undefined;
    const joinsBelow = below !== undefined && below.page + below.n === page;
    const joinsAbove = above !== undefined && page + n === above.page;
    if (joinsBelow && joinsAbove) {
      below.n += n + above.n;
      runs.splice(at, 1);
    } else if (joinsBelow) {
      below.n += n;
    } else if (joinsAbove) {
      above.page = page;
      above.n += n;
    } else {
      runs.splice(at, 0, { page, n });
    }
  }

  take(at, n) {
    const run = this.runs[at];
    const fromBack = n >= this.tail;
    const page = fromBack ? run.page + run.n - n : run.page;
    if (run.n === n) this.runs.splice(at, 1);
    else {
      if (!fromBack) run.page += n;
      run.n -= n;
    }
    return page;
  }

  alloc(n) {
    const at = this.choose(n);
    return at < 0 ? -1 : this.take(at, n);
  }

  forEachFree(visit) {
    for (const { page, n } of this.runs) visit(page, n);
  }
}

export class FirstFit extends Runs {
  choose(n) {
    return this.runs.findIndex((run) => run.n >= n);
  }
}

export class BestFit extends Runs {
  choose(n) {
    let best = -1;
    let size = Infinity;
    let i = 0;
    for (const run of this.runs) {
      if (run.n >= n && (run.n < size || (TIE === 'highest' && run.n === size))) {
        best = i;
        size = run.n;
      }
      i++;
    }
    return best;
  }
}

export class NextFit extends Runs {
  rover = 0;

  choose(n) {
    const { runs, rover } = this;
    const ahead = runs.findIndex((run) => run.page >= rover && run.n >= n);
    return ahead >= 0 ? ahead : runs.findIndex((run) => run.n >= n);
  }

  alloc(n) {
    const page = super.alloc(n);
    if (page >= 0) this.rover = page + n;
    return page;
  }
}

export class OwnFit extends Runs {
  tail = Infinity;

  choose(n) {
    let best = -1;
    let size = Infinity;
    let i = 0;
    for (const run of this.runs) {
      if (run.n >= n && run.n < size) {
        best = i;
        size = run.n;
        if (size === n) break;
      }
      i++;
    }
    return best;
  }
}
