// expect: refused
// Keeps its pages in a text, and lets a pattern search.
export class FirstFit {
  text = '';
  alloc(n) { return this.text.search(/0{4}/); }
}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
