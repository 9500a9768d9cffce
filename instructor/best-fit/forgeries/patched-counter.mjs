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
// reference: TAIL, TIE, Runs, FirstFit, BestFit, NextFit

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
