// expect: none
// Does not end, in four ways.
class One { grow() { for (;;); } }
class Two {
  grow() {
    for (;;) try { for (;;); } catch {} finally { continue; }
  }
}
class Three { grow() { return this.grow(); } }
class Four { grow() { const f = function* () { while (true) yield 1; }; for (const _ of f()); } }
export { One as FirstFit, Two as BestFit, Three as NextFit, Four as OwnFit };
