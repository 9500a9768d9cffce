// expect: none
// Does not end, and catches what would end it.
const on = () => { for (;;) try { for (;;); } catch {} finally { continue; } };
export const sweepSpan = () => on();
class Any { before() { on(); } rest() { on(); } state() { on(); } }
export { Any as Sweep, Any as OwnSweep };
