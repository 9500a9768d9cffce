// expect: none
// Throws what a judge may trip over.
const odd = {
  get name() { throw odd; },
  get message() { throw odd; },
  get stack() { throw odd; },
  [Symbol.toPrimitive]() { throw odd; },
  toString() { throw odd; },
};
class Late extends Error {
  get message() { throw this; }
  get stack() { return { x: 1, toString() { throw odd; } }; }
}
class One { grow() { throw odd; } }
class Two { grow() { throw new Late(); } }
class Three { grow() { throw { passed: true, points: 100, code: 0 }; } }
class Four { grow() { throw undefined; } }
export { One as FirstFit, Two as BestFit, Three as NextFit, Four as OwnFit };
