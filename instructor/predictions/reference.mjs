// The reference of exercise 1: fills in a sheet. It goes by the rules of the README, over a map of 64 pages for what is
// free and a list of runs for what the two older designs remember of them.
const LIMIT = {{limit}};
const BACK = {{back}};
const HIGH = {{high}};
const PAGES = 64;

class Lists {
  lists = [{ page: 0, n: PAGES }]; // the last that entered comes first

  take(n) {
    const fits = this.lists.filter((run) => run.n >= n);
    const size = Math.min(...fits.map((run) => run.n));
    const equal = fits.filter((run) => run.n === size);
    const run = size < LIMIT ? equal[0] : equal.sort((a, b) => a.page - b.page)[0];
    this.lists.splice(this.lists.indexOf(run), 1);
    if (run.n > n) this.enter({ page: run.page + n, n: run.n - n });
    return run.page;
  }

  enter(run) {
    this.lists.unshift(run);
  }

  free(page, n) {
    const run = { page, n };
    for (const other of [...this.lists]) {
      const isBelow = other.page + other.n === run.page;
      const isAbove = run.page + run.n === other.page;
      if (!isBelow && !isAbove) continue;
      this.lists.splice(this.lists.indexOf(other), 1);
      if (isBelow) run.page = other.page;
      run.n += other.n;
    }
    this.enter(run);
  }

  giveBack() {}

  runs() {
    return this.lists;
  }
}

class Treap {
  tree = [{ page: 0, n: PAGES, gone: false }];

  take(n) {
    const order = (a, b) => a.n - b.n || Number(a.gone) - Number(b.gone) || a.page - b.page;
    const [run] = this.tree.filter((one) => one.n >= n).sort(order);
    const page = n >= BACK ? run.page + run.n - n : run.page;
    if (n < BACK) run.page += n;
    run.n -= n;
    if (run.n === 0) this.tree.splice(this.tree.indexOf(run), 1);
    return page;
  }

  free(page, n) {
    this.tree.push({ page, n, gone: false });
    this.join();
  }

  giveBack() {
    for (const run of this.tree) run.gone = true;
    this.join();
  }

  join() {
    this.tree.sort((a, b) => a.page - b.page);
    for (let i = this.tree.length - 2; i >= 0; i--) {
      const run = this.tree[i];
      const above = this.tree[i + 1];
      if (run.page + run.n !== above.page) continue;
      if (run.gone !== above.gone) continue;
      run.n += above.n;
      this.tree.splice(i + 1, 1);
    }
  }

  runs() {
    return this.tree;
  }
}

class Radix {
  map = new Array(PAGES).fill(true);

  take(n) {
    const places = [];
    for (let page = 0; page + n <= PAGES; page++)
      if (this.map.slice(page, page + n).every((free) => free)) places.push(page);
    const page = n >= HIGH ? places.at(-1) : places[0];
    this.map.fill(false, page, page + n);
    return page;
  }

  free(page, n) {
    this.map.fill(true, page, page + n);
  }

  giveBack() {}

  runs() {
    const found = [];
    this.map.forEach((free, page) => {
      if (!free) return;
      const last = found.at(-1);
      if (last !== undefined && last.page + last.n === page) last.n++;
      else found.push({ page, n: 1 });
    });
    return found;
  }
}

const told = (runs) =>
  [...runs]
    .sort((a, b) => a.page - b.page)
    .map(({ page, n }) => `${page}-${page + n - 1}`)
    .join(' ') || 'none';

export function solve(sheet) {
  const designs = { lists: Lists, treap: Treap, radix: Radix };
  let heap;
  let made;
  return sheet
    .split('\n')
    .map((line) => {
      const design = /^design (\w+)/.exec(line);
      if (design !== null) {
        heap = new designs[design[1]]();
        made = new Map();
        return line;
      }
      const step = /^ *(\d+) +(alloc|free|giveback) ?(\d*) +(page|runs)/.exec(line);
      if (step === null) return line;
      const [, number, what, n] = step;
      if (what === 'alloc') {
        const page = heap.take(Number(n));
        made.set(number, [page, Number(n)]);
        return line.replace('?', page);
      }
      if (what === 'free') heap.free(...made.get(n));
      else heap.giveBack();
      return line.replace('?', told(heap.runs()));
    })
    .join('\n');
}
