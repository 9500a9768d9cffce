// expect: refused
const fs = await import('node:fs');
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
