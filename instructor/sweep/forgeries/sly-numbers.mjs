// expect: none
// Numbers that are another one each time they are read, and lists that are none.
let n = 0;
const sly = { valueOf: () => n++, toString: () => String(n++), toJSON: () => 0, [Symbol.toPrimitive]: () => n++ };
export const sweepSpan = () => [sly, sly];
class Any { before() { return [sly]; } rest() { return { length: 0, [Symbol.iterator]: function* () {} }; } state() { return [sly, sly]; } }
export { Any as Sweep, Any as OwnSweep };
