// expect: none
// Answers lists without end, and lists of lists.
const list = new Array(19_000).fill(0);
export const sweepSpan = () => new Array(9_000).fill(list);
class Any { before() { return list; } rest() { return new Array(50_000_000).fill(0); } state() { return [list, list]; } }
export { Any as Sweep, Any as OwnSweep };
