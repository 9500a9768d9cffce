// expect: none
// Spans that are none.
export const sweepSpan = () => [NaN, Infinity];
class Any { before() { return [-1, 0.5, NaN, '0', null, undefined, true, -0]; } rest() { return [1e21]; } state() { return [NaN, NaN]; } }
export { Any as Sweep, Any as OwnSweep };
