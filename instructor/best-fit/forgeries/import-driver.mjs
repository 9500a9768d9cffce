// expect: refused
export * from '$driver';
export class FirstFit {}
export class BestFit {}
export class NextFit {}
export class OwnFit {}
