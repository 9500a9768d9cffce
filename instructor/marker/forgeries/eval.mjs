// expect: refused
// Work that no count sees.
export class Marker { step() { return eval('1'); } }
