// expect: counted
// Lets built-ins search a list as long as the heap, an object that looks like one, and texts.
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


export class OwnFit {
  #text = '';

  grow(page, n) {
    this.#text += '0'.repeat(n);
  }

  #write(page, n, mark) {
    this.#text = this.#text.slice(0, page) + mark.repeat(n) + this.#text.slice(page + n);
  }

  free(page, n) {
    this.#write(page, n, '0');
  }

  alloc(n) {
    const page = this.#text.indexOf('0'.repeat(n));
    if (page >= 0) this.#write(page, n, '1');
    return page;
  }

  forEachFree(visit) {
    let page = 0;
    for (const part of this.#text.split('1')) {
      if (part.length > 0) visit(page, part.length);
      page += part.length + 1;
    }
  }
}
