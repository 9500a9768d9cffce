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

/**
 * Each block of 16 pages is held until the last of what lies in it is freed. An allocation goes where it prolongs that least; where
 * it prolongs nothing, to the block that is held for the shortest time longer than it lives. Runs that it nearly fills are preferred.
 */
export class OwnFit extends Runs {
  now = 0;
  /** Until when each block is held. */
  until = [];
  pages = 0;
  live = 0;
  peak = 0;
  /** It was grown for blocks that live as long as what is asked for. */
  isApart = false;
  isGrown = false;

  free(page, n) {
    this.now++;
    this.live -= n;
    super.free(page, n);
  }

  grow(page, n) {
    this.isGrown = true;
    this.pages += n;
    super.free(page, n);
  }

  /** What it costs to lie here until `end`. */
  cost(page, n, end) {
    const last = (page + n - 1) >> 4;
    let cost = 0;
    for (let block = page >> 4; block <= last; block++) {
      const held = Math.max(this.now, this.until[block] ?? 0);
      if (this.isApart && held === this.now) cost += ((end - held) * n) / 16;
      else cost += end > held ? end - held : (held - end) / 8;
    }
    return cost;
  }

  alloc(n, lives) {
    const end = this.now + 1 + lives;
    let least = Infinity;
    let found = -1;
    let at = 0;
    let i = 0;
    for (const run of this.runs) {
      const rest = run.n - n;
      if (rest >= 0) {
        const front = rest + this.cost(run.page, n, end);
        if (front < least) [least, found, at] = [front, run.page, i];
        const back = rest === 0 ? Infinity : rest + this.cost(run.page + rest, n, end);
        if (back < least) [least, found, at] = [back, run.page + rest, i];
      }
      i++;
    }
    if (found < 0) return -1;
    // Apart, with others that live as long, it is cheaper; a few pages more may be spent on that.
    const isRoom = this.pages + 16 <= 1.1 * this.peak;
    if (!this.isGrown && isRoom && least > (lives * n) / 8) {
      this.isApart = true;
      return -1;
    }
    this.isApart = false;
    this.isGrown = false;
    this.now++;
    this.live += n;
    this.peak = Math.max(this.peak, this.live);
    this.hold(found, n, end);
    this.cut(at, found, n);
    return found;
  }

  hold(page, n, end) {
    for (let block = page >> 4; block <= (page + n - 1) >> 4; block++)
      this.until[block] = Math.max(end, this.until[block] ?? 0);
  }

  /** Takes pages from the front or the back of a run. */
  cut(at, page, n) {
    const { runs } = this;
    const run = runs[at];
    if (n === run.n) runs.splice(at, 1);
    else {
      if (page === run.page) run.page = page + n;
      run.n = run.n - n;
    }
  }
}
