// expect: none
// Answers the list of all spans each time, empties it when it was told, and fills it again.
const list = [];
export const sweepSpan = () => list;
class Any {
  constructor(pages) { list.length = 0; for (const i of pages.keys()) list.push(i); }
  before() { return list; }
  rest() { return list; }
  state() { list.length = 0; return list; }
}
export { Any as Sweep, Any as OwnSweep };
