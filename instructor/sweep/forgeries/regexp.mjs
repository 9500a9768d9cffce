// expect: refused
// Work that no count sees.
export const sweepSpan = (alloc) => /1+/.exec(alloc.join(''));
export class Sweep {}
export class OwnSweep {}
