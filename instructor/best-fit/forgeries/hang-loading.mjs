// expect: refused
// Does not end while it is loaded.
while (true);
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
