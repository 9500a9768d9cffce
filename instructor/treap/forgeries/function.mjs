// expect: refused
// Work that no count sees.
const quiet = new Function('return 1');
export class RunTreap { find() { return quiet(); } }
export class TreapHeap {}
