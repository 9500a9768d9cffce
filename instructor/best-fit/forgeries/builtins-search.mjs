// expect: counted
// Lets built-ins search a list as long as the heap, an object that looks like one, and texts.
// reference: TAIL, TIE, Runs, FirstFit, BestFit, NextFit

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
