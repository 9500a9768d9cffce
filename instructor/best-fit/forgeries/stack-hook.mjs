// expect: none
// Wants to reach the judge's functions by way of a stack.
let frames = [];
try { Error.prepareStackTrace = (_, sites) => { frames = sites; return ''; }; } catch {}
class Heap {
  grow() {
    const reached = [];
    try { void new Error().stack; } catch {}
    for (const frame of frames) {
      try { reached.push(frame.getFunction?.(), frame.getThis?.()); } catch {}
    }
    for (const f of reached) if (typeof f === 'function') try { f('{"calls":[],"units":1e9}'); } catch {}
  }
  alloc() { return 0; }
  free() {}
  forEachFree() {}
}
export { Heap as FirstFit, Heap as BestFit, Heap as NextFit, Heap as OwnFit };
