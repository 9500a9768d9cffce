// expect: refused
// The same, with an escape in the name.
const run = \u0065val;
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
