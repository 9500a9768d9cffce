// The reference of exercise 12. A gray entry is two numbers in one: the object, and the piece of it that is next.
const TAG = {{tag}};
const REST = {{rest}};
const ENTRIES = {{entries}};
const PIECE = {{piece}};

/** More pieces than an object has. */
const PIECES = 4096;

export class Marker {
  full = []; // buffers with ENTRIES entries
  buffer = []; // the one in hand

  constructor({ first, words }) {
    this.first = first;
    this.words = words;
    this.marks = new Uint8Array((first.length + 7) >> 3);
  }

  isMarked(object) {
    return ((this.marks[object >> 3] >> (object & 7)) & 1) === 1;
  }

  push(entry) {
    if (this.buffer.length === ENTRIES) {
      this.full.push(this.buffer);
      this.buffer = [];
    }
    this.buffer.push(entry);
  }

  pop() {
    if (this.buffer.length === 0 && this.full.length > 0) this.buffer = this.full.pop();
    return this.buffer.pop();
  }

  shade(object) {
    const at = object >> 3;
    const bit = 1 << (object & 7);
    const byte = this.marks[at];
    if ((byte & bit) !== 0) return;
    this.marks[at] = byte | bit;
    this.push(object * PIECES);
  }

  root(object) {
    this.shade(object);
  }

  step(wanted) {
    const { first, words } = this;
    let looked = 0;
    while (looked < wanted) {
      const entry = this.pop();
      if (entry === undefined) break;
      const object = Math.floor(entry / PIECES);
      const piece = entry - object * PIECES;
      const from = first[object] + piece * PIECE;
      let end = first[object + 1];
      if (end > from + PIECE) {
        end = from + PIECE;
        this.push(entry + 1);
      }
      for (let at = from; at < end; at++) {
        const word = words[at];
        if (word % TAG === REST) this.shade((word - REST) / TAG);
      }
      looked += end - from;
    }
    return looked;
  }

  store(object, index, word) {
    const at = this.first[object] + index;
    const old = this.words[at];
    if (old % TAG === REST) this.shade((old - REST) / TAG);
    if (word % TAG === REST) this.shade((word - REST) / TAG);
    this.words[at] = word;
  }

  gray() {
    const buffers = this.buffer.length > 0 ? [...this.full, this.buffer] : this.full;
    return buffers.map((buffer) => buffer.map((entry) => Math.floor(entry / PIECES)));
  }

  marked() {
    const list = [];
    for (let object = 0; object < this.first.length - 1; object++) if (this.isMarked(object)) list.push(object);
    return list;
  }
}
