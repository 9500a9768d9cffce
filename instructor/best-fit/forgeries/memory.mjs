// expect: none
// Takes all memory that there is: array buffers, texts, a list.
class One { grow() { const kept = []; for (;;) kept.push(new ArrayBuffer(2 ** 24)); } }
class Two { grow() { let text = 'x'; for (;;) text += text; } }
class Three { grow() { const kept = []; for (;;) kept.push(kept.slice()); } }
class Four { grow() { return new Array(2 ** 31).fill(0); } }
export { One as FirstFit, Two as BestFit, Three as NextFit, Four as OwnFit };
