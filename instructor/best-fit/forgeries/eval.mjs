// expect: refused
// Runs code that is not counted.
const run = eval;
run('1');
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
