// expect: none
// Throws what looks like an answer.
const answer = { x: '', at: '', get message() { throw this; }, toString: () => '[[],0]' };
export const sweepSpan = () => { throw answer; };
class Any { before() { throw null; } rest() { throw '[]'; } state() { throw answer; } }
export { Any as Sweep, Any as OwnSweep };
